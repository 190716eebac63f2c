import numpy as np
import pytest
import torch
from PIL import Image

from video_ktr.errors import DataError
from video_ktr.training.prompt_rows import conversation, fingerprint, without_media


def message(*parts):
    return [{"role": "user", "content": list(parts)}]


@pytest.mark.parametrize(
    "media",
    [
        lambda: np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3),
        lambda: torch.arange(12, dtype=torch.uint8).reshape(1, 2, 2, 3),
        lambda: Image.fromarray(np.zeros((2, 2, 3), dtype=np.uint8)),
        lambda: [Image.fromarray(np.zeros((2, 2, 3), dtype=np.uint8))],
        lambda: "clip.mp4",
    ],
    ids=["array", "tensor", "image", "images", "path"],
)
def test_equal_content_is_one_prompt_whatever_carries_it(media):
    part = {"type": "video", "video": media()}
    assert fingerprint(message(part)) == fingerprint(message({"video": media(), "type": "video", "image": None}))


def test_other_content_is_another_prompt():
    zeros, ones = np.zeros((1, 2, 2, 3), np.uint8), np.ones((1, 2, 2, 3), np.uint8)
    assert fingerprint(zeros) != fingerprint(ones)
    assert fingerprint(zeros) != fingerprint(zeros.reshape(2, 1, 2, 3))
    assert fingerprint(["ab", "c"]) != fingerprint(["a", "bc"])


def test_images_column_fills_the_messages():
    image = Image.fromarray(np.zeros((2, 2, 3), dtype=np.uint8))
    for row in ({"images": [image]}, {"image": image}):
        content = conversation({"prompt": [{"role": "user", "content": "what ?"}], **row})[0]["content"]
        assert content[0] == {"type": "image", "image": image}


def test_plain_text_prompts_are_refused():
    with pytest.raises(DataError, match="give messages"):
        conversation({"prompt": "what ?"})


def test_logs_see_paths_and_no_pixels():
    parts = [{"type": "text", "text": "a"}, {"type": "video", "video": "clip.mp4"}]
    arrays = {"type": "video", "video": np.zeros((1, 2, 2, 3), np.uint8)}
    assert without_media(message(*parts)) == message(*parts)
    assert without_media(message(arrays)) == message({"type": "video", "video": "<video>"})
