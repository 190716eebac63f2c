from dataclasses import dataclass

import pytest
import torch

from video_ktr.cli.checkup.prompts import EncodedSample
from video_ktr.cli.checkup.rollouts import check_rollouts
from video_ktr.data.sample import Sample
from video_ktr.generation import Rollouts, Sampling

ANSWERS = {1: "<think>so</think><answer>A</answer>", 2: "<think>so</think><answer>B</answer>", 3: "no tags"}
END = 9


@dataclass
class Script:
    """An engine that gives the rows written down for it, and reads its own tokens back."""

    rows: list[list[int]]

    def generate(self, prompts, prompt_of_row, sampling, *, row_seeds=None):
        assert list(prompt_of_row) == [0, 0, 1, 1]
        return Rollouts(self.rows)

    def decode(self, ids, skip_special_tokens):
        return ANSWERS[ids[0]]


@pytest.mark.parametrize(
    ("rows", "shares", "levels"),
    [
        ([[1, END], [2, END], [1, END], [1, END]], ("100%", "0%", "50%"), ["ok", "ok", "ok"]),
        ([[3, 3], [3, 3], [3, 3], [1, END]], ("25%", "75%", "50%"), ["warning", "warning", "ok"]),
        ([[1, END], [1, END], [3, END], [3, END]], ("50%", "0%", "100%"), ["ok", "ok", "warning"]),
    ],
)
def test_shares_by_hand(rows, shares, levels):
    sample = Sample(
        problem_id="0",
        problem="what ?",
        problem_type="multiple choice",
        solution="A",
        options=("A. cup", "B. pen"),
        data_type="text",
        path=None,
    )
    script = Script(rows)
    sampling = Sampling(max_new_tokens=2, end_token_ids=(END,), pad_token_id=0)
    state = torch.random.get_rng_state()
    encoded = [EncodedSample(sample, None)] * 2
    findings = check_rollouts(script, script, encoded, sampling, group=2, seed=0)
    assert [finding.text.split()[0] for finding in findings] == list(shares)
    assert [finding.level for finding in findings] == levels
    assert torch.equal(torch.random.get_rng_state(), state)
