import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from video_ktr.analysis.run_data import COLUMNS, read_run, selected_by, signals_on, was_chosen_from
from video_ktr.errors import DataError


def test_what_a_run_left_is_read(make_run, record):
    folder = make_run(
        "a",
        [record(0, "q", ["x"], visual=[0])],
        [{"step": 3, "reward": 2.0}],
        config={"beta": 0.1},
        settings={"method": "grpo"},
        environment={"commit": "abc"},
    )
    run = read_run(folder)
    assert (run.name, run.folder) == ("a", folder)
    assert run.metrics == [{"step": 3, "reward": 2.0}]
    assert (run.settings, run.asked, run.environment) == ({"beta": 0.1}, {"method": "grpo"}, {"commit": "abc"})
    (found,) = run.records
    assert set(found) == set(COLUMNS)
    assert found["tokens"] == ["x"]
    assert read_run(folder, "other").name == "other"


def test_only_metrics_are_needed(make_run):
    run = read_run(make_run())
    assert (run.records, run.chosen, run.settings, run.asked, run.environment) == ([], [], {}, {}, {})


def test_completions_whose_tokens_were_not_chosen_are_left_out(record):
    none = {"visual_score": None, "temporal_score": None, "entropy_score": None}
    assert was_chosen_from(record(0, "q", ["x"]))
    assert not was_chosen_from(record(0, "equal rewards", ["x"], **none))
    assert not was_chosen_from(record(0, "nothing said", []))
    # Reused attribution leaves no scores.
    assert was_chosen_from(record(0, "q", ["x"], visual=[0], **none))
    off = {f"{name}_selected": None for name in ("visual", "temporal", "entropy")}
    assert not was_chosen_from({**record(0, "no signal on", ["x"], **none), **off})


def test_selections_of_a_signal_that_was_off_are_empty(record):
    records = [record(0, "q", ["x", "y"], visual=[1], temporal_selected=None), record(0, "q", [])]
    assert signals_on(records[:1]) == ("visual", "entropy")
    assert signals_on(records) == ("visual", "temporal", "entropy")
    assert [selected_by(records[0], name).tolist() for name in ("visual", "temporal")] == [[False, True], [False] * 2]


def test_what_is_read_is_what_was_written(make_run, record):
    tokens = ["x", "", "\u00e9", "x"]
    written = [
        record(0, "a", tokens, visual=[0, 3], temporal_score=None, temporal_selected=None),
        record(0, "b", [], entropy_score=None),
        record(0, "c", tokens[:1]),
    ]
    for found, one in zip(read_run(make_run("a", written)).records, written, strict=True):
        for name in COLUMNS:
            assert (found[name] if found[name] is None else type(one[name])(found[name])) == one[name]


def test_records_come_oldest_first(make_run, record):
    folder = make_run("a", [record(0, "first", ["x"])])
    later = pq.read_table(folder / "tokens" / "step-000000-0-0.parquet")
    pq.write_table(later, folder / "tokens" / "step-000010-0-0.parquet")
    pq.write_table(later, folder / "tokens" / "step-000002-0-0.parquet")
    (folder / "tokens" / "notes.txt").write_text("not ours")
    assert len(read_run(folder).records) == 3


def test_mistakes_are_told_in_one_line(make_run, record, tmp_path):
    with pytest.raises(DataError, match=r"none: no such folder; give the output folder"):
        read_run(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"metrics\.jsonl: no such file"):
        read_run(tmp_path / "empty")
    folder = make_run("a", [record(0, "q", ["x"])])
    (folder / "config.yaml").write_text("a: [")
    with pytest.raises(DataError, match=r"config\.yaml: cannot be read"):
        read_run(folder)
    (folder / "config.yaml").write_text("words")
    with pytest.raises(DataError, match=r"config\.yaml: holds no settings"):
        read_run(folder)


def test_token_records_that_are_none(make_run, record):
    folder = make_run("a", [record(0, "q", ["x"])])
    file = folder / "tokens" / "step-000009-0-0.parquet"
    file.write_bytes(b"PAR1 cut short")
    run = read_run(folder)
    with pytest.raises(DataError, match=r"step-000009-0-0\.parquet: cannot be read as token records"):
        run.records  # noqa: B018 (reading is what fails)
    pq.write_table(pa.table({"step": [1]}), file)
    with pytest.raises(DataError, match=r"it has no column entropy_score"):
        run.records  # noqa: B018
