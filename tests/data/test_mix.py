import json
from collections import Counter

import pytest

from video_ktr.data.leaks import EvaluationSet
from video_ktr.data.media_hash import MediaHashes
from video_ktr.data.mix import build_mix
from video_ktr.data.sources import Source
from video_ktr.errors import DataError


@pytest.fixture
def hashes(tmp_path):
    with MediaHashes(tmp_path / "hashes.sqlite") as opened:
        yield opened


def source(folder, name, rows, **changes):
    """A file of (id, question, path)."""
    records = [
        {"problem_id": number, "problem": text, "problem_type": "OCR", "solution": "x", "path": path}
        for number, text, path in rows
    ]
    file = folder / f"{name}.json"
    file.write_text(json.dumps(records), encoding="utf-8")
    return Source(name=name, file=str(file), **changes)


def questions(number, suffix="mp4"):
    return [(n, f"Question {n}?", f"{n}.{suffix}") for n in range(number)]


def ids(mix):
    return [sample.problem_id for sample in mix.samples]


def build(sources, hashes, sets=(), seed=0, on_leak="report"):
    return build_mix(sources, sets, hashes, seed=seed, on_leak=on_leak)


def test_all_rows_of_all_sources_in_an_order_of_the_seed(tmp_path, hashes):
    first = source(tmp_path, "first", questions(20))
    second = source(tmp_path, "second", [(100, "More?", "more.png")])
    mix = build([first, second], hashes)
    assert sorted(map(int, ids(mix))) == [*range(20), 100]
    assert ids(mix) != sorted(ids(mix), key=int)
    assert ids(build([first, second], hashes)) == ids(mix)
    assert ids(build([first, second], hashes, seed=1)) != ids(mix)


def test_rows_are_taken_by_data_type_and_a_type_left_out_is_not_taken(tmp_path, hashes):
    rows = [*questions(6), *((n + 10, f"Picture {n}?", f"{n}.png") for n in range(6)), (20, "Text?", "")]
    mix = build([source(tmp_path, "first", rows, take={"image": 2, "video": 4})], hashes)
    assert Counter(sample.data_type for sample in mix.samples) == {"video": 4, "image": 2}
    assert mix.sources[0].taken == {"image": 2, "video": 4}


def test_fewer_rows_than_asked_are_taken_as_they_are(tmp_path, hashes):
    mix = build([source(tmp_path, "first", questions(3), take=5)], hashes)
    assert mix.sources[0].taken == {"video": 3}


def test_the_rows_drawn_from_a_source_do_not_depend_on_the_others(tmp_path, hashes):
    first = source(tmp_path, "first", questions(30), take=5)
    other = source(tmp_path, "other", [(100, "More?", "more.png")])
    alone, together = build([first], hashes), build([other, first], hashes)
    assert set(ids(together)) == {*ids(alone), "100"}
    assert set(ids(build([first], hashes, seed=1))) != set(ids(alone))
    # Nor are they the first ones of the file.
    assert set(ids(alone)) != {"0", "1", "2", "3", "4"}


def test_the_first_of_two_duplicates_is_kept_also_over_sources(tmp_path, hashes):
    (tmp_path / "a.mp4").write_bytes(b"one")
    (tmp_path / "b.mp4").write_bytes(b"one")
    first = source(tmp_path, "first", [(1, "What?", "a.mp4"), (2, "what", "b.mp4"), (3, "Who?", "a.mp4")])
    second = source(tmp_path, "second", [(4, "Who", "b.mp4"), (5, "What?", "missing.mp4")])
    mix = build([first, second], hashes)
    assert sorted(ids(mix)) == ["1", "3", "5"]
    assert [each.duplicates_removed for each in mix.sources] == [1, 1]
    assert [each.rows_read for each in mix.sources] == [3, 2]


def test_a_duplicate_takes_no_room(tmp_path, hashes):
    rows = [(n, "What?" if n < 5 else f"Question {n}?", "a.mp4") for n in range(8)]
    mix = build([source(tmp_path, "first", rows, take=4)], hashes)
    assert len({sample.problem for sample in mix.samples}) == 4


def test_equal_ids_get_the_name_of_their_source(tmp_path, hashes):
    first = source(tmp_path, "first", [(1, "a?", "a.mp4"), (1, "b?", "a.mp4"), (1, "c?", "a.mp4")])
    second = source(tmp_path, "second", [(1, "d?", "a.mp4"), (2, "e?", "a.mp4")])
    mix = build([first, second], hashes)
    by_question = {sample.problem: sample.problem_id for sample in mix.samples}
    assert by_question == {"a?": "1", "b?": "first-1", "c?": "first-1-2", "d?": "second-1", "e?": "2"}


@pytest.fixture
def leaky(tmp_path, hashes):
    """Five rows, of which 0 and 3 are about media of an evaluation set."""
    rows = [*questions(3), (3, "Question 3?", "street.mp4"), (4, "What?", "4.mp4")]
    held_out = source(tmp_path, "held_out", [(1, "Question 0?", "0.mp4"), (2, "What?", "street.webm")])
    return [source(tmp_path, "first", rows)], [EvaluationSet(held_out, hashes)]


def test_leaks_are_counted(leaky, hashes):
    sources, sets = leaky
    mix = build(sources, hashes, sets)
    assert len(mix.samples) == 5
    assert mix.evaluation_sets[0].leaked_rows == 2
    assert mix.evaluation_sets[0].matches == {"question": 2, "media name": 1, "question and media name": 1}
    assert mix.sources[0].leaks_removed == 0


def test_leaks_are_dropped(leaky, hashes):
    sources, sets = leaky
    mix = build(sources, hashes, sets, on_leak="drop")
    assert sorted(ids(mix)) == ["1", "2", "4"]
    assert mix.sources[0].leaks_removed == 2


def test_leaks_stop_the_build(leaky, hashes):
    sources, sets = leaky
    with pytest.raises(DataError, match=r"2 in held_out, the first is the question 0 \(question, question and media"):
        build(sources, hashes, sets, on_leak="stop")


def test_nothing_left_is_an_error(tmp_path, hashes):
    (tmp_path / "bad.json").write_text('[{"problem": "?"}]', encoding="utf-8")
    with pytest.raises(DataError, match="no row is left"):
        build([Source(name="bad", file=str(tmp_path / "bad.json"))], hashes)
