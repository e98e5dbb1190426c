"""Shapes of the pictures of a report, and the axes that several pictures share.

A shape is a dictionary of plain values, which the template writes as SVG. It is painted in
``currentColor``; ``css`` names the colour, and hatch, dash or outline say the same without it.
"""

WIDTH = 360
# Plotting box of the square pictures: left, top, right, bottom.
BOX = (44, 10, 350, 250)
BAR = 12


def text_at(x, y, text, anchor="start", css="", *, turn=False):
    """Text with its foot at (x, y); turned, it reads upwards."""
    return {
        "kind": "text",
        "x": x,
        "y": y,
        "text": text,
        "anchor": anchor,
        "css": css,
        "turn": turn,
    }


def bar_between(x0, x1, y, css, *, hatch=False, height=BAR):
    """A horizontal bar between two abscissas, at least visible as a line."""
    left, width = min(x0, x1), abs(x1 - x0)
    return {
        "kind": "rect",
        "x": round(left, 1),
        "y": round(y, 1),
        "width": round(max(width, 0.8), 1),
        "height": height,
        "css": css,
        "hatch": hatch,
    }


def line_through(points, css, *, dash=None, width=1):
    """An open line through points."""
    return {
        "kind": "line",
        "points": " ".join(f"{x:.1f},{y:.1f}" for x, y in points),
        "css": css,
        "dash": dash,
        "width": width,
    }


def area_inside(points, css):
    """A filled outline, pale enough to read what lies on it."""
    return {"kind": "area", "points": " ".join(f"{x:.1f},{y:.1f}" for x, y in points), "css": css}


def picture_of(name, title, height, shapes):
    """The shapes with what the template needs around them."""
    return {
        "name": name,
        "title": title,
        "width": WIDTH,
        "height": round(height),
        "shapes": shapes,
        "hatched": any(shape.get("hatch") for shape in shapes),
    }


def linear_map(low, high, left, right):
    """A linear map of [low, high] onto [left, right]."""
    span = (high - low) or 1.0
    return lambda value: left + (value - low) / span * (right - left)


def _span(values, room_above=0.0):
    """Range of the values, with some room around them; of equal ones, room alone."""
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or 0.05 * abs(high) or 0.05
    return low - room, high + room + room_above * (high - low + 2 * room)


def free_box(xs, ys, x_title, y_title):
    """Axes over the range of some values with their titles, and the maps of both coordinates."""
    left, top, right, floor = BOX
    x = linear_map(*_span(xs), left, right)
    # A free strip on top for words.
    y = linear_map(*_span(ys, room_above=0.2), floor, top)
    shapes = [line_through([(left, top), (left, floor), (right, floor)], "axis")]
    for tick in _ends_and_middle(xs):
        shapes.append(text_at(round(x(tick), 1), floor + 14, f"{tick:.3g}", "middle", "small"))
    for tick in _ends_and_middle(ys):
        shapes.append(text_at(left - 4, round(y(tick) + 4, 1), f"{tick:.3g}", "end", "small"))
    shapes.append(text_at((left + right) / 2, floor + 30, x_title, "middle"))
    # Beside numbers of four digits there is no room for a turned title.
    shapes.append(text_at(left + 4, top + 10, y_title, css="small"))
    return shapes, x, y


def _ends_and_middle(values):
    """Least, middle and greatest of a range; one number of equal ones."""
    low, high = min(values), max(values)
    return (low,) if low == high else (low, (low + high) / 2, high)
