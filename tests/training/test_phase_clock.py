import time

import pytest
import torch
from torch import nn

from video_ktr.training.phase_clock import PhaseClock


@pytest.fixture
def clock(monkeypatch):
    """A clock that is told the time: `clock.at(5)`."""
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    clock = PhaseClock(torch.device("cpu"))
    clock.at = lambda seconds: now.__setitem__(0, float(seconds))
    return clock


def test_an_inner_phase_takes_its_time_from_the_outer(clock):
    clock.begin("update")
    clock.at(1)
    with clock.phase("other"):
        clock.at(3)
        with clock.phase("generate"):
            clock.at(13)
        clock.at(14)
    with clock.phase("generate"):
        clock.at(16)
    clock.at(20)
    clock.end()
    assert clock.seconds == {"update": 1 + 4, "other": 2 + 1, "generate": 10 + 2}


def test_a_phase_that_fails_is_over(clock):
    clock.begin("update")

    def fail():
        with clock.phase("score"):
            clock.at(2)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    clock.at(5)
    clock.end()
    assert clock.seconds == {"score": 2, "update": 3}


def test_outside_a_step_nothing_is_timed_and_each_step_starts_from_nothing(clock):
    with clock.phase("generate"):
        clock.at(5)
    assert not clock.seconds
    for start in (10, 20):
        clock.at(start)
        clock.begin("update")
        clock.at(start + 1)
        clock.end()
        assert clock.seconds == {"update": 1}


def test_operations_are_counted_by_phase(clock):
    layer = nn.Linear(5, 3, bias=False)
    x = torch.ones(7, 5)
    clock.begin("update")
    with clock.counting():
        with clock.phase("forward"):
            loss = layer(x).sum()
        loss.backward()
        # Attention of 2 heads of width 4, 6 tokens that look at 9, hidden pairs included: two products.
        states = [torch.ones(1, 2, n, 4) for n in (6, 9, 9)]
        with clock.phase("score"):
            nn.functional.scaled_dot_product_attention(*states, attn_mask=torch.ones(6, 9, dtype=torch.bool).tril())
        with clock.phase("head"):
            torch.zeros(7, 3).addmm_(x, layer.weight.detach().T)
    layer(x)
    clock.end()
    # The backward of a layer whose input takes no gradient is one product of the same size.
    assert clock.flops == {
        "forward": 2 * 7 * 5 * 3,
        "update": 2 * 7 * 5 * 3,
        "score": 2 * 2 * 2 * 6 * 9 * 4,
        "head": 210,
    }
