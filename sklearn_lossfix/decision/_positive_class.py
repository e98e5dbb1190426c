"""Which of two classes is the positive one, where nobody or somebody said so."""

# Labels of which everybody takes the greater one as positive. False and True equal 0 and 1.
_CONVENTIONAL_LABELS = ({0, 1}, {-1, 1})


def resolve_positive(metric, classes, counts, pos_label=None):
    """Find the positive class of a metric.

    What the user says wins over what the scorer says, and that over the conventions: the greater
    label of {0, 1}, {-1, 1} and booleans, otherwise the rarer class.

    Parameters
    ----------
    metric : Metric
        The metric.

    classes : ndarray of shape (n_classes,)
        Labels.

    counts : ndarray of shape (n_classes,)
        Rows per class; of two equal ones the last class counts as the rarer.

    pos_label : str, int, float or bool, default=None
        What the user said.

    Returns
    -------
    pos : int or None
        Code of the positive class; None where nobody named one and the metric needs none.

    note : str or None
        A sentence for the user where the rarer class was taken.

    Raises
    ------
    ValueError
        If the class that was named is not one of two, or the metric needs two classes.
    """
    labels = classes.tolist()
    label = metric.pos_label if pos_label is None else pos_label
    if label is not None:
        return code_of_positive(label, labels), None
    if not metric.asymmetric:
        return None, None
    pos = len(labels) - 1
    metric.check_positive_class(len(labels), pos)
    if set(labels) in _CONVENTIONAL_LABELS:
        return pos, None
    pos = int(counts[1] <= counts[0])
    return pos, (
        f"{metric.name} needs a positive class and pos_label was not given: the rarer one, "
        f"{labels[pos]!r}, was taken."
    )


def code_of_positive(pos_label, labels):
    """Return the code of the class that was named as the positive one.

    Parameters
    ----------
    pos_label : str, int, float or bool
        What the user, or a scorer, said.

    labels : list
        The classes in the order of their codes.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is not one of two classes.
    """
    if len(labels) != 2 or pos_label not in labels:
        raise ValueError(
            f"pos_label={pos_label!r} must be one of two classes; the classes are {labels[:20]}."
        )
    return labels.index(pos_label)


def own_positive(metric, labels, pos):
    """Return the code of the positive class of a metric that no rule is chosen for.

    Parameters
    ----------
    metric : Metric
        The metric.

    labels : list
        The classes in the order of their codes.

    pos : int or None
        Code of the positive class where the metric's scorer names none.

    Returns
    -------
    int or None
        None for a metric that needs none.

    Raises
    ------
    ValueError
        If the scorer names no class of two.
    """
    if not metric.asymmetric:
        return None
    return pos if metric.pos_label is None else code_of_positive(metric.pos_label, labels)
