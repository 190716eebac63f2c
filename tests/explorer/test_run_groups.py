import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.run_fixtures import token_record
from video_ktr.errors import DataError
from video_ktr.explorer.run_groups import newest_groups
from video_ktr.training.token_records import SCHEMA


def rows(step, question, numbers, *, generation=0, process=0, chosen=True, **changes):
    at = {"visual": [0]} if chosen else {"visual_score": None, "temporal_score": None, "entropy_score": None}
    place = {"generation": generation, "process": process}
    return [token_record(step, question, [" a"], **at, row=n, **place, **changes) for n in numbers]


def write(folder, name, records, schema=SCHEMA):
    (folder / "tokens").mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(records, schema=schema), folder / "tokens" / f"step-{name}.parquet")


def told(groups):
    return [(group[0]["question"], group[0]["step"], [record["row"] for record in group]) for group in groups]


@pytest.fixture
def run(tmp_path):
    """Step 2 wrote a micro-batch a file, which cuts the group of A; step 10 met A again, in two generations."""
    write(tmp_path, "000002-0-0-0000", [*rows(2, "A", [0, 1]), *rows(2, "B", [4])])
    write(tmp_path, "000002-0-0-0002", [*rows(2, "B", [5, 7, 6])])
    write(tmp_path, "000010-0-0-0000", [*rows(10, "A", [0, 1]), *rows(10, "all alike", [2], chosen=False)])
    write(tmp_path, "000010-1-0-0000", rows(10, "C", [0, 1], generation=1))
    write(tmp_path, "000010-1-1-0000", rows(10, "D", [0], generation=1, process=1))
    return tmp_path


def test_groups_are_whole_and_the_newest_of_their_question(run):
    assert told(newest_groups(run, 9)) == [
        ("C", 10, [0, 1]),
        ("D", 10, [0]),
        ("A", 10, [0, 1]),
        ("B", 2, [4, 5, 6, 7]),
    ]
    assert told(newest_groups(run, 2)) == [("C", 10, [0, 1]), ("D", 10, [0])]


def test_files_of_older_steps_are_not_opened_in_vain(run):
    (run / "tokens" / "step-000001-0-0-0000.parquet").write_bytes(b"no table")
    assert len(newest_groups(run, 4)) == 4
    with pytest.raises(DataError, match=r"step-000001-0-0-0000\.parquet: cannot be read as token records"):
        newest_groups(run, 5)


def test_records_of_earlier_versions_lack_what_came_later(tmp_path):
    later = ("generation", "process", "media", "visual_log_probs", "temporal_log_probs")
    earlier = pa.schema([field for field in SCHEMA if field.name not in later])
    write(tmp_path, "000003-0", rows(3, "A", [1, 0]), earlier)
    ((first, second),) = newest_groups(tmp_path, 5)
    assert (first["row"], second["row"]) == (0, 1)
    assert {name: first[name] for name in later} == dict.fromkeys(later)


def test_a_run_without_records_is_told(tmp_path, run):
    with pytest.raises(DataError, match="token_record_rate"):
        newest_groups(tmp_path / "none", 3)
    for file in run.glob("tokens/*"):
        file.unlink()
    write(run, "000001-0", rows(1, "A", [0, 1], chosen=False))
    with pytest.raises(DataError, match="no recorded completion had its key tokens chosen"):
        newest_groups(run, 3)
    write(run, "000002-0", [{"step": 2, "tokens": ["a"]}], schema=None)
    with pytest.raises(DataError, match=r"step-000002-0\.parquet: .* no column row"):
        newest_groups(run, 3)
    without = pa.schema([field for field in SCHEMA if field.name != "temporal_selected"])
    write(run, "000003-0", rows(3, "A", [0]), without)
    with pytest.raises(DataError, match=r"step-000003-0\.parquet: .* no column temporal_selected"):
        newest_groups(run, 3)
