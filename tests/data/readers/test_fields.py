import pytest

from video_ktr.data.media_roots import MediaRoots
from video_ktr.data.readers.fields import answer_among, lettered, media_name, needed, text
from video_ktr.data.rejects import RecordError


@pytest.mark.parametrize("record", [{}, {"a": None}, {"a": ""}, {"a": float("nan")}])
def test_nothing_is_nothing_however_it_is_written(record):
    assert text(record, "a") == ""
    with pytest.raises(RecordError, match="has no 'a'"):
        needed(record, "a")


@pytest.mark.parametrize(("value", "words"), [(7, "7"), (0, "0"), (1.5, "1.5"), (" é\n", " é\n")])
def test_numbers_are_texts_too(value, words):
    assert text({"a": value}, "a") == words


@pytest.mark.parametrize("value", [True, [], {}, b"x", "\udc80"])
def test_other_values_are_bad(value):
    with pytest.raises(RecordError) as caught:
        text({"a": value}, "a")
    assert caught.value.reason == "bad value"


def test_choices_by_letter_become_lettered_texts():
    assert lettered({"A": "cup ", "B": 3, "C": None, "D": ""}, "Options") == ("A. cup", "B. 3")
    assert lettered(None, "Options") == lettered("", "Options") == lettered({}, "Options") == ()
    for bad in (["cup"], {"AB": "cup"}, {"": "cup"}, "cup"):
        with pytest.raises(RecordError, match="'Options' must map single letters"):
            lettered(bad, "Options")


def test_an_answer_is_one_of_the_options():
    assert answer_among("B", ["A. cup", "B. pen"]) == "<answer>B</answer>"
    for letter in ("C", "b", "", "A. cup"):
        with pytest.raises(RecordError, match="none of the options 'AB'"):
            answer_among(letter, ["A. cup", "B. pen"])


def test_the_first_key_with_a_medium_counts(tmp_path):
    media = MediaRoots([tmp_path])
    record = {"path": "", "video": {"bytes": None, "path": "v.mp4"}, "image": {"bytes": b"GIF89a", "path": "w.gif"}}
    assert media_name(record, ("path", "video", "image"), media) == "v.mp4"
    assert media_name(record, ("path",), media) == ""
    assert list(tmp_path.iterdir()) == []
    assert media_name(record, ("image",), media).startswith(str(tmp_path / "embedded"))
