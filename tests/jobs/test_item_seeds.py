import pytest

from video_ktr.jobs.item_seeds import item_seed


@pytest.mark.parametrize("seed", [0, 1, 2**40])
def test_seeds_fit_every_engine(seed):
    seeds = {item_seed(seed, key, trial) for key in ("a", "b") for trial in range(8)}
    assert len(seeds) == 16
    assert all(0 <= value < 2**63 for value in seeds)
