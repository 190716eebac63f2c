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
