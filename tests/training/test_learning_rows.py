import torch

from video_ktr.training.learning_rows import learning_rows


def test_a_group_learns_as_a_whole_or_not_at_all():
    # Rows of three prompts, interleaved: the second prompt's rewards were equal.
    advantages_B = torch.tensor([1.0, 0.0, 0.0, -1.0, 0.0, 2.0])
    assert learning_rows(advantages_B, [0, 1, 0, 2, 1, 2]).tolist() == [True, False, True, True, False, True]


def test_a_masked_kl_term_moves_every_row():
    assert learning_rows(torch.zeros(3), [0, 0, 1], masks_kl=True).all()
    assert not learning_rows(torch.zeros(3), [0, 0, 1]).any()
