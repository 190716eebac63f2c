import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.errors import DataError
from video_ktr.evaluation.benchmarks.subtitles import Cue, lines_at, parse_srt, read_srt

SRT = """\ufeff1
00:00:01,000 --> 00:00:02,500
<font color="white" size=".72c">Hello</font>
{\\an8}there

2
00:00:03.5 --> 00:01:00.25
2003
3
01:00:00,000 --> 01:00:01,000

4
00:99 --> none
lost
"""


def test_cues_have_seconds_and_plain_text():
    # Without a blank line between them, the number of the third cue is taken for text of the second.
    assert parse_srt(SRT) == [Cue(1.0, 2.5, "Hello there"), Cue(3.5, 60.25, "2003 3")]
    assert parse_srt(SRT.replace("\n", "\r\n")) == parse_srt(SRT)


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        ([0.5], []),
        ([1.0], ["Hello there"]),
        ([2.5], ["Hello there"]),
        ([2.6, 3.4], []),
        ([30.0, 2.0, 2.1], ["Hello there", "2003 3"]),  # in the file's order, each once
        ([], []),
    ],
)
def test_only_what_is_shown_at_the_frames(seconds, lines):
    assert lines_at(SRT, seconds) == lines


@given(st.text(alphabet="0123456789:,.->\n <>{}\\ab"))
def test_no_text_breaks_the_parser(text):
    assert all(cue.text and "\n" not in cue.text for cue in parse_srt(text))


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "a.srt").write_bytes(b"1\n00:00:00,000 --> 00:00:01,000\ncaf\xe9\n")
    assert lines_at(read_srt(tmp_path / "a.srt"), [0.5]) == ["caf\ufffd"]
    with pytest.raises(DataError, match="cannot be read"):
        read_srt(tmp_path / "b.srt")
