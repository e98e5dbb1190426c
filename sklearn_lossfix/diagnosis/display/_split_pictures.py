"""Pictures of a report on folds as plain shapes."""

from sklearn_lossfix.diagnosis._words import share_text
from sklearn_lossfix.diagnosis.display._shapes import (
    WIDTH,
    bar_between,
    line_through,
    linear_map,
    picture_of,
    text_at,
)
from sklearn_lossfix.diagnosis.display._split_folds import component_words

# Left and right end of the bars, and of the map of components.
_BARS = (46, 250)
_MAP = (70, 352)
_ROW = 15
# Least and greatest side of a dot.
_DOTS = (4.0, 10.0)


def folds_picture(bars, shorten):
    """Share of leaked test rows of every fold, one panel per check, all on one scale.

    Parameters
    ----------
    bars : dict
        From `fold_bars`, with one check at least.
    shorten : callable
        Cuts a name to what fits.

    Returns
    -------
    dict
        A picture.
    """
    largest = max((s for check in bars["checks"] for s in check["share"]), default=0.0) or 1.0
    at = linear_map(0.0, largest, *_BARS)
    shapes, y = [], 12
    for k, check in enumerate(bars["checks"]):
        shapes.append(text_at(0, y, shorten(check["name"]), css="head"))
        y += 8
        top = y
        rows = zip(bars["folds"], bars["n_test"], check["n_leaked"], check["share"], strict=True)
        css = "less" if k % 2 else "more"
        for fold, n_test, n_leaked, share in rows:
            shapes.append(text_at(0, y + 10, f"fold {fold}", css="small"))
            if n_leaked:
                bar = bar_between(at(0.0), at(share), y + 1, css, hatch=css == "less", height=11)
                shapes.append(bar)
            words = f"{share_text(share)}: {n_leaked:,} of {n_test:,}"
            shapes.append(text_at(WIDTH, y + 10, words, "end", "small"))
            y += _ROW
        shapes.append(line_through([(at(0.0), top), (at(0.0), y)], "axis"))
        y += 16
    title = "Share of the test rows of each fold that leak, by check"
    return picture_of("folds", title, y - 10, shapes)


def components_picture(dots):
    """Map of sets of linked rows across folds: a dot where a fold tests rows of the set.

    Parameters
    ----------
    dots : dict
        From `component_dots`, with one set at least.

    Returns
    -------
    dict
        A picture.
    """
    left, right = _MAP
    step = (right - left) / dots["n_folds"]
    shapes = [
        text_at(0, 12, "rows of the set", css="small"),
        text_at(left, 12, "fold that tests rows of it; larger: more of them", css="small"),
    ]
    # Every so manieth fold has its number, so that numbers do not touch.
    every = max(1, -(-20 // max(int(step), 1)))
    shapes += [
        text_at(round(left + (fold + 0.5) * step, 1), 26, str(fold), "middle", "small")
        for fold in range(0, dots["n_folds"], every)
    ]
    top = y = 32
    for size in dots["sizes"]:
        middle = y + _ROW / 2
        shapes.append(text_at(0, y + 11, f"{size:,}", css="small"))
        shapes.append(line_through([(left, middle), (right, middle)], "axis", dash="1 3"))
        y += _ROW
    side = linear_map(0.0, 1.0, _DOTS[0], min(_DOTS[1], max(step - 1, _DOTS[0])))
    for number, fold, n_tested in dots["dots"]:
        length = side(min(1.0, n_tested / dots["sizes"][number]))
        x, middle = left + (fold + 0.5) * step, top + (number + 0.5) * _ROW
        shapes.append(
            bar_between(
                x - length / 2,
                x + length / 2,
                middle - length / 2,
                "more",
                height=round(length, 1),
            )
        )
    shapes.append(text_at(0, y + 14, component_words(dots), css="small"))
    title = "Largest sets of linked rows on both sides of a fold, across the folds"
    return picture_of("components", title, y + 20, shapes)
