from dataclasses import replace

import pytest

from video_ktr.data.prompts import PROMPT_TEMPLATES
from video_ktr.errors import ConfigError
from video_ktr.filtering.runner import build_trials, pending_batches, run_here


def test_batches_start_at_the_same_questions_whatever_is_done(questions):
    batches = pending_batches(questions, set(), 4)
    assert [len(batch) for batch in batches] == [4, 4, 2]
    done = {question.key for question in (*questions[:4], questions[5])}
    assert pending_batches(questions, done, 4) == [[questions[4], *questions[6:8]], batches[2]]
    assert pending_batches(questions, {question.key for question in questions}, 4) == []


def test_all_batches_are_run_in_order(questions, trials):
    batches = pending_batches(questions, set(), 4)
    found = list(run_here(batches, trials))
    assert [[o.key for o in outcomes] for outcomes in found] == [[q.key for q in batch] for batch in batches]
    assert list(run_here([], trials)) == []


def test_settings_reach_engine_and_encoder(config):
    other = replace(config, temperature=0.5, top_p=0.9, top_k=3, max_prompt_tokens=99, trials=2, seed=5)
    trials = build_trials(other, PROMPT_TEMPLATES["plain"])
    sampling = trials.sampling
    assert (sampling.temperature, sampling.top_p, sampling.top_k, sampling.max_new_tokens) == (0.5, 0.9, 3, 8)
    assert (trials.encoder.max_prompt_tokens, trials.encoder.media) == (99, config.media)
    assert (trials.trials, trials.seed) == (2, 5)


def test_engine_arguments_reach_the_model(config):
    trials = build_trials(replace(config, engine_kwargs={"dtype": "float64"}), PROMPT_TEMPLATES["plain"])
    assert str(trials.engine.model.dtype) == "torch.float64"


def test_a_model_without_weights_is_told(config, world, tmp_path):
    for path in (world / "model").iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(ConfigError, match="weights cannot be read"):
        build_trials(replace(config, model=str(tmp_path)), PROMPT_TEMPLATES["plain"])
