"""What an object is, by the names of its classes: no library is imported to find out."""


def is_of(value, package, *names):
    """Whether a class of a value, or one it is derived from, is one of a package.

    Parameters
    ----------
    value : object
        Anything.
    package : str
        Name of the package, as ``"sklearn"``.
    *names : str
        Names of classes; none for any class of the package.

    Returns
    -------
    bool
    """
    return any(
        cls.__module__.partition(".")[0] == package and (not names or cls.__name__ in names)
        for cls in type(value).__mro__
    )


def class_count(estimator):
    """Number of classes of a fitted classifier; None where it has none, or several outputs."""
    classes = getattr(estimator, "classes_", None)
    if classes is None or not hasattr(classes, "__len__"):
        return None
    is_one_output = getattr(classes, "ndim", 1) == 1 and not any(
        hasattr(label, "__len__") and not isinstance(label, str | bytes) for label in classes
    )
    return len(classes) if is_one_output and len(classes) > 1 else None
