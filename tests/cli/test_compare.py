import argparse
import json

import pytest

from tests.evaluation.results import result, row
from video_ktr.cli import compare
from video_ktr.cli.settings import parse_overrides
from video_ktr.errors import ConfigError


def run(*words):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    compare.add_arguments(parser)
    arguments, rest = parser.parse_known_args([str(word) for word in words])
    compare.run(arguments, parse_overrides(rest))


def test_what_is_told(tmp_path, capsys):
    media = {"max_frames": 16, "fps": 2.0}
    result(tmp_path / "a", [row("0\u001b"), *(row(str(i), 0.0) for i in range(1, 9))], model="x/a", media=media)
    b = [row(str(i), float(i < 8)) for i in range(1, 9)]
    result(tmp_path / "b", b, model="x/b", frames=32, media={**media, "max_frames": 32})
    run(tmp_path / "a", tmp_path / "b/result.json", "--json", tmp_path / "c.json")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "video_holmes, video_r1, micro average of 8 questions that both have"
    assert lines[1] == f"A   0.0  x/a  ({tmp_path / 'a'})"
    assert lines[2] == f"B  87.5  x/b  ({tmp_path / 'b'})"
    assert lines[3].startswith("B - A +87.5 points, 95 % [+")
    # 2 / 2 ** 7.
    assert lines[4] == "A better on 0 questions, B on 7, McNemar's exact p = 0.0156"
    assert lines[5] == "B is higher by 87.5 points, outside the noise of 8 questions"
    assert lines[6:] == [
        "left out, only in A: 1 questions: 0\ufffd",
        "not made alike: frames is 16 for A, 32 for B",
        "not made alike: media.max_frames is 16 for A, 32 for B",
    ]
    written = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert (written["decided"], written["p_value"], written["n"]) == (True, 2 / 2**7, 8)


def test_a_model_against_itself(tmp_path, capsys):
    result(tmp_path / "a", [row("1"), row("2", 0.0)])
    run(tmp_path / "a", tmp_path / "a", "--mode", "lenient")
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "no difference can be told: 0.0 points are inside the noise of 2 questions"


def test_mistakes_are_told(tmp_path):
    result(tmp_path / "a", [row("1")])
    with pytest.raises(ConfigError, match="give --mode one of video_r1, official, lenient"):
        run(tmp_path / "a", tmp_path / "a", "--mode", "strict")
    with pytest.raises(ConfigError, match="--seed is -1: give a whole number from 0"):
        run(tmp_path / "a", tmp_path / "a", "--seed", "-1")
    with pytest.raises(ConfigError, match="unknown argument --test"):
        run(tmp_path / "a", tmp_path / "a", "--test", "x")
