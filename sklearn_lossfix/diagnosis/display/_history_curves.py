"""What the pictures of a report on a history show: compute, then draw."""

# Points of one line of a picture: more cannot be told apart.
_MAX_POINTS = 250

# Findings that a picture marks; the table names all.
MAX_RIBBONS = 8


def curves_of(tables, quantity):
    """Curves of one quantity, one per split.

    Parameters
    ----------
    tables : dict of str to dict of str to list
        Of a report on a history.
    quantity : str
        ``"loss"`` or the name of a metric.

    Returns
    -------
    list of dict
        ``split`` and lists ``step``, ``value``, ``smoothed``, ``low``, ``high``; the last two hold
        None where there is a single run.
    """
    table = tables["curves"]
    keys = ("step", "value", "smoothed", "low", "high")
    found = []
    for split in dict.fromkeys(table["split"]):
        at = [
            k
            for k, (name, rows) in enumerate(zip(table["quantity"], table["split"], strict=True))
            if name == quantity and rows == split and table["value"][k] is not None
        ]
        at = at[:: max(1, -(-len(at) // _MAX_POINTS))]
        if at:
            found.append({"split": split} | {key: [table[key][k] for k in at] for key in keys})
    return found


def quantities(tables):
    """Loss and metrics that were recorded, in order."""
    return list(dict.fromkeys(tables["curves"]["quantity"]))


def ribbons(tables):
    """Stretches of the run that a finding is about: name, section, first and last step."""
    table = tables["verdicts"]
    keys = ("finding", "section", "first_step", "last_step")
    rows = list(zip(*(table[key] for key in keys), strict=True))
    return [row for row in rows if row[2] is not None and row[3] is not None][:MAX_RIBBONS]


def best_of(tables, quantity):
    """Step and interval of the best value of a quantity; None where it is not known."""
    table = tables["best_epochs"]
    if quantity not in table["by"]:
        return None
    k = table["by"].index(quantity)
    return table["step"][k], table["low"][k], table["high"][k]
