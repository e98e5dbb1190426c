"""The commands: demo, diagnose, predictions, history."""

import click

from sklearn_lossfix import __version__
from sklearn_lossfix.cli._demo import diagnose_demo
from sklearn_lossfix.cli._history import diagnose_log
from sklearn_lossfix.cli._models import MODEL_NAMES
from sklearn_lossfix.cli._output import (
    can_write_html,
    check_outputs,
    output_options,
    write_outputs,
)
from sklearn_lossfix.cli._parsing import ManyValuesCommand, OneLineGroup, debug_option
from sklearn_lossfix.cli._run import diagnose_forecast, diagnose_table
from sklearn_lossfix.cli._terminal import Notes

_MODEL_HELP = (
    f"One of {', '.join(MODEL_NAMES)}; or a file: .skops, and with --allow-pickle .joblib or .pkl."
)


@click.group(
    cls=OneLineGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExample:\n  sklearn-lossfix diagnose data.csv --target label --html report.html",
)
@click.version_option(__version__, prog_name="sklearn-lossfix")
@debug_option
@click.pass_context
def command_line(ctx):
    """Find out why the loss and the metric of a classifier disagree.

    The report goes to standard output, notes and progress to standard error. Exit code: 0 for a
    report, 2 for an error, which is one line.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command_line.command(
    "demo",
    short_help="Diagnose a bundled example.",
    epilog="\b\nExample:\n  sklearn-lossfix demo --html lossfix-report.html",
)
@click.option(
    "--html",
    metavar="PATH",
    default="lossfix-report.html",
    show_default=True,
    help="Where to write the HTML report.",
)
@debug_option
@click.pass_context
def demo_command(ctx, html):
    """Diagnose a model that is plausibly set up and wrong, on real data that ship with
    scikit-learn."""
    notes = Notes()
    is_chosen = ctx.get_parameter_source("html") is not click.core.ParameterSource.DEFAULT
    if not is_chosen and not can_write_html():
        html = None
        notes.add('HTML needs jinja2: `pip install "sklearn-lossfix[report]"`.')
    outputs = {"html": html}
    check_outputs(outputs)
    with notes.from_warnings():
        text, report = diagnose_demo(notes)
    click.echo(text)
    click.echo(report)
    write_outputs(report, outputs, Notes())
    if html is not None:
        click.echo(f"\nThe same with pictures: {html}")
    notes.print()


@command_line.command(
    "diagnose",
    cls=ManyValuesCommand,
    short_help="Diagnose a model on a table of data.",
    epilog="\b\nExample:\n  sklearn-lossfix diagnose data.csv --target label --model hgb \\\n"
    "      --scoring balanced_accuracy --drop id date --html report.html",
)
@click.argument("file")
@click.option("--target", metavar="COL", required=True, help="Column of the labels.")
@click.option(
    "--model", metavar="NAME|FILE", default="logistic", show_default=True, help=_MODEL_HELP
)
@click.option("--scoring", metavar="S", help="Metric to explain.  [default: accuracy]")
@click.option("--positive", metavar="LABEL", help="Positive class, for metrics that have one.")
@click.option("--groups", metavar="COL", help="Column of groups, whose rows stay together.")
@click.option("--weight", metavar="COL", help="Column of row weights.")
@click.option("--drop", metavar="COL ...", multiple=True, help="Columns that are no features.")
@click.option(
    "--validation",
    metavar="FILE|SHARE",
    help="Held-out rows: a table, or a share of FILE such as 0.25.  [default: out of fold]",
)
@click.option(
    "--effort",
    type=click.Choice(["fast", "normal"]),
    default="normal",
    show_default=True,
    help="fast fits the model once at most and judges held-out rows; normal also refits on folds.",
)
@output_options
@click.option("--seed", type=click.IntRange(0), metavar="N", default=0, help="Seed.  [default: 0]")
@click.option("--jobs", type=int, metavar="N", help="Folds fitted at a time; -1 for all cores.")
@click.option("--allow-pickle", is_flag=True, help="Load pickled models: this runs their code.")
@click.option("--trust", metavar="TYPE ...", multiple=True, help="Types a .skops file may make.")
@debug_option
def diagnose_command(**options):
    """Diagnose a model on a table: CSV, CSV.gz, TSV or Parquet, or - for CSV on standard input.

    Columns of any type are prepared for models given by name: numbers are imputed and scaled,
    categories encoded, dates turned into days. A model from a file takes the table as it is; one
    that is fitted is judged as it is on held-out rows (--validation FILE), or with --effort fast on
    FILE itself.
    """
    notes = Notes()
    outputs = {name: options.pop(name) for name in ("html", "json", "md")}
    check_outputs(outputs)
    with notes.from_warnings():
        report = diagnose_table(notes, **options)
    notes.print()
    click.echo(report)
    write_outputs(report, outputs, notes)
    notes.print()


@command_line.command(
    "predictions",
    cls=ManyValuesCommand,
    short_help="Diagnose a table of probabilities.",
    epilog="\b\nExample:\n"
    "  sklearn-lossfix predictions scores.csv --target label --proba p_no p_yes",
)
@click.argument("file")
@click.option("--target", metavar="COL", required=True, help="Column of the labels.")
@click.option(
    "--proba",
    metavar="COL ...",
    multiple=True,
    required=True,
    help="Columns of probabilities: one for each class, or one for one of two classes: the class "
    "that its name is or ends with, else that of --positive, else the second.",
)
@click.option(
    "--classes",
    metavar="LABEL ...",
    multiple=True,
    help="Classes in the order of the columns; both, for one column.  [default: by their names, "
    "else sorted]",
)
@click.option("--predicted", metavar="COL", help="Column of predicted labels.  [default: argmax]")
@click.option("--weight", metavar="COL", help="Column of row weights.")
@click.option("--groups", metavar="COL", help="Column of groups of rows that vary together.")
@click.option("--scoring", metavar="S", help="Metric to explain.  [default: accuracy]")
@click.option(
    "--positive",
    metavar="LABEL",
    help="Positive class of the metric; also the class of one column whose name is none.  "
    "[default: the class of one column]",
)
@output_options
@click.option("--seed", type=click.IntRange(0), metavar="N", default=0, help="Seed.  [default: 0]")
@debug_option
def predictions_command(**options):
    """Diagnose a table of probabilities from anywhere, with the true labels beside them."""
    notes = Notes()
    outputs = {name: options.pop(name) for name in ("html", "json", "md")}
    check_outputs(outputs)
    with notes.from_warnings():
        report = diagnose_forecast(notes, **options)
    notes.print()
    click.echo(report)
    write_outputs(report, outputs, notes)
    notes.print()


@command_line.command(
    "history",
    cls=ManyValuesCommand,
    short_help="Diagnose the curves of a training run.",
    epilog="\b\nExample:\n"
    "  sklearn-lossfix history metrics.csv --n-val 2000 --n-classes 10 --html report.html",
)
@click.argument("files", metavar="FILE ...", nargs=-1, required=True)
@click.option(
    "--loss",
    metavar="NAME",
    help="Curve that is the loss, or what the curve called loss is: log_loss.  [default: by names]",
)
@click.option("--metric", metavar="NAME", help="Curve that is the metric.  [default: by names]")
@click.option("--scoring", metavar="S", help="Recorded metric to explain.  [default: accuracy]")
@click.option("--n-val", type=click.IntRange(1), metavar="N", help="Number of validation rows.")
@click.option("--n-classes", type=click.IntRange(2), metavar="K", help="Number of classes.")
@click.option(
    "--rates",
    type=float,
    metavar="SHARE ...",
    multiple=True,
    help="Shares of the classes among the validation rows.",
)
@click.option("--batches", type=click.IntRange(1), metavar="N", help="Batches of an epoch.")
@output_options
@click.option("--seed", type=click.IntRange(0), metavar="N", default=0, help="Seed.  [default: 0]")
@debug_option
def history_command(**options):
    """Diagnose the curves that a training run left behind: loss and metric over its epochs.

    CSV logs (Keras, Lightning or your own) and JSON (Keras, skorch, XGBoost, LightGBM, CatBoost,
    records) are read. Several files are runs of the same training with other seeds.
    """
    notes = Notes()
    outputs = {name: options.pop(name) for name in ("html", "json", "md")}
    check_outputs(outputs)
    with notes.from_warnings():
        report = diagnose_log(notes, **options)
    notes.print()
    click.echo(report)
    write_outputs(report, outputs, notes)
    notes.print()
