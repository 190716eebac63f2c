import math

import pytest
import torch

from video_ktr.attribution.profiles import TokenTable, jaccard

# "red" (7) scored 4 and 2, "the" (5) 0.3, and token 9 is padding.
TABLE = TokenTable.of(
    torch.tensor([[4.0, 0.25], [2.0, 99.0]]), torch.tensor([[7, 5], [7, 9]]), torch.tensor([[1, 1], [1, 0]])
)


def test_sums_and_counts_by_token_id():
    assert TABLE.ids_N.tolist() == [5, 7]
    assert TABLE.sums_N.tolist() == [0.25, 6.0]
    assert TABLE.counts_N.tolist() == [1, 2]


def test_new_tokens_get_the_mean_of_their_id_or_of_all():
    # The mean of all three tokens is 6.25 / 3, not that of the two ids.
    scores = TABLE.scores(torch.tensor([[7, 5, 8, 7], [2, 100, 5, 5]]))
    overall = 6.25 / 3
    expected = torch.tensor([[3.0, 0.25, overall, 3.0], [overall, overall, 0.25, 0.25]])
    torch.testing.assert_close(scores, expected)
    assert scores.dtype == torch.float32


def test_merging_equals_measuring_together():
    other = TokenTable.of(torch.tensor([1.0, 1.0]), torch.tensor([5, 6]), torch.tensor([True, True]))
    merged = TokenTable.merged([TABLE, other])
    assert [part.tolist() for part in merged] == [[5, 6, 7], [1.25, 1.0, 6.0], [2, 1, 2]]
    assert [part.tolist() for part in TokenTable.merged([TABLE])] == [part.tolist() for part in TABLE]


def test_nothing_was_measured():
    empty = TokenTable.of(torch.zeros(1, 2), torch.zeros(1, 2).long(), torch.zeros(1, 2))
    assert len(empty.ids_N) == 0
    assert empty.scores(torch.tensor([3, 4])).tolist() == [0.0, 0.0]
    assert TokenTable.merged([empty, TABLE]).ids_N.tolist() == [5, 7]
    with pytest.raises(ValueError, match="one shape"):
        TokenTable.of(torch.zeros(1, 2), torch.zeros(1, 3).long(), torch.zeros(1, 2))


def test_jaccard():
    first, second = torch.tensor([[True, True, False, False]]), torch.tensor([[True, False, True, False]])
    assert jaccard(first, second) == pytest.approx(1 / 3)
    assert jaccard(first, first) == 1.0
    assert jaccard(first, ~first) == 0.0
    assert math.isnan(jaccard(first & False, first & False))
