import json

from tests.evaluation.benchmarks.layouts import write_mmvu
from tests.evaluation.results import result, row
from video_ktr.cli.main import main


def test_samples_of_a_result(tmp_path, capsys):
    result(tmp_path / "r", [row("x"), row("y")])
    assert main(["export", "lmms-samples", str(tmp_path / "r"), "--out", str(tmp_path / "s.jsonl")]) == 0
    assert capsys.readouterr().out == f"2 samples: {tmp_path / 's.jsonl'}\n"
    assert [json.loads(line)["doc_id"] for line in (tmp_path / "s.jsonl").read_text().splitlines()] == [0, 1]


def test_a_benchmark_as_a_task(tmp_path, capsys):
    write_mmvu(tmp_path / "mmvu", questions=3)
    words = ["--benchmark", "mmvu", "--questions", tmp_path / "mmvu", "--prompt", "plain", "--out", tmp_path / "task"]
    assert main(["export", "lmms-task", *map(str, words)]) == 0
    warning, said = capsys.readouterr().out.splitlines()
    assert warning == "mmvu: 3 questions (all), 625 expected"
    assert said == f"3 questions; lmms-eval --model video_ktr --include_path {tmp_path / 'task'} --tasks video_ktr_mmvu"
    assert (tmp_path / "task/video_ktr_mmvu.yaml").is_file()
    assert len((tmp_path / "task/documents.jsonl").read_text().splitlines()) == 3


def test_mistakes_are_told(tmp_path, capsys):
    def told(*words):
        assert main(["export", *map(str, words)]) == 2
        return capsys.readouterr().err

    task = ("lmms-task", "--questions", tmp_path, "--out", tmp_path)
    assert "names several" in told(*task, "--benchmark", "mmvu,mvbench")
    assert "batch_size" in told(*task, "--benchmark", "mmvu", "--batch_size", 2)
    assert "benchmark" in told(*task)
    assert "cannot be read" in told("lmms-samples", tmp_path, "--out", tmp_path / "s")
    assert "unknown argument --format" in told("lmms-samples", tmp_path, "--out", tmp_path / "s", "--format", "x")
