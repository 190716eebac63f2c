from trl.trainer.utils import RepeatSampler

from video_ktr.training.sampler import EpochRepeatSampler


def build(kind=EpochRepeatSampler):
    return kind(range(7), mini_repeat_count=2, batch_size=3, repeat_count=2, shuffle=True, seed=42)


def test_first_epoch_is_trls():
    assert list(build()) == list(build(RepeatSampler))


def test_an_epoch_has_its_order_whatever_came_before():
    running, resumed = build(), build()
    orders = []
    for epoch in range(3):
        running.set_epoch(epoch)
        orders.append(list(running))
    resumed.set_epoch(2)
    assert list(resumed) == orders[2]
    assert len({tuple(order) for order in orders}) == 3
