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
                f"internal error ({type(error).__name__}: {one_line(error)}); --debug shows where "
                f"it happened."
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
            for name in option.opts
        }
        out, positional, values = [], [], None
        args = list(args)
        while args:
            arg = args.pop(0)
            option = options.get(arg)
            if not _is_option(arg):
                positional.append(arg)
            elif option is None or option.is_flag:
                out.append(arg)
            elif not option.multiple:
                out += [arg, *args[:1]]
                del args[:1]
            else:
                values = []
                while args and not _is_option(args[0]):
                    values.append(f"{arg}={args.pop(0)}")
                if not values:
                    raise click.BadOptionUsage(arg, f"Option {arg!r} requires an argument.")
                out += values
        if not positional and values is not None and len(values) > 1 and out[-1] == values[-1]:
            # `--proba p scores.csv`: the last value is what the command itself needs.
            positional.append(out.pop().partition("=")[2])
        return [*positional, *out]


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
