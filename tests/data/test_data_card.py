import hashlib
import json

import pytest

from video_ktr import __version__
from video_ktr.data.data_card import card_of, counts_of, input_sha256
from video_ktr.data.leaks import EvaluationSet
from video_ktr.data.media_hash import MediaHashes
from video_ktr.data.mix import build_mix
from video_ktr.data.sources import Source

ROWS = [
    {"problem": "What?", "problem_type": "numerical", "solution": "three", "path": "STAR/a.mp4"},
    {"problem": "What?", "problem_type": "numerical", "solution": "four", "path": "STAR/a.mp4"},
    {"problem": "Who?", "problem_type": "OCR", "solution": "x", "path": "b.png", "data_source": "mine"},
    {"problem": "Who?", "problem_type": "OCR"},
]


@pytest.fixture
def mix(tmp_path):
    (tmp_path / "b.png").write_bytes(b"one")
    (tmp_path / "copy.png").write_bytes(b"one")
    (tmp_path / "rows.json").write_text(json.dumps(ROWS), encoding="utf-8")
    where = {"problem": "Where?", "problem_type": "OCR", "solution": "x"}
    held_out = [{**where, "path": path} for path in ("copy.png", "c")]
    (tmp_path / "held_out.json").write_text(json.dumps(held_out), encoding="utf-8")
    with MediaHashes(tmp_path / "hashes.sqlite") as hashes:
        sets = [EvaluationSet(Source(name="held out", file=str(tmp_path / "held_out.json")), hashes)]
        source = Source(name="mine", file=str(tmp_path / "rows.json"), take={"image": 5, "video": 5})
        return build_mix([source], sets, hashes, seed=3, on_leak="report")


def test_the_card_counts_what_was_taken_and_what_was_not(tmp_path, mix):
    card = card_of(mix, [tmp_path], b"abc")
    assert card["rows"] == 2
    assert card["media_files"] == 2
    assert card["seed"] == 3
    assert card["sha256"] == hashlib.sha256(b"abc").hexdigest()
    assert card["counts"] == {
        "source": {"mine": 2},
        "data_source": {"STAR": 1, "mine": 1},
        "problem_type": {"OCR": 1, "numerical": 1},
        "data_type": {"image": 1, "video": 1},
    }
    assert card["option_problems"] == {"solution is not a number": 1}
    assert card["missing_media"] == {"files": 1, "first": [str(tmp_path / "STAR/a.mp4")]}
    [source] = card["sources"]
    assert (source["rows_read"], source["rejects"]) == (3, {"missing solution": 1})
    assert (source["duplicates_removed"], source["duplicates_with_other_answer"]) == (1, 1)
    assert source["take"] == {"image": 5, "video": 5}
    assert source["sha256"] == hashlib.sha256((tmp_path / "rows.json").read_bytes()).hexdigest()
    [held_out] = card["evaluation_sets"]
    assert held_out["matches"] == {"question": 0, "media name": 0, "question and media name": 0, "media content": 1}
    assert (held_out["rows"], held_out["media"], held_out["missing_media"], held_out["leaked_rows"]) == (2, 2, 1, 1)
    assert held_out["examples"] == [{"problem_id": "2", "matches": "media content"}]
    assert card["versions"]["video-ktr"] == __version__


def test_counts_are_ordered_by_number_then_name(mix):
    doubled = [*mix.samples, mix.samples[0]]
    first, second = counts_of(doubled)["problem_type"].items()
    assert first == (mix.samples[0].problem_type, 2)
    assert second == (mix.samples[1].problem_type, 1)


def test_a_folder_is_hashed_by_names_and_contents(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder / "sub").mkdir(parents=True)
        (tmp_path / folder / "sub/rows.parquet").write_bytes(b"abc")
    assert input_sha256(str(tmp_path / "one")) == input_sha256(str(tmp_path / "two"))
    (tmp_path / "two/sub/rows.parquet").rename(tmp_path / "two/sub/other.parquet")
    assert input_sha256(str(tmp_path / "one")) != input_sha256(str(tmp_path / "two"))
    assert input_sha256("owner/name") is None
