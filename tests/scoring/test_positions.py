import pytest
import torch

from tests.tiny import build_tiny_model, random_prompt
from video_ktr.scoring import VisionLanguageModel, VisualGrid, grid_positions, prompt_positions


def types(*runs):
    return torch.tensor([kind for kind, length in runs for _ in range(length)])


def test_text_alone_counts_up():
    positions_3P, following = prompt_positions(types((0, 4)), [])
    assert positions_3P.tolist() == [[0, 1, 2, 3]] * 3
    assert following == 4


def test_text_after_a_long_video_starts_at_129():
    # 32 x 8 x 8 patches are 32 x 4 x 4 merged; 4 tokens a second and 1 second a slot: times 4, 8, ..., 128.
    video = VisualGrid(slots=32, height=4, width=4, positions_per_slot=4.0)
    positions_3P, following = prompt_positions(types((0, 4), (2, 512), (0, 3)), [video])
    assert positions_3P[:, -3:].tolist() == [[129, 130, 131]] * 3
    assert following == 132


def test_by_hand_video_of_two_slots():
    video = VisualGrid(slots=2, height=1, width=2, positions_per_slot=2.0)
    positions_3P, following = prompt_positions(types((0, 1), (2, 4), (0, 1)), [video])
    assert positions_3P.tolist() == [[0, 1, 1, 3, 3, 4], [0, 1, 1, 1, 1, 4], [0, 1, 2, 1, 2, 4]]
    assert following == 5


def test_fractional_steps_round_down():
    video = VisualGrid(slots=4, height=1, width=1, positions_per_slot=0.7)
    assert grid_positions(video, 0)[0].tolist() == [0, 0, 1, 2]


def test_wide_image_moves_the_text_by_its_width():
    image = VisualGrid(slots=1, height=2, width=5, positions_per_slot=1.0)
    assert prompt_positions(types((1, 10)), [image])[1] == 5


def test_two_videos_side_by_side():
    grid = VisualGrid(slots=1, height=1, width=1, positions_per_slot=1.0)
    assert prompt_positions(types((2, 2)), [grid, grid])[0].tolist() == [[0, 1]] * 3


@pytest.mark.parametrize("grids", [[], [VisualGrid(2, 1, 1, 1.0)], [VisualGrid(1, 1, 1, 1.0)] * 2])
def test_tokens_that_do_not_match_the_grids_are_refused(grids):
    with pytest.raises(ValueError, match="visual tokens"):
        prompt_positions(types((0, 1), (2, 1)), grids)


@pytest.mark.parametrize(("kind", "step"), [("qwen2_5_vl", 3), ("qwen2_vl", 1)])
def test_time_axis_of_each_family(kind, step):
    # 2 tokens a second and 1.5 seconds a slot for Qwen2.5-VL; one position a slot for Qwen2-VL.
    parts = VisionLanguageModel.of(build_tiny_model(kind))
    prompt = random_prompt(torch.Generator().manual_seed(0), text=(0, 1), video=(3, 2, 2), slot_seconds=1.5)
    positions_3P, _ = parts.positions(prompt)
    assert positions_3P[0, 1:4].tolist() == [1, 1 + step, 1 + 2 * step]


def test_images_alone_agree_with_transformers():
    # Where no time axis is involved the released rule and transformers' are the same.
    model = build_tiny_model("qwen2_5_vl")
    prompt = random_prompt(torch.Generator().manual_seed(0), text=(3, 4), image=(1, 4, 8))
    ours, _ = VisionLanguageModel.of(model).positions(prompt)
    theirs, _ = model.model.get_rope_index(
        prompt.input_ids_P[None], mm_token_type_ids=prompt.mm_types_P[None], image_grid_thw=prompt.image_grid
    )
    assert torch.equal(ours, theirs[:, 0])
