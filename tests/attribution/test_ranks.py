import torch

from video_ktr.attribution.ranks import highest_ranks, rank_percentiles, z_scores

VALID = torch.tensor([[True, True, True, True, True, False]])
SCORES = torch.tensor([[3.0, 1.0, 1.0, 9.0, 2.0, 50.0]])


def test_percentiles_of_equal_scores_are_their_mean_rank():
    assert rank_percentiles(SCORES, VALID)[0, :5].tolist() == [0.75, 0.125, 0.125, 1.0, 0.5]
    assert rank_percentiles(torch.tensor([[4.0, 8.0]]), torch.tensor([[True, False]]))[0, 0] == 1.0


def test_z_scores_are_of_valid_tokens():
    # 1 and 3: mean 2, population deviation 1.
    found = z_scores(torch.tensor([[1.0, 3.0, 70.0]]), torch.tensor([[True, True, False]]))
    assert found[0, :2].tolist() == [-1.0, 1.0]
    assert z_scores(torch.tensor([[5.0, 5.0]]), torch.tensor([[True, True]])).tolist() == [[0.0, 0.0]]


def test_highest_rank_over_the_signals_a_token_has():
    first, second = torch.tensor([[0.0, 1.0, 2.0], [5.0, 6.0, 7.0]]), torch.tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    every, none_in_row_1 = torch.ones(2, 3).bool(), torch.tensor([[True] * 3, [False] * 3])
    ranks = highest_ranks([(first, every), (second, none_in_row_1)])
    assert ranks.tolist() == [[1.0, 0.5, 1.0], [0.0, 0.5, 1.0]]
    # One group of six: 0 1 2 5 6 7 in steps of a fifth.
    grouped = highest_ranks([(first, every)], scope="group", group_size=2)
    torch.testing.assert_close(grouped, torch.tensor([[0.0, 0.2, 0.4], [0.6, 0.8, 1.0]]))
    assert highest_ranks([(second, none_in_row_1)])[1].tolist() == [-torch.inf] * 3
