import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.data.test_keyed_samples import SAMPLE
from video_ktr.data.keyed_samples import keyed
from video_ktr.data.sample import read_samples
from video_ktr.filtering.config import FilterConfig
from video_ktr.filtering.outcome import Outcome
from video_ktr.filtering.results import write_results

ROOT = Path("/data")
QUESTIONS = keyed(
    [
        replace(SAMPLE, problem_id="half"),
        replace(SAMPLE, problem_id="never"),
        replace(SAMPLE, problem_id="graded", problem_type="OCR", data_source="signs"),
        replace(SAMPLE, problem_id="lost", path="/data/lost.mp4"),
        replace(SAMPLE, problem_id="odd", problem_type="numerical"),
    ],
    [ROOT],
)


def tried(question, *scores):
    number = len(scores)
    return Outcome(
        key=question.key,
        scores=scores,
        lengths=tuple(range(1, number + 1)),
        formatted=(True,) + (False,) * (number - 1),
        cut=(False,) * (number - 1) + (True,),
    )


OUTCOMES = [
    tried(QUESTIONS[0], 1.0, 0.0, 1.0, 0.0),
    tried(QUESTIONS[1], 0.0, 0.0, 0.0, 0.0),
    tried(QUESTIONS[2], 1.0, 0.9, 0.6, 0.7),
    Outcome(key=QUESTIONS[3].key, failure="unreadable", detail="/data/lost.mp4: no such file"),
    Outcome(key=QUESTIONS[4].key, failure="unscorable", detail="solution 'A'"),
]


@pytest.fixture
def folder(tmp_path):
    # The ledger's order is not the file's.
    outcomes = {outcome.key: outcome for outcome in reversed(OUTCOMES)}
    write_results(tmp_path, QUESTIONS, outcomes, FilterConfig(model="m", trials=4), roots=[ROOT])
    return tmp_path


def test_kept_questions_are_the_same_records_below_their_media_root(folder):
    records = [json.loads(line) for line in (folder / "kept.jsonl").read_text().splitlines()]
    assert [(record["problem_id"], record["path"]) for record in records] == [
        ("half", "clips/3.mp4"),
        ("graded", "clips/3.mp4"),
    ]
    assert read_samples(folder / "kept.jsonl", media_root=ROOT) == [QUESTIONS[0].sample, QUESTIONS[2].sample]


def test_the_table_can_be_redone_by_hand(folder):
    rows = pq.read_table(folder / "accuracies.parquet").to_pylist()
    columns = ("problem_id", "trials", "right", "accuracy", "kept", "reason", "mean_length", "format_share")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("half", 4, 2, 0.5, True, "kept", 2.5, 0.25),
        ("never", 4, 0, 0.0, False, "too hard", 2.5, 0.25),
        ("graded", 4, 1, 0.8, True, "kept", 2.5, 0.25),
        ("lost", 0, None, None, False, "unreadable", None, None),
        ("odd", 0, None, None, False, "unscorable", None, None),
    ]
    assert [row["truncated_share"] for row in rows] == [0.25, 0.25, 0.25, None, None]
    assert (rows[2]["data_source"], rows[2]["problem_type"], rows[2]["data_type"]) == ("signs", "OCR", "video")


def test_what_could_not_be_read_is_listed(folder):
    (line,) = (folder / "unreadable.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "problem_id": "lost",
        "path": "/data/lost.mp4",
        "reason": "unreadable",
        "detail": "/data/lost.mp4: no such file",
    }


def test_the_overview_is_there_and_nothing_half_written(folder):
    assert "| all | 5 | 2 | 0 | 1 | 1 | 1 | 0 |" in (folder / "summary.md").read_text()
    assert {path.name for path in folder.iterdir()} == {
        "kept.jsonl",
        "accuracies.parquet",
        "histogram.png",
        "summary.md",
        "unreadable.jsonl",
    }
