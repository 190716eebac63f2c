import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from video_ktr.data.matching import digest, is_telling, media_name, question_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("What  falls\nFIRST?", "what falls first"),
        ("What falls first", "what falls first"),
        ("\u201cWhat falls\u201d \u2014 first\uff1f", "what falls first"),
        ("Is it 3.5 or 3,5?", "is it 3.5 or 3,5"),
        ("From 3-4 to (-4).", "from 3-4 to -4"),
        ("The end. 3 men", "the end 3 men"),
        ("x + 2 < y", "x + 2 < y"),
        ("Stra\u00dfe", "strasse"),
        ("a man's hat", "a man s hat"),
        ("?!", ""),
    ],
)
def test_question_keys(text, key):
    assert question_key(text) == key


@given(st.text())
def test_the_key_of_a_key_is_itself(text):
    assert question_key(question_key(text)) == question_key(text)


@given(st.text(alphabet="0123456789.,-/:+ _(ab"))
def test_the_key_of_a_key_is_itself_with_numbers(text):
    assert question_key(question_key(text)) == question_key(text)


@given(st.text(alphabet=st.characters(codec="ascii")))
def test_case_spaces_and_final_marks_do_not_count(text):
    key = question_key(text)
    assert question_key(text.upper()) == question_key(text.lower()) == key
    assert question_key(f"  {text} ?!") == key
    assert question_key("\n".join(text.split(" "))) == key


@pytest.mark.parametrize(
    ("path", "name", "telling"),
    [
        ("./STAR/AB1CD.mp4", "ab1cd", True),
        ("/data/youtube_video_2024/ytb_AbCdEfGhI-_.mp4", "abcdefghi-_", True),
        ("activitynet/v_AbCdEfGhIjK.webm", "abcdefghijk", True),
        ("v_notes.mp4", "v_notes", True),
        ("C:\\videos\\1034419625_reverse.mp4", "1034419625_reverse", True),
        ("1034419625.mp4", "1034419625", True),
        ("MMVU/videos/Chemistry/0.mp4", "0", False),
        ("00000042.png", "00000042", False),
        ("12345678.png", "12345678", True),
        ("PerceptionTest/video_4859.mp4", "video_4859", False),
        ("Frame-0003.JPG", "frame-0003", False),
        ("train_video_1.mp4", "train_video_1", False),
        ("q12.png", "q12", False),
        ("2301.00001_0.jpg", "2301.00001_0", True),
        ("_.mp4", "_", False),
    ],
)
def test_media_names(path, name, telling):
    assert media_name(path) == name
    assert is_telling(name) is telling


@given(st.text())
def test_the_name_of_a_name_without_folder_and_suffix_is_itself(name):
    assume(not set(unicodedata.normalize("NFKC", name)) & set("./\\"))
    assert media_name(media_name(name)) == media_name(name)


def test_digests_tell_apart_where_one_text_ends():
    assert digest("ab", "c") != digest("a", "bc")
    assert len(digest("a" * 1000)) == 16
