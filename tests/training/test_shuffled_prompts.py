import pytest
import torch

from video_ktr.scoring import CompletionScorer
from video_ktr.training import VideoGRPOTrainer
from video_ktr.training.prompt_rows import conversation
from video_ktr.training.shuffled_prompts import shuffled_prompt


@pytest.fixture
def parts(build_trainer):
    trainer = build_trainer(VideoGRPOTrainer)
    return trainer.prompt_encoder, CompletionScorer(trainer.model)


def seeded(number):
    return torch.Generator().manual_seed(number)


def frames_of(prompt):
    """Frames of the one video, as sorted lists of patch values, in the order they are shown."""
    slots, rows, columns = prompt.video_grid[0].tolist()
    patches = prompt.video_patches_KD.view(slots, rows * columns, 3, 2, -1)
    return [patches[slot, :, :, frame].flatten().tolist() for slot in range(slots) for frame in range(2)]


def test_the_frames_of_a_video_change_places_and_nothing_else_does(parts, rows):
    encoder, scorer = parts
    prompt = encoder.encode(conversation(rows[0]))
    for number in range(5):
        moved = shuffled_prompt(prompt, seeded(number), scorer)
        true, now = frames_of(prompt), frames_of(moved)
        assert now != true
        assert sorted(now) == sorted(true)
        assert torch.equal(moved.input_ids_P, prompt.input_ids_P)
        assert torch.equal(moved.video_grid, prompt.video_grid)
        again = shuffled_prompt(prompt, seeded(number), scorer)
        assert torch.equal(again.video_patches_KD, moved.video_patches_KD)


def test_images_and_text_have_no_order(parts, rows):
    encoder, scorer = parts
    for row in rows[5:]:
        assert shuffled_prompt(encoder.encode(conversation(row)), seeded(0), scorer) is None
