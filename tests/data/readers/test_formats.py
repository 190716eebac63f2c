import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.data.readers.formats import FORMATS, detect_format, find_format
from video_ktr.data.readers.rows import Row
from video_ktr.data.rejects import Rejects
from video_ktr.data.sample import read_samples, write_samples
from video_ktr.errors import ConfigError, DataError

# One record of each format, in the order of the formats.
GOOD = [
    {
        "problem_id": 7,
        "problem": "?",
        "problem_type": "OCR",
        "data_type": "video",
        "options": [],
        "solution": "x",
        "path": "a",
    },
    {"video ID": "v", "Question": "?", "Options": {"A": "x"}, "Answer": "A"},
    {"video_id": "v", "dim": "order", "question": "?\nA. x\nB. y", "answer": "A. x"},
    {"id": "1", "video": "/videos/1.mp4", "question": "?", "choices": {"A": "x"}, "answer": "A"},
]


@pytest.mark.parametrize(("name", "record"), zip(FORMATS, GOOD, strict=True))
def test_a_format_is_told_from_the_keys_of_the_first_record_that_has_them(tmp_path, name, record):
    assert detect_format([Row(0, 3), Row(1, {}), Row(2, record)], "q.json") is FORMATS[name]
    path = tmp_path / "q.json"
    path.write_text(json.dumps([record]))
    assert read_samples(path) == read_samples(path, format=name)


def test_unknown_formats_list_the_known_ones():
    with pytest.raises(ConfigError, match="'csv' is unknown; use one of video-r1, video-holmes, tempcompass, mmvu"):
        find_format("csv")
    with pytest.raises(
        DataError, match=r"q.json: .* record 'a' is an empty object; .* video-r1 \(problem\); video-holmes"
    ):
        detect_format([Row("a", {})], "q.json")
    with pytest.raises(DataError, match=r"an object with the keys 'b', 'a.*n'; expected"):
        detect_format([Row(0, {"b": 1, "a\n": 2})], "q.json")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)
KEYS = sorted({key for record in GOOD for key in record} | {"image", "process"})
RECORDS = st.builds(dict.__or__, st.sampled_from(GOOD), st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3))


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
@given(records=st.lists(RECORDS | VALUES, min_size=1, max_size=4))
def test_any_json_is_read_rejected_or_a_data_error(tmp_path_factory, suffix, records):
    path = tmp_path_factory.getbasetemp() / f"wild{suffix}"
    path.write_text(json.dumps(records) if suffix == ".json" else "\n".join(map(json.dumps, records)))
    rejects = Rejects()
    try:
        samples = read_samples(path, rejects=rejects)
    except DataError:
        return
    assert len(samples) + len(rejects) == len(records)
    rejects.write(path.with_suffix(".rejects"))
    write_samples(samples, path.with_suffix(".out.jsonl"))
    if samples:
        assert read_samples(path.with_suffix(".out.jsonl")) == samples
