"""Click commands that end in one line on an error and take several values after one option."""

import sys
import traceback

import click

from sklearn_lossfix.cli._errors import InputError, one_line
from sklearn_lossfix.cli._terminal import print_error

# What a shell reports for a process that was stopped by Ctrl-C: 128 + SIGINT.
_INTERRUPTED = 130
# Where a nested context keeps that tracebacks are wanted.
_DEBUG = "sklearn_lossfix.debug"


class OneLineGroup(click.Group):
    """A group of commands that reports every error as one line on stderr and exit code 2."""

    def invoke(self, ctx):
        """Run the command; what no command expected becomes an error that says so."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError) as error:
            if ctx.meta.get(_DEBUG) and error.__cause__ is not None:
                traceback.print_exception(error.__cause__)
            raise
        except Exception as error:
            if ctx.meta.get(_DEBUG):
                traceback.print_exception(error)
            raise InputError(
                f"internal error ({type(error).__name__}: {one_line(error)}). This is a defect of "
                f"sklearn-lossfix, not of the input; --debug shows where it happened."
            ) from error

    def main(self, args=None, prog_name=None, **extra):
        """Run as a program: always ends in `SystemExit`."""
        extra["standalone_mode"] = False
        try:
            code = super().main(args, prog_name, **extra)
        except click.ClickException as error:
            print_error(error.format_message())
            code = InputError.exit_code
        except click.Abort:
            print_error("interrupted.")
            code = _INTERRUPTED
        sys.exit(code if isinstance(code, int) else 0)


class ManyValuesCommand(click.Command):
    """A command whose repeatable options also take several values: ``--drop a b``."""

    def parse_args(self, ctx, args):
        """Write ``--drop a b`` as ``--drop=a --drop=b``, which is what click understands."""
        return super().parse_args(ctx, self._repeated(args))

    def _repeated(self, args):
        """Arguments in which every option that takes many values has one value each."""
        options = {
            name: option
            for option in self.params
            if isinstance(option, click.Option)
            for name in (*option.opts, *option.secondary_opts)
        }
        out, positional, many, n_taken = [], [], None, 0
        wants_value = False
        for arg in args:
            if wants_value:
                out.append(arg)
                wants_value = False
            elif _is_option(arg):
                many, n_taken = None, 0
                option = options.get(arg)
                if option is not None and option.multiple:
                    many = arg
                    continue
                out.append(arg)
                wants_value = option is not None and not (option.is_flag or option.count)
            elif many is not None:
                out.append(f"{many}={arg}")
                n_taken += 1
            else:
                positional.append(arg)
        if many is not None and n_taken == 0:
            out.append(many)  # click knows how to say that its value is missing
        if not positional and n_taken > 1:
            # `--proba p scores.csv`: the last value is what the command itself needs.
            positional.append(out.pop().removeprefix(f"{many}="))
        return [*out, *positional]


def _is_option(arg):
    """Whether an argument is an option rather than a value such as ``-`` or ``-1``."""
    if not arg.startswith("-") or arg == "-":
        return False
    try:
        float(arg)
    except ValueError:
        return True
    return False


def debug_option(command):
    """Add ``--debug``, which shows the traceback behind an error."""

    def remember(ctx, _option, value):
        ctx.meta[_DEBUG] = ctx.meta.get(_DEBUG) or value

    return click.option(
        "--debug",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=remember,
        help="Show the traceback behind an error.",
    )(command)
