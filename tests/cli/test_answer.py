import json
import os
from pathlib import Path

import pytest

from video_ktr.cli.main import main

FOLDER = Path(os.environ.get("VIDEO_KTR_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
REAL = FOLDER / "real-video-22s-640x360.mp4"
SMALL = ["--media.min_pixels", "784", "--media.max_pixels", "3136"]


@pytest.fixture(scope="module")
def video(toy):
    return str(next(toy.rglob("*.mp4")))


def ask(capsys, toy, *words, small=True):
    given = ["--model", str(toy / "model"), "--max-new-tokens", "12", "--temperature", "1"]
    code = main(["answer", *words, *given, *(SMALL if small else [])])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return captured.out


def test_the_reply_is_shown_and_what_it_was_given_to(capsys, toy, video):
    plain = ask(capsys, toy, video, "what moves ?", "--options", "circle", "square")
    record = json.loads(ask(capsys, toy, video, "what moves ?", "--options", "circle", "square", "--json"))
    lines = plain.splitlines()
    assert lines[0] in {"Reply:", "Think:", "Answer:"}
    assert f"{record['num_tokens']} tokens in" in lines[-1]
    assert f"{record['media']['frames']} frames of" in lines[-1]
    assert ("cut at the limit" in lines[-1]) == record["truncated"]


def test_json_is_one_line_for_machines(capsys, toy, video):
    out = ask(capsys, toy, video, "what moves ?", "--options", "circle", "square", "--json", "--explain")
    assert out.isascii()
    assert out.count("\n") == 1
    record = json.loads(out)
    assert record["options"] == ["A. circle", "B. square"]
    assert record["problem_type"] == "multiple choice"
    assert record["model"] == str(toy / "model")
    assert record["media"]["path"] == video
    assert "".join(token["text"] for token in record["tokens"]) == record["output"]
    assert {"visual", "temporal", "entropy", "key"} <= record["tokens"][0].keys()


def test_explain_marks_key_tokens(capsys, toy, video):
    out = ask(capsys, toy, video, "what moves ?", "--explain", "--key_tokens.entropy_ratio", "0")
    reply, _, marked = out.partition("\nKey tokens:\n")
    assert "ᵛ" not in reply
    text, _, meaning = marked.partition("\n\nvisualᵛ")
    assert "ᵛ" in text
    assert "ᵗ" in text
    assert "ᵘ" not in text
    assert "uncertainᵘ" in meaning


def test_frames_bound_what_is_shown(capsys, toy, video):
    for frames in (2, 6):
        record = json.loads(ask(capsys, toy, video, "what ?", "--json", "--frames", str(frames)))
        assert record["media"]["frames"] == frames


def test_a_question_of_text_alone(capsys, toy):
    assert "(text alone;" in ask(capsys, toy, "-", "what is red ?", "--type", "free-form")


@pytest.mark.skipif(not REAL.exists(), reason="the real videos are not beside this checkout")
def test_a_real_video_is_answered(capsys, toy):
    question = [str(REAL), "what moves ?", "--options", "circle", "square"]
    out = ask(capsys, toy, *question, "--explain", small=False)
    assert "(16 frames of 22.0 s; " in out
    record = json.loads(ask(capsys, toy, *question, "--json", "--explain", small=False))
    assert record["media"]["frames"] == 16
    assert len(record["tokens"]) == record["num_tokens"]
    assert max(token["temporal"] for token in record["tokens"]) > 0


def test_a_reply_that_could_steer_the_terminal_is_written_out(capsys, toy):
    """A model with random weights says any byte."""
    question = ["-", "what ?", "--max_new_tokens", "150"]
    given = ["--model", str(toy / "model"), "--temperature", "1", "--explain"]
    assert main(["answer", *question, *given, "--json"]) == 0
    output = json.loads(capsys.readouterr().out)["output"]
    controls = {c for c in output if not c.isprintable()} - {"\n", "\t"}
    assert controls
    assert main(["answer", *question, *given]) == 0
    assert not controls & set(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none.mp4", "why ?"], "none.mp4: no such file"),
        (["-", "why ?", "--type", "riddle"], "problem type 'riddle' is unknown"),
        (["-", "why ?", "--type", "OCR", "--options", "a", "b"], "takes no options"),
        (["-", "why ?", "--frames", "few"], "--frames is few"),
        (["-", "why ?", "--frames", "0"], "--frames is 0"),
        (["-", "why ?", "--max-new-tokens", "many"], "max_new_tokens is 'many': expected a whole number"),
        (["-", "why ?", "--temprature", "1"], "unknown setting temprature: did you mean temperature"),
        (["-", "why ?", "--media", "3"], "media is 3"),
        (["-", "why ?", "--engine", "vllm"], "'transformers' only"),
        (["-", "why ?", "--prompt-template", "none"], "prompt template 'none' is unknown"),
        (["-", "why ?", "--key_tokens.visual_ratio", "0.5"], "without --explain"),
        (["-", "why ?", "--explain", "--key_tokens.visual", "0.5"], "unknown setting key_tokens.visual"),
        (["-", "why ?", "--model", "./nowhere"], "no such folder"),
    ],
)
def test_a_mistake_is_one_line(capsys, words, message):
    model = [] if "--model" in words else ["--model", "./nowhere"]
    assert main(["answer", *words, *model]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("video-ktr answer: ")
    assert message in line


def test_a_missing_model_is_one_line(capsys):
    assert main(["answer", "-", "why ?"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "add --model and a checkpoint folder or a hub name" in line
