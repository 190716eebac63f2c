import codecs
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.data.readers.json_stream import MAX_DEPTH, iter_json, iter_json_lines
from video_ktr.errors import DataError


def file(folder, content):
    path = folder / "q.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


SCALARS = st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS.filter(lambda value: value not in {float("inf"), float("-inf")}),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(values=st.lists(VALUES) | st.dictionaries(st.text(), VALUES), indent=st.sampled_from([None, 2]))
def test_streaming_gives_what_reading_whole_gives(tmp_path_factory, values, indent):
    path = file(tmp_path_factory.getbasetemp(), json.dumps(values, indent=indent))
    pairs = values.items() if isinstance(values, dict) else [(None, value) for value in values]
    assert list(iter_json(path)) == list(pairs)


def test_memory_does_not_grow_with_the_file(tmp_path):
    def peak(number):
        path = file(tmp_path, json.dumps([{"problem": "x" * 500}] * number))
        tracemalloc.start()
        assert sum(1 for _ in iter_json(path)) == number
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(10)
    # 5 MB more of file.
    assert peak(10_000) < peak(100) + 500_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[1, 2", r"in record 2 before byte 5 \(parse error: premature EOF\)"),
        (b'[1, {"a": }]', r"in record 1 before byte 12 \(parse error: unallowed token"),
        (b"[1] [2]", "trailing garbage"),
        (b'["\xff"]', r"in record 0 before byte 5 \(lexical error: invalid bytes in UTF8 string\)"),
        (b"[NaN]", "invalid char"),
        (b"[" + b"9" * 30 + b"]", "integer overflow"),
        (b"nonsense", "not valid JSON"),
        (b"3", "holds one int; expected a list of records"),
        ("[{}]".encode("utf-16"), "not valid JSON in UTF-8"),
    ],
)
def test_a_fault_is_told_with_its_place_in_one_line(tmp_path, content, words):
    path = file(tmp_path, content)
    with pytest.raises(DataError, match=words) as caught:
        list(iter_json(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_nesting_without_end_is_refused_at_once(tmp_path, opening):
    tracemalloc.start()
    with pytest.raises(DataError, match="nested more than 100 levels"):
        list(iter_json(file(tmp_path, opening * 200_000)))
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
    with pytest.raises(DataError, match="line 1: not valid JSON"):
        list(iter_json_lines(file(tmp_path, opening * 200_000)))
    deepest = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert len(list(iter_json(file(tmp_path, deepest)))) == 1


def test_a_byte_order_mark_is_passed_over(tmp_path):
    assert list(iter_json(file(tmp_path, codecs.BOM_UTF8 + b" [1]"))) == [(None, 1)]
    assert list(iter_json_lines(file(tmp_path, codecs.BOM_UTF8 + b"1\n"))) == [1]


@pytest.mark.parametrize("content", [b"", b" \n" * 5000, codecs.BOM_UTF8])
def test_a_blank_file_has_no_records(tmp_path, content):
    assert list(iter_json(file(tmp_path, content))) == []
    assert list(iter_json_lines(file(tmp_path, content))) == []


def test_lines_are_split_at_newlines_alone(tmp_path):
    text = json.dumps("one\u2028two\x85three", ensure_ascii=False)
    assert list(iter_json_lines(file(tmp_path, f"{text}\n\n{text}\r\n"))) == ["one\u2028two\x85three"] * 2


@pytest.mark.parametrize("content", [b"{}\n{", b"{}\n\xff", b"{}\n" + b"9" * 5000, b"{}\n{} {}"])
def test_a_broken_line_is_named(tmp_path, content):
    lines = iter_json_lines(file(tmp_path, content))
    assert next(lines) == {}
    with pytest.raises(DataError, match="line 2: not valid JSON"):
        next(lines)


@pytest.mark.parametrize("read", [iter_json, iter_json_lines])
def test_a_missing_file_and_a_folder_are_told(tmp_path, read):
    with pytest.raises(DataError, match="no such file"):
        list(read(tmp_path / "none"))
    with pytest.raises(DataError, match="cannot be read"):
        list(read(tmp_path))
