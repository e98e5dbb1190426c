"""Commands end in one line on an error, and options take several values."""

import click
import pytest
from click.testing import CliRunner

from sklearn_lossfix.cli._errors import InputError
from sklearn_lossfix.cli._parsing import ManyValuesCommand, OneLineGroup, debug_option


def make_group(body):
    """A group with one command that runs `body`."""

    @click.group(cls=OneLineGroup)
    def group():
        """Group."""

    @group.command("run")
    @debug_option
    def command():
        """Run the body."""
        body()

    return group


def make_command():
    """A command that prints what it was given."""

    @click.command(cls=ManyValuesCommand)
    @click.argument("file")
    @click.option("--drop", multiple=True)
    @click.option("--classes", multiple=True)
    @click.option("--name")
    @click.option("--flag", is_flag=True)
    def command(**options):
        """Print the options."""
        click.echo(options)

    return command


def parsed(*args):
    """The options that a list of arguments gives, without those that are empty."""
    result = CliRunner().invoke(make_command(), args)
    assert result.exit_code == 0, result.output
    options = eval(result.stdout)
    return {key: value for key, value in options.items() if value}


@pytest.mark.parametrize(
    "args",
    [
        ["f.csv", "--drop", "a", "b", "--name", "n"],
        ["f.csv", "--drop", "a", "--drop", "b", "--name", "n"],
        ["--drop=a", "f.csv", "--name", "n", "--drop", "b"],
        ["--name", "n", "f.csv", "--drop", "a", "b"],
        ["--name", "n", "--drop", "a", "b", "f.csv"],
        ["--drop", "a", "b", "--name", "n", "f.csv"],
    ],
)
def test_several_values_after_one_option(args):
    """Repeating an option, listing values after it, and any order of both mean the same."""
    assert parsed(*args) == {"file": "f.csv", "drop": ("a", "b"), "name": "n"}


def test_negative_numbers_and_a_dash_are_values():
    """Classes may be negative numbers, and a dash is standard input."""
    assert parsed("-", "--classes", "-1", "1") == {"file": "-", "classes": ("-1", "1")}


def test_a_flag_takes_no_value():
    """What follows a flag is the argument of the command."""
    assert parsed("--flag", "f.csv") == {"file": "f.csv", "flag": True}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["f.csv", "--drop"], "'--drop' requires an argument"),
        (["f.csv", "--drop", "--flag"], "'--drop' requires an argument"),
        (["--drop", "a"], "Missing argument 'FILE'"),
        (["f.csv", "g.csv"], "unexpected extra argument"),
        (["f.csv", "--nmae", "n"], "No such option"),
    ],
)
def test_wrong_usage_is_left_to_click(args, message):
    """Rewriting the arguments hides no mistake in them."""
    result = CliRunner().invoke(make_command(), args)
    assert result.exit_code == 2
    assert message in result.output


def test_an_input_error_is_one_line_and_exit_code_2():
    """The line names the error and nothing else; the report's stream stays empty."""

    def body():
        raise InputError("the file\nis missing")

    result = CliRunner().invoke(make_group(body), ["run"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "Error: the file is missing\n"


def test_wrong_usage_of_the_group_is_one_line():
    """Click's usage help does not spread an error over several lines."""
    result = CliRunner().invoke(make_group(lambda: None), ["rnu"])
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "No such command 'rnu'" in result.stderr


def test_an_unexpected_exception_is_one_line_that_names_it():
    """A defect of ours shows no traceback, and says how to get one."""

    def body():
        raise KeyError("lost")

    result = CliRunner().invoke(make_group(body), ["run"])
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: internal error (KeyError: 'lost'); --debug shows where it happened.\n"
    )


@pytest.mark.parametrize("error", [KeyError("lost"), InputError("known")])
def test_debug_shows_the_traceback(error):
    """With --debug the traceback of what went wrong comes before the line."""

    def body():
        try:
            raise ZeroDivisionError("the cause")
        except ZeroDivisionError as cause:
            raise error from cause

    result = CliRunner().invoke(make_group(body), ["run", "--debug"])
    assert result.exit_code == 2
    assert "Traceback (most recent call last)" in result.stderr
    assert "ZeroDivisionError: the cause" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("Error: ")


def test_an_interrupt_is_one_line_and_exit_code_130():
    """Ctrl-C ends as shells expect."""

    def body():
        raise KeyboardInterrupt

    result = CliRunner().invoke(make_group(body), ["run"])
    assert result.exit_code == 130
    assert result.stderr.strip() == "Error: interrupted."
