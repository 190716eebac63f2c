import pytest
from PIL import Image

from video_ktr.errors import DataError
from video_ktr.evaluation.lmms_messages import from_lmms, to_lmms


def turn(*parts):
    return [{"role": "user", "content": list(parts)}]


TEXT = {"type": "text", "text": "What falls?"}


def test_media_move_and_nothing_else_changes():
    image = Image.new("RGB", (2, 2))
    theirs = turn({"type": "video", "url": "a.mp4"}, TEXT, {"type": "image", "url": image})
    ours = turn({"type": "video", "video": "a.mp4"}, TEXT, {"type": "image", "image": image})
    assert from_lmms(theirs) == ours
    assert to_lmms(ours) == theirs


def test_content_may_be_a_text():
    messages = [{"role": "system", "content": "Be brief."}, *turn(TEXT)]
    assert from_lmms(messages)[0] == {"role": "system", "content": [{"type": "text", "text": "Be brief."}]}


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"type": "audio", "url": "a.wav"}, "type 'audio'"),
        ({"text": "no type"}, "type None"),
        ({"type": "video", "url": "a.mp4", "end_time": 0.0}, "part of a video"),
        ({"type": "video", "url": {"path": "a.mp4", "video_start": 1.0}}, "part of a video"),
    ],
)
def test_what_would_not_be_shown_is_refused(part, said):
    with pytest.raises(DataError, match=said):
        from_lmms(turn(part))


def test_a_whole_video_may_say_so():
    assert from_lmms(turn({"type": "video", "url": "a.mp4", "start_time": None})) == turn(
        {"type": "video", "video": "a.mp4"}
    )
