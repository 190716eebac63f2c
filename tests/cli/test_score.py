import argparse
import json
import subprocess
import sys

import pytest

from tests.evaluation.benchmarks.asking import SHARED
from tests.evaluation.benchmarks.layouts import write_video_holmes
from video_ktr.cli import score
from video_ktr.cli.settings import parse_overrides
from video_ktr.errors import ConfigError, DataError
from video_ktr.evaluation.result_file import read_result


def run(*words):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    score.add_arguments(parser)
    arguments, rest = parser.parse_known_args([str(word) for word in words])
    score.run(arguments, parse_overrides(rest))


@pytest.fixture
def holmes(tmp_path):
    """Seven questions; the right answers are A, B, C, D, E, F, A."""
    return write_video_holmes(tmp_path / "holmes")


def saved(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def outputs(path, *texts):
    return saved(path, [{"id": number, "output": text} for number, text in enumerate(texts)])


def test_outputs_are_scored_and_what_is_missing_is_wrong(holmes, tmp_path, capsys):
    right, bare, wrong = "<think>x</think><answer>A</answer>", "B. meaning B", "<answer>D. A man</answer>"
    path = outputs(tmp_path / "p.jsonl", right, bare, "", wrong)
    run("--benchmark", "video_holmes", "--questions", holmes, "--predictions", path, "--out", tmp_path / "out")
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "video_holmes: 7 questions (1837 expected)",
        "  3 answered, 1 empty, 3 failed, 1 no answer tag",
    ]
    assert "  warning: video_holmes: 7 questions (all), 1837 expected" in lines
    assert "  warning: 3 questions without a prediction, counted as failed and wrong" in lines
    # Strictly one of seven; the official rule also reads B, as the lenient one does.
    assert "video_r1   14.3 [2.6, 51.3] n 7, micro average" in lines
    assert "official   28.6 [8.2, 64.1] n 7, micro average" in lines
    assert lines[-1] == f"written to {tmp_path / 'out/result.json'}"
    found = read_result(tmp_path / "out")
    assert [row["scores"]["official"] for row in found.rows] == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert (found.meta["model"], found.meta["title"]) == ({"name": "p"}, "Video-Holmes")


def test_rows_of_a_result_give_the_same_numbers_again(holmes, tmp_path):
    path = outputs(tmp_path / "p.jsonl", "<answer>A</answer>", "<answer>B</answer>", "x")
    words = ("--benchmark", "video_holmes", "--questions", holmes, "--frames", 16)
    run(*words, "--predictions", path, "--out", tmp_path / "one")
    run(*words, "--predictions", tmp_path / "one/rows.jsonl", "--out", tmp_path / "two")
    one, two = read_result(tmp_path / "one"), read_result(tmp_path / "two")
    assert one.rows == two.rows
    assert (one.meta["modes"], one.meta["counts"]) == (two.meta["modes"], two.meta["counts"])


def test_predictions_that_fit_badly_are_told(holmes, tmp_path, capsys):
    rows = [{"id": 1, "output": "B"}, {"id": 1, "output": "C"}, {"id": 99, "output": "B"}, {"id": 2}]
    path = saved(tmp_path / "p.jsonl", rows)
    run("--benchmark", "video_holmes", "--questions", holmes, "--predictions", path)
    lines = capsys.readouterr().out.splitlines()
    assert f"  warning: 1 predictions of no known question: {path} record 2" in lines
    assert f"  warning: 1 predictions for a question that had one: {path} record 1" in lines
    assert f"  warning: predictions left out: 1 x missing output (first: {path} record 3)" in lines


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_the_real_file_of_mmvu(tmp_path, capsys):
    questions = json.loads((SHARED / "eval_mmvu.json").read_text(encoding="utf-8"))
    rows = [{**row, "output": f"<answer>{'ABCDE'[number % 5]}</answer>"} for number, row in enumerate(questions)]
    path = tmp_path / "eval_mmvu_model_greedy_output.json"
    path.write_text(json.dumps({"results": rows, "final_acc": [{}]}), encoding="utf-8")
    run("--benchmark", "mmvu", "--questions", SHARED / "eval_mmvu.json", "--predictions", path)
    right = sum(row["solution"] == f"<answer>{'ABCDE'[number % 5]}</answer>" for number, row in enumerate(questions))
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["mmvu: 625 questions (625 expected)", "  625 answered"]
    assert lines[2].startswith(f"video_r1  {100 * right / 625:5.1f} [")


def test_mistakes_are_told(holmes, tmp_path):
    words = ("--questions", holmes, "--predictions", outputs(tmp_path / "p.jsonl", "A"))
    with pytest.raises(ConfigError, match="benchmark 'holmes' is unknown: use one of video_holmes"):
        run("--benchmark", "holmes", *words)
    with pytest.raises(ConfigError, match="unknown argument --mode"):
        run("--benchmark", "video_holmes", *words, "--mode", "x")
    run("--benchmark", "video_holmes", *words, "--out", tmp_path / "out")
    with pytest.raises(ConfigError, match=r"result\.json: is there already"):
        run("--benchmark", "video_holmes", *words, "--out", tmp_path / "out")
    bad = saved(tmp_path / "q.json", [[1]])
    with pytest.raises(DataError):
        run("--benchmark", "video_holmes", "--questions", bad, *words[2:])


def test_no_model_library_is_loaded(holmes, tmp_path):
    path = outputs(tmp_path / "p.jsonl", "<answer>A</answer>")
    words = ["score", "--benchmark", "video_holmes", "--questions", str(holmes), "--predictions", str(path)]
    code = (
        "import sys; from video_ktr.cli.main import main; "
        f"assert main({words!r}) == 0; "
        "print(sorted({'torch', 'transformers', 'trl', 'vllm', 'datasets', 'av'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"
