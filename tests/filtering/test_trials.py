from dataclasses import replace

from video_ktr.data.keyed_samples import KeyedSample
from video_ktr.data.prompts import PROMPT_TEMPLATES
from video_ktr.filtering.trials import build_trials
from video_ktr.jobs.item_seeds import item_seed


class Listener:
    """Passes calls on to a real engine and remembers how they were made."""

    def __init__(self, engine):
        self.engine, self.calls = engine, []

    def generate(self, prompts, prompt_of_row, sampling, *, row_seeds=None):
        self.calls.append((len(prompts), list(prompt_of_row), list(row_seeds)))
        return self.engine.generate(prompts, prompt_of_row, sampling, row_seeds=row_seeds)


def changed(question, **fields):
    return KeyedSample(key=question.key, sample=replace(question.sample, **fields))


def outcomes(trials, questions):
    return trials.run(trials.prepare(questions))


def test_a_prompt_is_encoded_once_for_its_trials_and_each_trial_has_its_seed(trials, questions):
    listener = Listener(trials.engine)
    first, second = outcomes(replace(trials, engine=listener, trials=3), questions[:2])
    seeds = [item_seed(0, question.key, trial) for question in questions[:2] for trial in range(3)]
    assert listener.calls == [(2, [0, 0, 0, 1, 1, 1], seeds)]
    assert len(set(seeds)) == 6
    assert (first.key, second.key) == (questions[0].key, questions[1].key)
    assert len(first.scores) == len(first.lengths) == len(first.formatted) == len(first.cut) == 3


def test_batches_do_not_change_what_a_trial_draws(trials, questions):
    together = outcomes(trials, questions)
    alone = [outcome for question in reversed(questions) for outcome in outcomes(trials, [question])]
    assert together == alone[::-1]
    assert len({outcome.scores for outcome in together}) > 3
    assert outcomes(replace(trials, seed=1), questions) != together


def test_fewer_trials_are_the_first_of_more(trials, questions):
    few, many = (outcomes(replace(trials, trials=n), questions[:1])[0] for n in (3, 8))
    assert few.scores == many.scores[:3]


def test_lengths_and_cuts_are_of_the_completions(trials, questions):
    short = replace(trials, sampling=replace(trials.sampling, max_new_tokens=2))
    (outcome,) = outcomes(short, questions[:1])
    assert outcome.lengths == (2,) * 8
    assert outcome.cut == (True,) * 8
    assert outcome.scores == (0.0,) * 8
    assert not any(outcomes(trials, questions[:1])[0].cut)


def test_failures_stand_in_their_places_and_cost_no_trial(trials, questions, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"not a video")
    broken = changed(questions[1], path=str(tmp_path / "broken.mp4"))
    missing = changed(questions[2], path=str(tmp_path / "missing.mp4"))
    unscorable = changed(questions[3], problem_type="numerical", solution="<answer>many</answer>")
    long = changed(questions[4], problem="why " * 3000)
    trials.encoder.max_prompt_tokens = 2000
    listener = Listener(trials.engine)
    found = outcomes(replace(trials, engine=listener), [broken, missing, questions[0], unscorable, long])
    assert [o.failure for o in found] == ["unreadable", "unreadable", None, "unscorable", "too long"]
    assert "broken.mp4" in found[0].detail
    assert "missing.mp4" in found[1].detail
    assert "many" in found[3].detail
    assert found[2] == outcomes(trials, [questions[0]])[0]
    assert [prompts for prompts, _, _ in listener.calls] == [1]
    assert outcomes(replace(trials, engine=None), [broken, long])[0].failure == "unreadable"


def test_settings_reach_the_trials(config):
    built = build_trials(replace(config, trials=2, seed=5), PROMPT_TEMPLATES["plain"])
    assert (built.trials, built.seed, built.template) == (2, 5, PROMPT_TEMPLATES["plain"])
