import json
from types import SimpleNamespace

import pytest
import torch

from video_ktr.data.prompts import PROMPT_TEMPLATES
from video_ktr.data.sample import Sample
from video_ktr.errors import ConfigError, DataError
from video_ktr.evaluation.sampled import evaluate_sampled, write_result
from video_ktr.generation import Rollouts, Sampling

RIGHT, WRONG, BARE = "<think> so</think><answer>A</answer>", "<think> so</think><answer> B</answer>", "A"


class CharacterEncoder:
    """Stands in for a PromptEncoder: the prompt is its messages, tokens are characters."""

    processor = SimpleNamespace(tokenizer=SimpleNamespace(decode=lambda ids, **_: "".join(map(chr, ids))))

    def encode(self, messages):
        return messages


class ScriptedEngine:
    """Gives the outputs in turn, and draws once a batch."""

    def __init__(self, outputs):
        self.outputs, self.draws, self.batches = list(outputs), [], []

    def generate(self, prompts, prompt_of_row, sampling):
        assert list(prompt_of_row) == list(range(len(prompts)))
        assert sampling.temperature == 1.0
        self.batches.append(len(prompts))
        self.draws.append(torch.rand(()).item())
        return Rollouts([[ord(c) for c in self.outputs.pop(0)] for _ in prompts])


def question(number, kind, solution="<answer>A</answer>", problem_type="multiple choice"):
    return Sample(
        problem_id=str(number),
        problem="why ?",
        problem_type=problem_type,
        solution=solution,
        data_type="text",
        path=None,
        original_question_type=kind,
    )


SAMPLES = [question(0, "order"), question(1, "count"), question(2, "order"), question(3, "order")]
SAMPLING = Sampling(max_new_tokens=60, end_token_ids=(0,), pad_token_id=0)


def evaluate(tmp_path, engine, samples=SAMPLES, **settings):
    template = PROMPT_TEMPLATES["plain"]
    settings = {"rows_path": tmp_path / "rows.jsonl", "batch_size": 3, **settings}
    return evaluate_sampled(engine, CharacterEncoder(), samples, template, SAMPLING, **settings)


def test_counts_by_type_can_be_redone_by_hand(tmp_path):
    engine = ScriptedEngine([RIGHT, WRONG, WRONG, BARE])
    result = evaluate(tmp_path, engine)
    assert engine.batches == [3, 1]
    assert (result.overall.n, result.overall.correct, result.overall.accuracy) == (4, 2, 0.5)
    assert (result.overall.low, result.overall.high) == pytest.approx((0.1500, 0.8500), abs=1e-4)
    assert {kind: (t.n, t.correct) for kind, t in result.by_type.items()} == {"order": (3, 2), "count": (1, 0)}
    assert result.format_share == 0.75
    assert result.mean_length == (len(RIGHT) + 2 * len(WRONG) + 1) / 4
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [(row["problem_id"], row["output"], row["score"]) for row in rows] == [
        ("0", RIGHT, 1.0),
        ("1", WRONG, 0.0),
        ("2", WRONG, 0.0),
        ("3", BARE, 1.0),
    ]


def test_the_seed_decides_the_draws_and_the_state_is_left_alone(tmp_path):
    torch.manual_seed(11)
    expected = torch.rand(())
    torch.manual_seed(11)
    engines = [ScriptedEngine([RIGHT] * 4) for _ in range(3)]
    for engine, seed in zip(engines, (1, 1, 2), strict=True):
        evaluate(tmp_path, engine, seed=seed)
    assert engines[0].draws == engines[1].draws != engines[2].draws
    assert torch.rand(()) == expected


def test_nothing_to_evaluate_is_told(tmp_path):
    with pytest.raises(DataError, match="no question"):
        evaluate(tmp_path, ScriptedEngine([]), samples=[])
    with pytest.raises(ConfigError, match="batch_size is 0"):
        evaluate(tmp_path, ScriptedEngine([]), batch_size=0)


def test_the_record_is_plain_json(tmp_path):
    result = evaluate(tmp_path, ScriptedEngine([RIGHT] * 4), seed=7)
    write_result(result, tmp_path / "result.json")
    record = json.loads((tmp_path / "result.json").read_text())
    assert record["by_type"]["count"]["accuracy"] == 1.0
    assert (record["seed"], record["temperature"], record["max_new_tokens"]) == (7, 1.0, 60)
