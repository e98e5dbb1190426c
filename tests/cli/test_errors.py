"""Errors are one line that a person can act on."""

import pytest

from sklearn_lossfix.cli._errors import InputError, listed, one_line, suggestion


def test_an_input_error_ends_with_exit_code_2():
    """The exit code of an error is the documented one."""
    assert InputError("no such file").exit_code == 2


@pytest.mark.parametrize("text", ["a\n b\t c", "  a b\r\nc ", "a\x0bb\u2028c"])
def test_whitespace_of_any_kind_becomes_one_space(text):
    """Whatever an exception says fits on one line."""
    assert one_line(text) == "a b c"


def test_control_characters_do_not_reach_the_terminal():
    """A column called like an escape sequence cannot drive the terminal."""
    line = one_line("column '\x1b[31mred\x07'")
    assert "\x1b" not in line
    assert "\x07" not in line
    assert "[31mred" in line


def test_endless_messages_are_cut_and_say_so():
    """A message that holds a traceback is cut at a word, and names the way to see all of it."""
    line = one_line("word " * 1000)
    assert len(line) <= 600
    assert line.endswith("word ... (--debug shows all)")


def test_many_names_are_counted_after_the_twentieth():
    """A table with many columns does not fill the screen."""
    assert listed(["a", 1]) == "'a', '1'"
    assert listed(range(25)).endswith("'19' and 5 more")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("targte", "Did you mean 'target'?"),
        ("TARGET", "Did you mean 'target'?"),
        ("zzz", "Known: 'target', 'Years'."),
        ("years", "Did you mean 'Years'?"),
    ],
)
def test_near_names_are_suggested_else_all_are_listed(name, expected):
    """A misspelt name is answered with the nearest, whatever its case."""
    assert suggestion(name, ["target", "Years"]) == expected
