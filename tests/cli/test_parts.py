import argparse
from types import SimpleNamespace

import pytest

from video_ktr.cli.parts import add_parts


def part(option):
    return SimpleNamespace(SUMMARY=f"takes {option}", __doc__="Longer.", add_arguments=lambda p: p.add_argument(option))


def test_each_part_has_its_own_arguments(capsys):
    parser = argparse.ArgumentParser()
    add_parts(parser, {"one": part("--left"), "two": part("--right")}, "part")
    arguments = parser.parse_args(["two", "--right", "3"])
    assert (arguments.part, arguments.right) == ("two", "3")
    for words in ([], ["one", "--right", "3"], ["two", "--rig", "3"], ["three"]):
        with pytest.raises(SystemExit):
            parser.parse_args(words)
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    assert "takes --left" in capsys.readouterr().out


def both(parser):
    parser.add_argument("place", nargs="?")
    parser.add_argument("--known", nargs="+")
    parser.add_argument("--switch", action="store_true")


@pytest.mark.parametrize(
    ("words", "place", "rest"),
    [
        (["--media.fps", "3"], None, ["--media.fps=3"]),
        (["--fps", "-3", "here"], "here", ["--fps=-3"]),
        (["here", "--fps=3", "--switch"], "here", ["--fps=3"]),
        (["--switch", "here"], "here", []),
        (["--known", "a", "b", "--fps", "3"], None, ["--fps=3"]),
        (["--fps", "--other", "3"], None, ["--fps", "--other=3"]),
    ],
)
def test_a_value_belongs_to_the_key_before_it(words, place, rest):
    module = SimpleNamespace(SUMMARY="", __doc__="", add_arguments=both)
    parser = argparse.ArgumentParser()
    add_parts(parser, {"one": module}, "part")
    arguments, left_over = parser.parse_known_args(["one", *words])
    assert (arguments.place, left_over) == (place, rest)


def test_parts_of_parts_keep_their_values():
    inner = SimpleNamespace(SUMMARY="", __doc__="", add_arguments=both)
    outer = SimpleNamespace(SUMMARY="", __doc__="", add_arguments=lambda p: add_parts(p, {"inner": inner}, "inner"))
    parser = argparse.ArgumentParser()
    add_parts(parser, {"outer": outer}, "part")
    arguments, left_over = parser.parse_known_args(["outer", "inner", "--known", "a", "b", "--fps", "3"])
    assert (arguments.known, arguments.place, left_over) == (["a", "b"], None, ["--fps=3"])
