"""Pictures of treatments of imbalance as plain shapes."""

from sklearn_lossfix.diagnosis.display._shapes import (
    BOX,
    WIDTH,
    bar_between,
    free_box,
    line_through,
    linear_map,
    picture_of,
    text_at,
)

# Height of a line of words, and the room that a number takes beside a point.
LINE = 14
NUMBER_WIDTH = 15


def treatments_picture(table, shorten):
    """Treatments by Brier score and metric, numbered, with the names below.

    A line upright is the interval of the metric. A hollow square, joined to its point, is the
    Brier score before the correction. The chosen treatment is larger and of another colour.

    Parameters
    ----------
    table : dict of str to list
        Columns of the table "treatments"; one treatment at least has metric and Brier score.
    shorten : callable
        Cuts a name to what fits.

    Returns
    -------
    dict
        A picture.
    """
    keys = ("brier", "metric", "brier_uncorrected", "low", "high", "chosen", "treatment")
    # Numbers are places in the table, so that both can be read together.
    points = [
        (k, *point)
        for k, point in enumerate(zip(*(table[key] for key in keys), strict=True), start=1)
        if None not in point[:2]
    ]
    shapes, x, y = free_box(
        [value for _, brier, _, raw, *_ in points for value in (brier, raw) if value is not None],
        [
            value
            for _, _, metric, _, low, high, *_ in points
            for value in (metric, low, high)
            if value is not None
        ],
        "Brier score (left is better)",
        "metric (up is better)",
    )
    taken = []
    for k, brier, metric, raw, low, high, chosen, _ in points:
        css, size = ("more", 9) if chosen else ("total", 6)
        at_x, at_y = x(brier), y(metric)
        if None not in (low, high):
            shapes.append(line_through([(at_x, y(low)), (at_x, y(high))], css, width=1))
        if raw is not None:
            shapes.append(line_through([(x(raw), at_y), (at_x, at_y)], css, dash="2 2"))
            shapes.append(_hollow(x(raw), at_y, size, css))
        left, top = at_x - size / 2, at_y - size / 2
        shapes.append(bar_between(left, left + size, top, css, height=size))
        place = _free_place(at_x, at_y, taken)
        taken.append(place)
        shapes.append(text_at(*place, str(k), css="head" if chosen else "small"))
    foot = BOX[3] + 46
    legend = "hollow: before correction; upright: 95 % interval"
    shapes.append(text_at(0, foot, legend, css="small"))
    for k, *_, chosen, name in points:
        foot += LINE
        words = f"{k} {shorten(name)}{' (chosen)' if chosen else ''}"
        shapes.append(text_at(0, foot, words, css="head" if chosen else ""))
    return picture_of("treatments", "Brier score and metric of the treatments", foot + 6, shapes)


def _hollow(x, y, size, css):
    """The outline of a square around a point."""
    half = size / 2
    corners = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
    return line_through([(x + dx, y + dy) for dx, dy in corners], css)


def _free_place(x, y, taken):
    """Foot of a number above a point to its right, below those that stand there already."""
    left, foot = round(min(x + 5, WIDTH - NUMBER_WIDTH), 1), round(y - 5, 1)
    while any(abs(left - a) < NUMBER_WIDTH and abs(foot - b) < LINE - 3 for a, b in taken):
        foot = round(foot + LINE - 3, 1)
    return left, foot


def treatment_classes_picture(table, shorten):
    """Per class: recall and precision, before (hatched) and after (solid).

    Parameters
    ----------
    table : dict of str to list
        Columns of the table "treatment_classes".
    shorten : callable
        Cuts a label to what fits.

    Returns
    -------
    dict
        A picture.
    """
    panels = (("recall", 0, 132), ("precision", 188, 320))
    shapes = [text_at(left, 12, f"{name}, 0 to 1", css="head") for name, left, _ in panels]
    shapes.append(text_at(0, 26, "hatched: before; solid: after", css="small"))
    y = 34
    for k, label in enumerate(table["class"]):
        shapes.append(text_at(0, y + 10, shorten(label)))
        y += LINE
        for name, left, right in panels:
            at = linear_map(0.0, 1.0, left, right)
            for row, (when, css, hatch) in enumerate(
                (("before", "less", True), ("after", "more", False))
            ):
                value, top = table[f"{name}_{when}"][k], y + 11 * row
                words = "n/a" if value is None else f"{value:.3f}"
                if value is not None:
                    shapes.append(bar_between(at(0.0), at(value), top, css, hatch=hatch, height=9))
                shapes.append(text_at(round(at(value or 0.0) + 4, 1), top + 8, words, css="small"))
        y += 30
    title = "Recall and precision per class, before and after"
    return picture_of("treatment-classes", title, y, shapes)
