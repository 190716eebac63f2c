import json
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from video_ktr.data.inspection import OTHER, Inspection, format_of
from video_ktr.data.rejects import Reject
from video_ktr.data.sample import ReadOptions, Sample, iter_samples
from video_ktr.errors import DataError

SHARED = Path(os.environ.get("VIDEO_KTR_SHARED_DATA", Path(__file__).resolve().parents[2] / "../shared/data"))


def sample(number=1, path=None, **changes):
    values = {
        "problem_id": str(number),
        "problem": f"Question {number}?",
        "problem_type": "OCR",
        "solution": "<answer>x</answer>",
        "data_type": "text" if path is None else "video",
        "path": path and str(path),
    }
    return Sample(**(values | changes))


def inspected(*samples, **settings):
    inspection = Inspection(**settings)
    inspection.read(lambda _: iter(samples))
    return inspection


def test_counts_of_a_few_rows(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"x")
    choice = {"problem_type": "multiple choice", "solution": "<answer>C</answer>"}
    found = inspected(
        sample(1, tmp_path / "a.mp4", data_source="STAR", process="<think>"),
        sample(2, tmp_path / "a.mp4", problem="question 1", original_question_type="TCI"),
        sample(2, tmp_path / "b.mp4", options=("A. x", "B. y"), **choice),
        sample(4, options=("A. x", "B. y", "C. z"), **choice),
    )
    assert found.as_dict() == {
        "rows": 4,
        "rejects": {},
        "with_process": 1,
        "counts": {
            "problem_type": {"OCR": 2, "multiple choice": 2},
            "data_type": {"video": 3, "text": 1},
            "data_source": {"(none)": 3, "STAR": 1},
            "original_question_type": {"(none)": 3, "TCI": 1},
        },
        "options": {"2": 1, "3": 1},
        "option_problems": {
            "letter not among the options": {"number": 1, "examples": ["2: <answer>C</answer> of A. x, B. y"]}
        },
        "media_files": 2,
        "missing_media": {"number": 1, "examples": [str(tmp_path / "b.mp4")]},
        "duplicate_ids": {"number": 1, "examples": ["2"]},
        "duplicate_questions": {"number": 1, "examples": ["2: question 1"]},
        "decoded": {"tried": 0, "unreadable": []},
    }


def test_rejects_are_kept():
    def stream(rejects):
        rejects.add(Reject("a.json", 0, "missing solution", "add it"))
        yield sample()

    inspection = Inspection()
    inspection.read(stream)
    assert inspection.as_dict()["rejects"] == {"missing solution": 1}
    assert inspection.rows == 1


def test_examples_and_values_told_apart_are_limited():
    found = inspected(*(sample(1, data_source=f"https://videos/{number}") for number in range(1500)))
    counts = found.counts["data_source"]
    assert len(counts) == 1001
    assert counts[OTHER] == 500
    assert found.duplicate_ids.number == 1499
    assert len(found.duplicate_ids.examples) == 5


def test_long_texts_are_cut_in_examples():
    [example] = (
        inspected(sample(solution="x" * 500, problem_type="numerical"))
        .option_problems["solution is not a number"]
        .examples
    )
    assert example == f"1: {'x' * 79}… of no options"


def test_files_are_drawn_evenly_and_by_the_seed(tmp_path):
    for number in range(6):
        (tmp_path / f"{number}.mp4").write_bytes(b"x")
    samples = [sample(number, tmp_path / f"{number % 7}.mp4") for number in range(14)]
    drawn = [frozenset(path for path, _ in inspected(*samples, decode=2, seed=seed).drawn_media) for seed in range(600)]
    assert all(len(pair) == 2 for pair in drawn)
    times = Counter(path for pair in drawn for path in pair)
    # 600 draws of 2 among 6: 200 each, give or take four standard deviations of sqrt(600 / 3 * 2 / 3) = 11.5.
    assert set(times) == {str(tmp_path / f"{number}.mp4") for number in range(6)}
    assert all(abs(number - 200) < 47 for number in times.values())
    assert inspected(*samples, decode=2, seed=5).drawn_media == inspected(*samples, decode=2, seed=5).drawn_media
    assert len(inspected(*samples, decode=20).drawn_media) == 6


def test_media_that_cannot_be_decoded_are_told(tmp_path):
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    found = inspected(
        sample(1, tmp_path / "good.png", data_type="image"),
        sample(2, tmp_path / "bad.png", data_type="image"),
        sample(3, tmp_path / "bad.mp4"),
        decode=9,
    )
    found.decode_media()
    assert found.as_dict()["decoded"]["tried"] == 3
    assert [line.split(":")[0] for line in found.unreadable_media] == [
        str(tmp_path / name) for name in ("bad.png", "bad.mp4")
    ]


def test_formats_are_named(tmp_path):
    file = tmp_path / "a.json"
    file.write_text(json.dumps([{"problem": "?"}]), encoding="utf-8")
    assert format_of(file, ReadOptions()) == "video-r1"
    assert format_of(file, ReadOptions(format="mmvu")) == "mmvu"
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(DataError, match="holds no records"):
        format_of(file, ReadOptions())


@pytest.mark.skipif(not (SHARED / "eval_mmvu.json").exists(), reason="the shared data are not here")
@pytest.mark.parametrize(
    ("name", "form", "rows", "media", "options"),
    [
        ("eval_mmvu.json", "video-r1", 625, 379, {5}),
        ("video_holmes_example.json", "video-holmes", 8, 1, {6}),
        ("tempcompass_multi-choice_40videos.json", "tempcompass", 315, 40, {3, 4}),
    ],
)
def test_real_files_are_read_whole(name, form, rows, media, options):
    inspection = Inspection()
    inspection.read(lambda rejects: iter_samples(SHARED / name, ReadOptions(), rejects=rejects))
    assert format_of(SHARED / name, ReadOptions()) == form
    assert (inspection.rows, inspection.media_files, len(inspection.rejects)) == (rows, media, 0)
    assert set(inspection.option_counts) == options
    assert inspection.option_problems == {}
