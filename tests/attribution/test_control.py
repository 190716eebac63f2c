import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.attribution import KeyTokenConfig, TokenSignals, control_mask, select_key_tokens
from video_ktr.errors import ConfigError

MASK = torch.ones(2, 10)
MASK[1, 6:] = 0
# Row 0 by percentile of nine steps: visual 9 8 . . ., temporal the other way round. Row 1 has six tokens.
VISUAL = torch.tensor([[9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0], [5.0, 4, 3, 2, 1, 0, 99, 99, 99, 99]])
TEMPORAL = torch.tensor([[0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [5.0, 4, 3, 2, 1, 0, 99, 99, 99, 99]])


def draw(mask):
    return ["".join(".#"[int(bit)] for bit in row) for row in mask.tolist()]


def generators(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def choose(control, seeds=(0, 1), mask=MASK, **settings):
    config = KeyTokenConfig(entropy_ratio=None, control=control, **settings)
    signals = TokenSignals(visual_BT=VISUAL, temporal_BT=TEMPORAL)
    return select_key_tokens(signals, mask, config, group_size=2, generators=generators(*seeds))


def test_the_method_itself():
    keys = choose("none")
    assert draw(keys.mask_BT) == ["##......##", "##........"]
    assert keys.control_overlap == 1.0


def test_inverted_takes_the_least_scored_tokens():
    # Row 0: the greatest of the two percentiles is least in the middle, 5/9 at tokens 4 and 5, then 6/9.
    # Row 1: both signals agree; its two key tokens are the first, so the last two are the least.
    keys = choose("inverted")
    assert draw(keys.mask_BT) == ["...####...", "....##...."]
    assert torch.equal(keys.weights_BT, keys.mask_BT.float())
    assert keys.control_overlap == 0.0
    assert draw(keys.visual_BT) == ["##........", "##........"]


def test_inverted_never_takes_more_than_was_left():
    # 30 % of each signal is three of ten, six together: four are left. Row 1: two of six, and all the same ones.
    keys = choose("inverted", visual_ratio=0.3, temporal_ratio=0.3)
    assert draw(keys.mask_BT) == ["...####...", "....##...."]
    assert not choose("inverted", visual_ratio=1.0).mask_BT.any()


def test_of_equal_ranks_the_later_token_is_the_lower():
    zeros = TokenSignals(entropy_BT=torch.zeros(1, 5))
    config = KeyTokenConfig(visual_ratio=None, temporal_ratio=None, entropy_ratio=0.4)
    mask = torch.ones(1, 5)
    assert draw(select_key_tokens(zeros, mask, config).mask_BT) == ["##..."]
    inverted = KeyTokenConfig(visual_ratio=None, temporal_ratio=None, entropy_ratio=0.4, control="inverted")
    assert draw(select_key_tokens(zeros, mask, inverted).mask_BT) == ["...##"]


@pytest.mark.parametrize("scope", ["sequence", "group"])
def test_random_takes_as_many_tokens_of_each_completion(scope):
    method = choose("none", scope=scope).mask_BT.sum(1).tolist()
    for seed in range(20):
        keys = choose("random", seeds=(seed, seed + 100), scope=scope)
        assert keys.mask_BT.sum(1).tolist() == method
        assert not keys.mask_BT[1, 6:].any()


def test_group_scope_ranks_over_the_whole_group():
    # Visual scores 9..0 and 5..0 in one group of 16: 20 % is quantile position 12, four tokens with ties at 5 or more.
    config = {"scope": "group", "temporal_ratio": None}
    assert draw(choose("none", **config).mask_BT) == ["####......", ".........."]
    # Row 1 has no key token, so it has no control token either; row 0's are its last four, the lowest of the group.
    assert draw(choose("inverted", **config).mask_BT) == ["......####", ".........."]


def test_the_draw_depends_on_the_rows_generator_alone():
    assert torch.equal(choose("random").mask_BT, choose("random").mask_BT)
    assert torch.equal(choose("random", seeds=(0, 1)).mask_BT[1], choose("random", seeds=(7, 1)).mask_BT[1])
    drawn = {tuple(draw(choose("random", seeds=(seed, 0)).mask_BT)) for seed in range(20)}
    assert len(drawn) > 10


def test_the_draw_is_uniform():
    selected, valid = torch.zeros(2000, 6, dtype=torch.bool), torch.ones(2000, 6, dtype=torch.bool)
    selected[:, :2], valid[:, 5] = True, False
    ranks = torch.zeros(2000, 6)
    drawn = control_mask("random", selected, valid, ranks_BT=ranks, generators=generators(*range(2000)))
    assert (drawn.sum(1) == 2).all()
    # Two of five: 800 expected, with a standard deviation of 22.
    assert all(abs(count - 800) < 100 for count in drawn[:, :5].sum(0).tolist())
    # Uniform over all tokens, not over those that were left: of two chosen, 0.8 had been selected.
    assert int((drawn & selected).sum()) / 2000 == pytest.approx(0.8, abs=0.06)


@given(st.integers(0, 5000))
def test_controls_of_wild_masks(seed):
    generator = torch.Generator().manual_seed(seed)
    valid = torch.rand(4, 7, generator=generator) < 0.7
    selected = valid & (torch.rand(4, 7, generator=generator) < 0.4)
    ranks = torch.randint(0, 3, (4, 7), generator=generator).float()
    inverted = control_mask("inverted", selected, valid, ranks_BT=ranks)
    left = valid & ~selected
    assert not (inverted & ~left).any()
    assert inverted.sum(1).tolist() == torch.minimum(selected.sum(1), left.sum(1)).tolist()
    for row in range(4):
        kept, passed = ranks[row][inverted[row]], ranks[row][left[row] & ~inverted[row]]
        assert not len(kept) or not len(passed) or kept.max() <= passed.min()
    random = control_mask("random", selected, valid, ranks_BT=ranks, generators=generators(1, 2, 3, 4))
    assert not (random & ~valid).any()
    assert random.sum(1).tolist() == selected.sum(1).tolist()


def test_mistakes():
    with pytest.raises(ConfigError, match="seeded generator for each completion"):
        choose("random", seeds=(0,))
    with pytest.raises(ConfigError, match="none, random, inverted"):
        control_mask("shuffled", MASK.bool(), MASK.bool(), ranks_BT=VISUAL)
