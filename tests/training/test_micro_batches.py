import itertools

import torch
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.training.micro_batches import distinct, group_order, micro_batches


def test_distinct_goes_by_object_not_by_value():
    first, second = [1], [1]
    items, index = distinct([second, first, second])
    assert items[0] is second
    assert items[1] is first
    assert index == [0, 1, 0]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=24), st.integers(0, 5))
def test_order_is_a_permutation_that_keeps_groups_together(labels, seed):
    objects = [[label] for label in range(5)]
    prompts = [objects[label] for label in labels]
    torch.manual_seed(seed)
    order = group_order(prompts).tolist()
    assert sorted(order) == list(range(len(labels)))
    shuffled = [labels[i] for i in order]
    assert sum(a != b for a, b in itertools.pairwise(shuffled)) == len(set(labels)) - 1
    for label in set(labels):
        places = [i for i in order if labels[i] == label]
        assert places == sorted(places)


def test_groups_come_in_every_order():
    prompts = [object() for _ in range(3) for _ in range(1)]
    torch.manual_seed(0)
    orders = {tuple(group_order(prompts).tolist()) for _ in range(200)}
    assert len(orders) == 6


def test_parts_hold_whole_groups_where_sizes_allow():
    prompts = [object() for _ in range(4)]
    rows = [prompt for prompt in prompts for _ in range(4)]
    batch = {"ids": torch.arange(16), "prompts": rows, "scalar": torch.tensor(3.0), "nothing": None}
    torch.manual_seed(1)
    parts = micro_batches(batch, rows, 2)
    for part in parts:
        assert len({id(prompt) for prompt in part["prompts"]}) == 2
        assert [prompts.index(prompt) for prompt in part["prompts"]] == (part["ids"] // 4).tolist()
        assert part["scalar"] == 3
        assert part["nothing"] is None
    # Six rows of groups of four: a whole group and a half.
    three = micro_batches({"ids": torch.arange(12), "prompts": rows[:12]}, rows[:12], 2)
    assert [len({id(prompt) for prompt in part["prompts"]}) for part in three] == [2, 2]
