import math

import pytest
import torch

from video_ktr.training.gradient_decomposition import describe_split, split_gradients


def linear(rows=((1.0, 0.0), (0.0, 2.0), (3.0, 1.0))):
    """Three tokens of one completion whose losses are x_t . w: the gradient of token t is x_t."""
    weight = torch.zeros(2, requires_grad=True)
    losses_BT = (torch.tensor(rows) @ weight)[None]
    return weight, lambda weights_BT: (weights_BT * losses_BT).sum()


def test_each_token_goes_to_its_set_and_nothing_is_left_behind():
    weight, loss_of = linear()
    found = split_gradients(loss_of, [weight], torch.ones(1, 3), torch.tensor([[True, False, True]]))
    assert {name: gradient.tolist() for name, (gradient,) in found.items()} == {
        "full": [4, 3],
        "selected": [4, 1],
        "rest": [0, 2],
        "unsigned": [4, 3],
    }
    assert weight.grad is None


def test_norms_and_cosines_by_hand():
    weight, loss_of = linear()
    values = describe_split(
        split_gradients(loss_of, [weight], torch.ones(1, 3), torch.tensor([[True, False, True]])), 1e-6
    )
    # (4, 3) is 5 long; (4, 1) . (4, 3) = 19, (0, 2) . (4, 3) = 6.
    assert values == {
        "full_norm": pytest.approx(5),
        "selected_norm": pytest.approx(math.sqrt(17)),
        "rest_norm": pytest.approx(2),
        "selected_cosine": pytest.approx(19 / (5 * math.sqrt(17))),
        "rest_cosine": pytest.approx(6 / (5 * 2)),
        "split_error": 0.0,
    }


def test_several_parameters_count_as_one_vector():
    a, b = torch.zeros(1, requires_grad=True), torch.zeros(2, requires_grad=True)
    unused = torch.zeros(3, requires_grad=True)
    found = split_gradients(lambda w_BT: (w_BT * (3 * a + 4 * b[0])).sum(), [a, b, unused], torch.ones(1, 1), None)
    assert describe_split(found, 1e-6) == {"full_norm": pytest.approx(5)}
    assert found["full"][2].tolist() == [0, 0, 0]


def test_without_a_gradient_there_is_no_direction():
    weight, loss_of = linear(((0.0, 0.0), (0.0, 0.0)))
    values = describe_split(split_gradients(loss_of, [weight], torch.ones(1, 2), torch.tensor([[True, False]])), 1e-6)
    assert values["full_norm"] == values["split_error"] == 0
    assert math.isnan(values["selected_cosine"])
    assert math.isnan(values["rest_cosine"])


def test_parts_that_cancel_are_measured_against_themselves():
    # Four tokens: the first two and the last two cancel, so that all three gradients are but rounding.
    weight, loss_of = linear(((3.0, 0.0), (-3.0, 0.0), (0.0, 4.0), (0.0, -4.0)))
    signs_BT, selected_BT = torch.tensor([[1.0, -1.0, 1.0, -1.0]]), torch.tensor([[True, True, False, False]])
    found = split_gradients(loss_of, [weight], signs_BT, selected_BT)
    assert {name: gradient.tolist() for name, (gradient,) in found.items()} == {
        "full": [0, 0],
        "selected": [0, 0],
        "rest": [0, 0],
        "unsigned": [6, 8],
    }
    found["rest"][0][0] = 1e-3
    values = describe_split(found, 1e-3)
    assert values["rest_norm"] == pytest.approx(1e-3)
    assert values["split_error"] == pytest.approx(1e-4)
    assert "unsigned_norm" not in values


@pytest.mark.parametrize("wrong", [1.01, math.nan])
def test_parts_that_do_not_add_up_stop_the_run(wrong):
    gradients = {name: [torch.tensor([x])] for name, x in (("full", wrong), ("selected", 0.6), ("rest", 0.4))}
    with pytest.raises(FloatingPointError, match="log_gradient_decomposition") as caught:
        describe_split(gradients, 1e-3)
    assert "\n" not in str(caught.value)


def test_a_loss_whose_terms_hang_together_cannot_be_split():
    weight = torch.zeros(1, requires_grad=True)
    found = split_gradients(
        lambda w_BT: (w_BT * (weight + 1)).sum() ** 2, [weight], torch.ones(1, 2), torch.tensor([[True, False]])
    )
    # 8 is more than 2 + 2.
    assert [found[name][0].item() for name in ("full", "selected", "rest")] == [8, 2, 2]
    with pytest.raises(FloatingPointError):
        describe_split(found, 0.1)


def test_half_precision_gradients_are_added_up_in_float32():
    weight = torch.ones(2, dtype=torch.bfloat16, requires_grad=True)
    found = split_gradients(lambda w_BT: (w_BT.sum() * weight).sum(), [weight], torch.ones(1, 1), None)
    assert found["full"][0].dtype == torch.float32
