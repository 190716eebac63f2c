import numpy as np
import pytest

from video_ktr.cli.checkup.prompts import check_prompts, encode_some
from video_ktr.data.encoding import PromptEncoder
from video_ktr.data.media import MediaConfig, write_video
from video_ktr.data.prompts import prompt_template
from video_ktr.data.sample import Sample
from video_ktr.toyworld.processor import build_processor


def sample(number, path, problem="what ?"):
    return Sample(
        problem_id=str(number),
        problem=problem,
        problem_type="free-form",
        solution="so",
        data_type="video",
        path=str(path),
    )


@pytest.fixture
def encoder():
    return PromptEncoder(build_processor(), MediaConfig(min_pixels=784, max_pixels=3136, max_frames=8))


@pytest.fixture
def video(tmp_path):
    write_video(np.zeros((4, 56, 56, 3), np.uint8), tmp_path / "a.mp4", fps=2)
    return tmp_path / "a.mp4"


def test_a_prompt_over_the_limit_is_a_problem(encoder, video):
    samples = [sample(0, video), sample(1, video, "what is red ?")]
    encoded = encode_some(samples, prompt_template("plain"), encoder, 5, seed=0)
    lengths = sorted(len(item.prompt.input_ids_P) for item in encoded)
    # 4 frames of 56 x 56: two slots of 4 x 4 patches, merged 2 x 2.
    assert [item.patches for item in encoded] == [32, 32]
    fine = check_prompts(encoded, lengths[1])
    assert (fine.level, fine.text) == ("ok", f"{lengths[0]} to {lengths[1]} tokens, median {lengths[1]}, in 2 prompts")
    assert check_prompts(encoded, None).level == "ok"
    over = check_prompts(encoded, lengths[1] - 1)
    assert over.level == "problem"
    assert f"1 are longer than max_prompt_tokens={lengths[1] - 1}" in over.text


def test_unreadable_media_are_left_to_the_media_check(encoder, tmp_path):
    encoded = encode_some([sample(0, tmp_path / "gone.mp4")], prompt_template("plain"), encoder, 5, seed=0)
    assert encoded == []
    assert check_prompts(encoded, 10).level == "warning"
