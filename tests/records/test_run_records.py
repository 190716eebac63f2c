import pytest

from video_ktr.errors import DataError
from video_ktr.records.run_records import curve, newest_completions, read_metrics, read_result


def test_a_last_line_cut_short_is_left_out(run_directory):
    with (run_directory / "metrics.jsonl").open("a") as file:
        file.write('{"step": 3, "rew')
    assert [line["step"] for line in read_metrics(run_directory)] == [1, 2, 2]


def test_a_broken_line_in_the_middle_is_told(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1\n{"step": 2}\n')
    with pytest.raises(DataError, match="line 1 is not valid JSON"):
        read_metrics(tmp_path)
    for line in ('{"reward": 1}', "3", '{"step": null}'):
        (tmp_path / "metrics.jsonl").write_text(f'{{"step": 1}}\n{line}\n')
        with pytest.raises(DataError, match="line 2 names no step"):
            read_metrics(tmp_path)
    (tmp_path / "metrics.jsonl").write_bytes(b"\xff\xfe\n{}")
    with pytest.raises(DataError, match="cannot be read"):
        read_metrics(tmp_path)


def test_curves_hold_finite_values_alone():
    metrics = [{"step": 1, "a": 0.5}, {"step": 2, "a": float("nan")}, {"step": 3}, {"step": 4, "a": 1}]
    assert curve(metrics, "a") == [(1.0, 0.5), (4.0, 1.0)]


def test_completions_are_the_newest_of_each_question(run_directory):
    records = newest_completions(run_directory, 10)
    assert [(r["step"], r["question"][0]) for r in records] == [(1, "A"), (1, "B"), (0, "C")]
    assert len(newest_completions(run_directory, 2)) == 2


def test_missing_records_are_told(tmp_path):
    with pytest.raises(DataError, match=r"metrics\.jsonl: no such file"):
        read_metrics(tmp_path)
    with pytest.raises(DataError, match="no token records"):
        newest_completions(tmp_path, 1)
    with pytest.raises(DataError, match="cannot be read as an evaluation record"):
        read_result(tmp_path / "none.json")
