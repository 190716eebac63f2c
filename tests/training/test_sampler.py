import pickle

import pytest
from accelerate import Accelerator, skip_first_batches
from accelerate.data_loader import BatchSamplerShard
from torch.utils.data import BatchSampler, DataLoader
from trl.trainer.utils import RepeatSampler

from video_ktr.training.sampler import EpochRepeatSampler, Repeat


def build(kind=EpochRepeatSampler, **changes):
    settings = {"mini_repeat_count": 2, "batch_size": 3, "repeat_count": 2, "shuffle": True, "seed": 42, **changes}
    return kind(range(7), **settings)


@pytest.mark.parametrize("changes", [{}, {"shuffle": False}, {"repeat_count": 1}, {"repeat_count": 5, "batch_size": 2}])
def test_first_epoch_is_trls(changes):
    assert list(build(**changes)) == list(build(RepeatSampler, **changes))


def test_an_epoch_has_its_order_whatever_came_before():
    running, resumed = build(), build()
    orders = []
    for epoch in range(3):
        running.set_epoch(epoch)
        orders.append(list(running))
    resumed.set_epoch(2)
    assert list(resumed) == orders[2]
    assert len({tuple(order) for order in orders}) == 3


def test_copies_after_the_first_are_marked():
    drawn = list(build(shuffle=False, repeat_count=3))
    # Two chunks of three indices, twice each; the seventh index is dropped. First copy plain, two copies marked.
    assert [type(index) for index in drawn] == ([int] * 6 + [Repeat] * 12) * 2
    assert drawn == [0, 0, 1, 1, 2, 2] * 3 + [3, 3, 4, 4, 5, 5] * 3


def test_a_batch_used_once_has_no_marks():
    assert {type(index) for index in build(repeat_count=1)} == {int}


def test_a_mark_reaches_a_worker():
    received = pickle.loads(pickle.dumps([3, Repeat(3)]))  # noqa: S301 (our own bytes)
    assert received == [3, 3]
    assert [type(index) for index in received] == [int, Repeat]


@pytest.mark.parametrize("process", [0, 1])
def test_each_process_draws_whole_copies(process):
    # Two processes, 2 rows each, G = 2: chunks of two questions, drawn 3 times.
    batches = BatchSampler(build(batch_size=2, repeat_count=3, shuffle=False), batch_size=2, drop_last=False)
    mine = list(BatchSamplerShard(batches, num_processes=2, process_index=process))
    assert mine == [[process] * 2] * 3 + [[2 + process] * 2] * 3 + [[4 + process] * 2] * 3
    assert [{type(index) for index in batch} for batch in mine] == [{int}, {Repeat}, {Repeat}] * 3


def test_a_resumed_run_starts_with_a_first_copy():
    rows = build(batch_size=2, repeat_count=3, shuffle=False)
    loader = Accelerator(cpu=True).prepare(DataLoader(range(7), batch_size=4, sampler=rows, collate_fn=list))
    # One generation, of three passes, is behind.
    drawn = list(skip_first_batches(loader, 3).batch_sampler)
    assert [{type(index) for index in batch} for batch in drawn] == [{int}, {Repeat}, {Repeat}] * 2
