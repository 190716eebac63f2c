"""Rewards: T-GRPO's truth table, the length gate, and the accuracy table."""

import pytest
import torch

from video_ktr.rewards import accuracy_reward, format_reward, length_reward
from video_ktr.training.temporal_bonus import temporal_bonus


def gained(ordered, shuffled):
    """Bonus of each ordered completion with mu = 0.8 and alpha = 0.3, and whether the group passed."""
    missing = [float("nan")] * (len(ordered) - len(shuffled))
    bonus_N, passed_U = temporal_bonus(
        torch.tensor(ordered), torch.tensor(shuffled + missing), len(ordered), mu=0.8, alpha=0.3
    )
    return [round(value, 6) for value in bonus_N.tolist()], passed_U.item()


def test_i_t_grpo_nothing_right_in_either_order_passes_and_pays_nobody():
    assert gained([0.0, 0.0], [0.0]) == ([0.0, 0.0], 1.0)


def test_i_t_grpo_pays_at_exactly_mu_times_the_shuffled_accuracy():
    # p = 4/10 and p~ = 1/2: p = 0.8 p~. One right answer fewer, 3/10, is below.
    assert gained([1.0] * 4 + [0.0] * 6, [1.0, 0.0]) == ([0.3] * 4 + [0.0] * 6, 1.0)
    assert gained([1.0] * 3 + [0.0] * 7, [1.0, 0.0]) == ([0.0] * 10, 0.0)


def test_i_t_grpo_pays_partial_credit_above_a_tenth():
    assert gained([0.05, 0.15], [0.0]) == ([0.0, 0.3], 1.0)


def test_i_t_grpo_does_not_compare_images():
    assert gained([1.0, 0.0], []) == ([0.0, 0.0], 0.5)


def lengths(answers, tokens):
    return length_reward(
        [f"<think>x</think><answer>{answer}</answer>" for answer in answers],
        [[0] * n for n in tokens],
        ["<answer>A</answer>"] * len(answers),
        ["multiple choice"] * len(answers),
        problem_id=[1] * len(answers),
    )


def test_j_length_bonus_needs_two_right_answers():
    assert lengths("ABCD", [400] * 4) == [0.0, 0.0, 0.0, 0.0]
    assert lengths("AABC", [400] * 4) == [0.2, 0.2, 0.0, 0.0]


def test_j_length_bonus_includes_its_edges():
    assert lengths("AAAAA", [319, 320, 400, 512, 513]) == [0.0, 0.2, 0.2, 0.2, 0.0]


@pytest.mark.parametrize(
    ("kind", "answer", "truth", "score"),
    [
        ("multiple choice", "A", "A", 1.0),
        ("multiple choice", "A.", "A", 0.0),
        ("multiple choice", "a", "A", 0.0),
        ("numerical", "3.0", "3", 0.0),
        ("numerical", "3", "3", 1.0),
        ("numerical", "3.0", "3.00", 1.0),
        ("numerical", "1,234", "1234.0", 1.0),
        ("numerical", "3.141", "3.14", 1.0),
        ("numerical", "three", "3", 0.0),
        # One word of four is wrong; five wrong words against one leave nothing.
        ("OCR", "the red fast car", "the red slow car", 0.75),
        ("OCR", "a b c d e", "x", 0.0),
        # ROUGE-1 and ROUGE-L 1/2, ROUGE-2 0; and the stemmer makes "runs" "run".
        ("free-form", "red dog", "red cat", 1 / 3),
        ("free-form", "a dog runs", "a dog run", 1.0),
        ("regression", "8", "10", 0.8),
        ("regression", "30", "10", 0.0),
        ("regression", "ten", "10", 0.0),
    ],
)
def test_k_accuracy_table(kind, answer, truth, score):
    text = f"<think>hm</think> <answer> {answer} </answer>"
    assert accuracy_reward([text], [f"<answer>{truth}</answer>"], [kind]) == [pytest.approx(score, abs=1e-6)]


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("<think>a\nb</think>\n<answer>c</answer>", 1.0),
        ("<think>a</think><answer>b</answer><answer>c</answer>", 1.0),
        ("well, <think>a</think><answer>b</answer>", 0.0),
        ("<think>a</think><answer>b</answer>.", 0.0),
        ("<answer>b</answer>", 0.0),
    ],
)
def test_k_format_is_a_full_match(text, score):
    assert format_reward([text]) == [score]


def test_k_the_first_answer_counts():
    text = "<think>x</think><answer>B</answer><answer>A</answer>"
    assert accuracy_reward([text], ["<answer>A</answer>"], ["multiple choice"]) == [0.0]
