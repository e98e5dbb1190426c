"""Pictures of a report on a history as plain shapes."""

from sklearn_lossfix.diagnosis.display._shapes import (
    BOX,
    WIDTH,
    area_inside,
    bar_between,
    free_box,
    line_through,
    picture_of,
    text_at,
)

# Split -> its colour and dash: both lines are told apart without colour.
_LOOKS = {"train": ("less", "5 3"), "validation": ("more", None)}
_WORDS = {"train": "training", "validation": "validation"}

# Height of a ribbon with its name.
_RIBBON = 22


def history_picture(name, title, curves, best, ribbons, unit, shorten):
    """Raw and smoothed curves, the best step with its interval, and what was found where.

    Parameters
    ----------
    name : str
        Stem of the ids.
    title : str
        What it shows.
    curves : list of dict
        From `curves_of`; one at least.
    best : tuple of (float, float, float) or None
        Best step and its interval.
    ribbons : list of tuple
        From `ribbons`; empty for none.
    unit : str
        What a step is.
    shorten : callable
        Cuts a name to what fits.

    Returns
    -------
    dict
        A picture.
    """
    steps = [step for curve in curves for step in curve["step"]]
    values = [v for curve in curves for v in (*curve["value"], *curve["smoothed"])]
    shapes, x, y = free_box(steps, values, unit, shorten(title))
    _, top, right, floor = BOX
    if best is not None:
        step, low, high = best
        box = [(x(low), top), (x(high), top), (x(high), floor), (x(low), floor)]
        shapes.append(area_inside(box, "total"))
        shapes.append(line_through([(x(step), top), (x(step), floor)], "total", dash="2 2"))
        anchor = "end" if x(step) > (right + BOX[0]) / 2 else "start"
        shift = -4 if anchor == "end" else 4
        words = f"best: {step:g} [{low:g}, {high:g}]"
        shapes.append(text_at(round(x(step) + shift, 1), floor - 6, words, anchor, "small"))
    for k, curve in enumerate(curves):
        css, dash = _LOOKS.get(curve["split"], ("total", None))
        band = [
            (step, low, high)
            for step, low, high in zip(curve["step"], curve["low"], curve["high"], strict=True)
            if low is not None and high is not None
        ]
        if len(band) > 1:
            edge = [(x(s), y(low)) for s, low, _ in band]
            edge += [(x(s), y(high)) for s, _, high in reversed(band)]
            shapes.append(area_inside(edge, css))
        for key, width in (("value", 0.6), ("smoothed", 2)):
            points = [(x(s), y(v)) for s, v in zip(curve["step"], curve[key], strict=True)]
            shapes.append(line_through(points, css, dash=dash, width=width))
        words = _WORDS.get(curve["split"], curve["split"])
        height = top + 14 + 12 * k
        shapes.append(
            line_through(
                [(right - 92, height - 4), (right - 70, height - 4)], css, dash=dash, width=2
            )
        )
        shapes.append(text_at(right - 66, height, words, css="small"))
    foot = floor + 40
    for finding, section, first, last in ribbons:
        shapes.append(text_at(0, foot + 8, shorten(finding), css="small"))
        is_tip = section != "issue"
        css = "less" if is_tip else "more"
        shapes.append(bar_between(x(first), x(last), foot + 11, css, hatch=is_tip, height=5))
        foot += _RIBBON
    if ribbons:
        words = "bars: where each finding is; solid: issues, hatched: tips"
        shapes.append(text_at(WIDTH, foot + 8, words, "end", "small"))
        foot += 14
    return picture_of(name, title, foot, shapes)
