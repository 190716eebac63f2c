import json
import re
from pathlib import Path

import pytest
import torch
import yaml

from video_ktr.attribution import KeyTokenConfig, TokenSignals, select_key_tokens
from video_ktr.cli.main import main
from video_ktr.explorer.run_pages import explore_run

SMALL = ["--media.min_pixels", "784", "--media.max_pixels", "3136"]


@pytest.fixture(scope="module")
def video(toy):
    return str(next(toy.rglob("*.mp4")))


def data_of(path):
    """The data that stand in a page."""
    return json.loads(re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', path.read_text())[1])


def test_one_reply(capsys, toy, video, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = ["--model", str(toy / "model"), "--max-new-tokens", "12", "--temperature", "1", *SMALL]
    asked = ["--video", video, "--question", "what moves ?", "--options", "circle", "square", "--frames", "4"]
    assert main(["explore", *asked, *given, "--key_tokens.visual_ratio", "0.5"]) == 0
    assert capsys.readouterr().out == "written: explorer.html\n"
    page = data_of(tmp_path / "explorer.html")
    (prompt,) = page["prompts"]
    (reply,) = prompt["completions"]
    assert page["ratios"] == {"visual": 0.5, "temporal": 0.2, "entropy": 0.2}
    assert prompt["question"] == "what moves ?\nA. circle\nB. square"
    assert len(prompt["frames"]) == 4
    assert len(reply["frameScores"]) == len(reply["tokens"]) <= 12
    assert [len(row) for row in reply["frameScores"]] == [2] * len(reply["tokens"])


def test_a_question_of_text_goes_where_it_is_told(capsys, toy, tmp_path):
    page = tmp_path / "folder" / "text.html"
    words = ["--video", "-", "--question", "what is red ?", "--model", str(toy / "model"), "--max-new-tokens", "4"]
    assert main(["explore", *words, "--out", str(page)]) == 0
    assert capsys.readouterr().out == f"written: {page}\n"
    assert data_of(page)["prompts"][0]["frames"] == []


def test_a_page_that_cannot_be_written_is_one_line(capsys, toy, tmp_path):
    (tmp_path / "file").touch()
    words = ["--video", "-", "--question", "what ?", "--model", str(toy / "model"), "--max-new-tokens", "2"]
    assert main(["explore", *words, "--out", str(tmp_path / "file" / "page.html")]) == 2
    (line,) = capsys.readouterr().err.splitlines()[-1:]
    assert "page.html cannot be written (" in line


def test_a_run_as_it_was_trained(capsys, rl_settings, tmp_path):
    # A random model gets no reward; for the KL term its tokens are chosen all the same.
    changes = {"max_steps": 1, "beta": 0.1, "key_tokens": {"kl_tokens": "selected"}}
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump({**rl_settings, **changes}))
    assert main(["train", "--config", str(tmp_path / "recipe.yaml")]) == 0
    run = Path(rl_settings["output_dir"])
    capsys.readouterr()
    assert main(["explore", str(run), "--prompts", "2"]) == 0
    assert capsys.readouterr().out == f"written: {run / 'explorer.html'}\n"
    shown = data_of(run / "explorer.html")["prompts"]
    assert len(shown) == 2
    for prompt in explore_run(run).prompts:
        assert prompt.frames
        assert len(prompt.completions) == 2
        for reply in prompt.completions:
            assert trained_again(reply) == reply.trained


def trained_again(reply):
    """What the method selects by the scores on the page."""
    names = ("visual", "temporal", "entropy")
    scores = {name: getattr(reply, f"{name}_scores") for name in names}
    signals = TokenSignals(
        **{f"{name}_BT": None if row is None else torch.tensor([row]) for name, row in scores.items()}
    )
    keys = select_key_tokens(signals, torch.ones(1, len(reply.tokens)), KeyTokenConfig())
    return {name: getattr(keys, f"{name}_BT")[0].tolist() for name in names} | {"union": keys.mask_BT[0].tolist()}


ASKED = ["--video", "-", "--question", "why ?"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--video is missing: give a run folder, or --model, --video and --question"),
        (["--video", "-"], "--question is missing"),
        (ASKED, "no model is given"),
        ([*ASKED, "--model", "./nowhere"], "no such folder"),
        (["--video", "none.mp4", "--question", "why ?", "--model", "./nowhere"], "none.mp4: no such file"),
        ([*ASKED, "--model", "./nowhere", "--prompts", "3"], "--prompts belongs to a run"),
        ([*ASKED, "--model", "./nowhere", "--temprature", "1"], "unknown setting temprature"),
        ([*ASKED, "--model", "./nowhere", "--out", "."], "--out is ., a folder"),
        (["runs", "--question", "why ?"], "--question belongs to one reply, and runs is given as a run"),
        (["runs", "--max-new-tokens", "3"], "--max-new-tokens belongs to one reply"),
        (["runs", "--media.fps", "3"], "--media belongs to one reply"),
        (["./nowhere"], "nowhere: no such folder"),
    ],
)
def test_a_mistake_is_one_line(capsys, words, message):
    assert main(["explore", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("video-ktr explore: ")
    assert message in line


def test_a_run_without_records_is_one_line(capsys, make_run):
    run = make_run("run", config={"key_tokens": {}, "media": {}})
    assert main(["explore", str(run)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "train with token_record_rate above 0" in line
    assert not (run / "explorer.html").exists()
