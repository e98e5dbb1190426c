"""Pictures as plain shapes: the geometry of the SVGs of a report, without any drawing library.

A picture is 360 units wide, the width of a phone, so its text stays legible there. Every shape is
painted in ``currentColor`` and differs from its neighbours by hatch, dash or place as well, so that
it reads in both themes, in print, and with all styles stripped.
"""

from sklearn_lossfix.diagnosis.display._shapes import (
    BOX,
    WIDTH,
    area_inside,
    bar_between,
    free_box,
    line_through,
    linear_map,
    picture_of,
    text_at,
)
from sklearn_lossfix.diagnosis.display._strips import reach_of, squash, tick_label, ticks
from sklearn_lossfix.diagnosis.display._waterfall import (
    VIEW_TITLES,
    decimals_for,
    extent,
    waterfall,
)


def ledger_picture(name, ledger, shorten):
    """Waterfalls of all views of a ledger, on one scale.

    Parameters
    ----------
    name : str
        Stem of the ids.
    ledger : dict
        From ``Ledger.to_dict``.
    shorten : callable
        Cuts a name to what fits.

    Returns
    -------
    dict
        A picture.
    """
    total = ledger["total"]
    views = {view: waterfall(rows, total) for view, rows in ledger["views"].items()}
    at = linear_map(*extent([step for steps in views.values() for step in steps]), 134, 292)
    digits = decimals_for(total)
    shapes, y = [], 12
    for view, steps in views.items():
        shapes.append(text_at(0, y, VIEW_TITLES.get(view, shorten(view)), css="head"))
        y += 10
        top = y
        for step in steps:
            sign = "total" if step.is_total else "less" if step.value < 0 else "more"
            shapes.append(text_at(0, y + 10, shorten(step.name), css=sign))
            shapes.append(bar_between(at(step.start), at(step.end), y, sign, hatch=sign == "less"))
            if step.low is not None:
                shapes.append(
                    line_through(
                        [(at(step.low), y + 6), (at(step.high), y + 6)], "whisker", width=1.5
                    )
                )
            form = f".{digits}f" if step.is_total else f"+.{digits}f"
            shapes.append(text_at(WIDTH, y + 10, format(step.value, form), "end"))
            y += 20
        shapes.append(line_through([(at(0), top - 4), (at(0), y - 4)], "axis"))
        y += 14
    title = f"Waterfall of {shorten(ledger['quantity'])}: terms that sum to {total:.{digits}f}"
    return picture_of(name, title, y - 14, shapes)


def flips_picture(cells, loss_total, accuracy_total):
    """Signed bars of the four cells of a flip table: loss on the left, accuracy on the right.

    Parameters
    ----------
    cells : dict of str to list
        Columns of the flip table.
    loss_total, accuracy_total : float
        Sums of the cells.

    Returns
    -------
    dict
        A picture.
    """
    shapes = [
        text_at(104, 12, "loss, nats", css="head"),
        text_at(240, 12, "accuracy", css="head"),
    ]
    panels = (
        (cells["loss_change"], loss_total, 104, 222),
        (cells["accuracy_change"], accuracy_total, 240, 358),
    )
    names = [*cells["cell"], "sum"]
    for values, total, left, right in panels:
        values = [*values, total]
        at = linear_map(min(0.0, *values), max(0.0, *values), left, right)
        digits = decimals_for(max(abs(value) for value in values))
        for row, value in enumerate(values):
            y = 24 + 32 * row
            css = "total" if row == len(values) - 1 else "less" if value < 0 else "more"
            shapes.append(text_at(left, y + 8, f"{value:+.{digits}f}"))
            shapes.append(bar_between(at(0.0), at(value), y + 12, css, hatch=value < 0))
        shapes.append(line_through([(at(0.0), 34), (at(0.0), 24 + 32 * len(values))], "axis"))
    for row, name in enumerate(names):
        y = 24 + 32 * row
        shapes.append(text_at(0, y + 12, name, css="head" if name == "sum" else ""))
        if name != "sum":
            shapes.append(text_at(0, y + 24, f"{cells['n_rows'][row]:,} rows", css="small"))
    return picture_of("flips", "Change of loss and of accuracy per cell", 24 + 32 * 5, shapes)


def _unit_box(x_title, y_title):
    """Axes from 0 to 1 with their titles, and the maps of both coordinates."""
    left, top, right, floor = BOX
    x, y = linear_map(0, 1, left, right), linear_map(0, 1, floor, top)
    shapes = [line_through([(left, top), (left, floor), (right, floor)], "axis")]
    for tick in (0, 0.25, 0.5, 0.75, 1):
        shapes.append(text_at(round(x(tick), 1), floor + 14, f"{tick:g}", "middle", "small"))
        shapes.append(text_at(left - 6, round(y(tick) + 4, 1), f"{tick:g}", "end", "small"))
    shapes.append(text_at((left + right) / 2, floor + 30, x_title, "middle"))
    shapes.append(text_at(12, (top + floor) / 2, y_title, "middle", turn=True))
    return shapes, x, y


def reliability_picture(curve):
    """CORP reliability curve with its consistency band, the diagonal, and the forecasts below.

    Parameters
    ----------
    curve : dict
        ``reliability`` of a report.

    Returns
    -------
    dict
        A picture.
    """
    shapes, x, y = _unit_box("forecast", "share that came true")
    points = [
        point
        for point in zip(
            *(curve[key] for key in ("forecast", "happened", "low", "high")), strict=True
        )
        if None not in point
    ]
    upper = [(x(f), y(high)) for f, _, _, high in points]
    lower = [(x(f), y(low)) for f, _, low, _ in reversed(points)]
    shapes.append(area_inside(upper + lower, "band"))
    shapes.append(line_through([(x(0), y(0)), (x(1), y(1))], "axis", dash="4 3"))
    shapes.append(
        line_through([(x(f), y(happened)) for f, happened, _, _ in points], "more", width=2)
    )
    counts = [count or 0.0 for count in curve["counts"]]
    largest = max([*counts, 0.0]) or 1.0
    strip, base = 36, BOX[3] + 80
    for k, count in enumerate(counts):
        tall = round(strip * count / largest, 1)
        bar = bar_between(
            x(k / len(counts)) + 1, x((k + 1) / len(counts)) - 1, base - tall, "total"
        )
        shapes.append({**bar, "height": tall})
    shapes.append(line_through([(x(0), base), (x(1), base)], "axis"))
    shapes.append(text_at(BOX[0], base + 14, "how many rows got which forecast", css="small"))
    return picture_of("reliability", "Reliability curve with consistency band", base + 20, shapes)


def classes_picture(table, shorten):
    """Per class: share of the rows, share of the loss, recall with its interval.

    Parameters
    ----------
    table : dict of str to list
        Columns of the table of classes.
    shorten : callable
        Cuts a label to what fits.

    Returns
    -------
    dict
        A picture.
    """
    has_loss = "loss_share" in table
    shapes = [
        text_at(
            0,
            12,
            "share of rows (solid), of loss (hatched)" if has_loss else "share of rows",
            css="head",
        ),
        text_at(254, 12, "recall, 0 to 1", css="head"),
    ]
    shares = [*table["row_share"], *(table["loss_share"] if has_loss else ())]
    at = linear_map(0.0, max(v or 0.0 for v in shares) or 1.0, 0, 190)
    recall_at = linear_map(0.0, 1.0, 256, 354)
    y = 22
    for k, label in enumerate(table["label"]):
        shapes.append(text_at(0, y + 10, shorten(label)))
        y += 14
        bars = [("row_share", "total", False)] + ([("loss_share", "less", True)] * has_loss)
        middle = y + 5.5 * len(bars)
        for column, css, hatch in bars:
            value = table[column][k] or 0.0
            shapes.append(bar_between(at(0.0), at(value), y, css, hatch=hatch, height=9))
            shapes.append(text_at(round(at(value) + 4, 1), y + 8, f"{value:.1%}", css="small"))
            y += 11
        shapes.append(line_through([(recall_at(0), middle), (recall_at(1), middle)], "axis"))
        recall, low, high = (table[c][k] for c in ("recall", "recall_low", "recall_high"))
        if recall is not None:
            if low is not None and high is not None:
                shapes.append(
                    line_through(
                        [(recall_at(low), middle), (recall_at(high), middle)], "more", width=3
                    )
                )
            shapes.append(
                bar_between(recall_at(recall) - 2, recall_at(recall) + 2, middle - 6, "more")
            )
            shapes.append(text_at(305, middle - 9, f"{recall:.3f}", "middle", "small"))
        y += 8
    return picture_of("classes", "Shares of rows and of loss, and recall, per class", y, shapes)


def lorenz_picture(table):
    """Lorenz curve of the row losses against the diagonal.

    Parameters
    ----------
    table : dict of str to list
        ``row_share`` and ``loss_share``.

    Returns
    -------
    dict
        A picture.
    """
    shapes, x, y = _unit_box("share of rows, easiest first", "share of the loss")
    curve = [
        (x(rows), y(loss))
        for rows, loss in zip(table["row_share"], table["loss_share"], strict=True)
        if rows is not None and loss is not None
    ]
    shapes.append(area_inside([*curve, (x(1), y(1)), (x(0), y(0))], "band"))
    shapes.append(line_through([(x(0), y(0)), (x(1), y(1))], "axis", dash="4 3"))
    shapes.append(line_through(curve, "more", width=2))
    return picture_of("lorenz", "Lorenz curve of the row losses", BOX[3] + 36, shapes)


def columns_picture(drawn, unit, shorten):
    """Per column: extremes, outer quantiles, quartiles, median, limits, and the shares beyond them.

    Parameters
    ----------
    drawn : list of dict
        From ``strips``.
    unit : str
        What the distances are in.
    shorten : callable
        Cuts a name to what fits.

    Returns
    -------
    dict
        A picture.
    """
    reach = float(squash(reach_of(drawn)))
    scale = linear_map(-reach, reach, 52, 308)

    def at(distance):
        return scale(float(squash(distance)))

    shapes = [
        text_at(0, 12, "box: quartiles; thick: 1 % to 99 %; thin: extremes", css="small"),
        text_at(0, 24, "dashed: limits, with the shares beyond them", css="small"),
    ]
    top = y = 34
    for strip in drawn:
        shapes.append(text_at(0, y + 10, shorten(strip["name"])))
        if strip["remark"]:
            shapes.append(text_at(WIDTH, y + 10, strip["remark"], "end", "small"))
        y += 16
        shapes += _strip_shapes(strip["points"], at, y + 7)
        shapes.append(text_at(46, y + 11, strip["below"], "end", "small"))
        shapes.append(text_at(314, y + 11, strip["above"], css="small"))
        y += 20
    shapes.append(line_through([(at(0.0), top), (at(0.0), y)], "axis", dash="1 3"))
    shapes += [
        text_at(round(at(z), 1), y + 12, tick_label(z), "middle", "small")
        for z in ticks(reach_of(drawn))
    ]
    words = f"distance from the median, in {unit}"
    shapes.append(text_at(WIDTH / 2, y + 26, words, "middle", "small"))
    title = "Where the values of each column lie, and how many beyond the limits"
    return picture_of("columns", title, y + 32, shapes)


def _strip_shapes(points, at, middle):
    """One column: thin and thick line, box, marks of the limits and of the median, if known."""
    shapes = []
    for low, high, css, width in (("minimum", "maximum", "total", 1), ("q01", "q99", "total", 4)):
        if low in points and high in points:
            ends = [(at(points[low]), middle), (at(points[high]), middle)]
            shapes.append(line_through(ends, css, width=width))
    if "q25" in points and "q75" in points:
        shapes.append(
            bar_between(at(points["q25"]), at(points["q75"]), middle - 5, "less", height=10)
        )
    for key in ("lower", "upper"):
        if key in points:
            x = at(points[key])
            shapes.append(
                line_through([(x, middle - 7), (x, middle + 7)], "more", dash="3 2", width=2)
            )
    if "median" in points:
        shapes.append(line_through([(at(0.0), middle - 7), (at(0.0), middle + 7)], "head", width=2))
    return shapes


def threshold_picture(table, marks):
    """The metric over the threshold with its band, and marks at the thresholds in use.

    Parameters
    ----------
    table : dict of str to list
        ``threshold``, ``value``, ``low`` and ``high``.
    marks : dict of str to float
        Thresholds by what they are called; the first is drawn solid, others dashed.

    Returns
    -------
    dict
        A picture.
    """
    points = [
        point
        for point in zip(*(table[key] for key in ("threshold", "value")), strict=True)
        if None not in point
    ]
    banded = [
        point
        for point in zip(*(table[key] for key in ("threshold", "low", "high")), strict=True)
        if None not in point
    ]
    heights = [value for _, value in points] + [end for _, *ends in banded for end in ends]
    places = [t for t, *_ in points] + [t for t, *_ in banded] + list(marks.values())
    shapes, x, y = free_box(places or [0.0], heights or [0.0], "threshold", "metric")
    upper = [(x(t), y(high)) for t, _, high in banded]
    lower = [(x(t), y(low)) for t, low, _ in reversed(banded)]
    if banded:
        shapes.append(area_inside(upper + lower, "band"))
    if points:
        shapes.append(line_through([(x(t), y(value)) for t, value in points], "more", width=2))
    left, top, right, floor = BOX
    for k, (name, threshold) in enumerate(marks.items()):
        at = x(threshold)
        dash, foot = (None, top + 22) if k == 0 else ("4 3", top + 34)
        shapes.append(line_through([(at, foot - 10), (at, floor)], "head", dash=dash, width=1.5))
        is_left = at < (left + right) / 2
        shift, anchor = (4, "start") if is_left else (-4, "end")
        shapes.append(text_at(round(at + shift, 1), foot, f"{name} {threshold:.3g}", anchor))
    return picture_of("threshold", "Metric over the threshold, with its band", floor + 36, shapes)


def candidates_picture(table):
    """Candidates by log loss and metric; the chosen one and that of the least log loss named.

    Parameters
    ----------
    table : dict of str to list
        ``log_loss``, ``metric`` and ``chosen``; one candidate at least has both numbers.

    Returns
    -------
    dict
        A picture.
    """
    points = [
        point
        for point in zip(*(table[key] for key in ("log_loss", "metric", "chosen")), strict=True)
        if None not in point[:2]
    ]
    shapes, x, y = free_box(
        [loss for loss, *_ in points],
        [metric for _, metric, _ in points],
        "log loss, nats (left is better)",
        "metric (up is better)",
    )
    least = min(range(len(points)), key=lambda k: points[k][0])
    left, _, right, _ = BOX
    for k, (loss, metric, chosen) in enumerate(points):
        names = ["chosen"] * bool(chosen) + ["least log loss"] * (k == least)
        size = 9 if names else 5
        at_x, at_y = x(loss), y(metric)
        css = "more" if chosen else "less" if k == least else "total"
        shapes.append(
            bar_between(
                at_x - size / 2,
                at_x + size / 2,
                at_y - size / 2,
                css,
                hatch=css == "less",
                height=size,
            )
        )
        if names:
            is_left = at_x < (left + right) / 2
            shift, anchor = (8, "start") if is_left else (-8, "end")
            # Two marks can be neighbours: one name stands above its own, one below.
            foot = at_y - 4 if chosen else at_y + 12
            words = " and ".join(names)
            shapes.append(text_at(round(at_x + shift, 1), round(foot, 1), words, anchor))
    title = "Log loss and metric of the candidates"
    return picture_of("candidates", title, BOX[3] + 36, shapes)
