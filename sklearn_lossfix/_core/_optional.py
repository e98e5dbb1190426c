"""Import optional dependencies where they are used, with an error that says how to get them."""

from importlib import import_module


def import_optional(module, *, caller, extra=None):
    """Import `module`, or raise an ImportError that names what to install.

    Parameters
    ----------
    module : str
        Dotted name of the module.
    caller : str
        What needs it, as the user knows it: ``"FitReport.plot"``.
    extra : str, default=None
        The extra of this package that installs it; None where none does.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    ImportError
        If the module is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        wanted = package if extra is None else f'"sklearn-lossfix[{extra}]"'
        raise ImportError(
            f"{caller} requires {package}, which is not installed. Install it with "
            f"`pip install {wanted}`."
        ) from error
