"""From a training log to a report: what `history` does."""

from sklearn_lossfix.cli._errors import InputError
from sklearn_lossfix.cli._run import call_library
from sklearn_lossfix.cli._terminal import Notes


def diagnose_log(
    notes, *, files, loss, metric, n_val, n_classes, rates, batches, scoring=None, seed=0
):
    """Report on the curves of a training run, or of several runs of the same model.

    Parameters
    ----------
    notes : Notes
        Gets what the user should know.
    files : sequence of str
        Logs: one for each run.
    loss, metric : str or None
        Names of the curves to judge.
    n_val, n_classes, batches : int or None
        Validation rows, classes, batches of an epoch.
    rates : sequence of float
        Shares of the classes; empty where they are not known.
    scoring : str, default=None
        Metric to explain.
    seed : int, default=0
        Seed.

    Returns
    -------
    FitReport

    Raises
    ------
    InputError
        If a file cannot be read, or its curves are ambiguous.
    """
    # Only this command needs it.
    from sklearn_lossfix.diagnosis._history import diagnose_history

    history = files[0] if len(files) == 1 else {file: file for file in files}
    try:
        report = call_library(
            diagnose_history,
            Notes(),  # what the report says itself is not said twice
            "judging the curves",
            history,
            n_val=n_val,
            n_classes=n_classes,
            class_rates=rates or None,
            scoring=scoring,
            batch=batches,
            loss=loss,
            metric=metric,
            random_state=seed,
        )
    except FileNotFoundError as error:
        raise InputError(str(error)) from error
    except OSError as error:
        raise InputError(f"{error.filename!r} cannot be read: {error.strerror}.") from error
    text = one_paragraph(str(report))  # the report breaks its lines
    for note in report.context.get("notes", ()):
        if one_paragraph(note) not in text:
            notes.add(note)
    return report


def one_paragraph(text):
    """Text with single blanks for all white space."""
    return " ".join(text.split())
