from dataclasses import replace

import pytest

from tests.evaluation.benchmarks.asking import read
from tests.evaluation.benchmarks.layouts import write_videomme
from video_ktr.errors import ConfigError, DataError
from video_ktr.evaluation.benchmark_asking import build_asker
from video_ktr.evaluation.benchmarks import find_benchmark
from video_ktr.evaluation.wording import Wording


class Failing:
    """A real engine that refuses some prompts, or any batch of more than `most`."""

    def __init__(self, engine, *, error, refused=(), most=99):
        self.engine, self.error, self.refused, self.most = engine, error, refused, most

    def generate(self, prompts, prompt_of_row, sampling, *, row_seeds=None):
        if len(prompts) > self.most or any(len(prompt.input_ids_P) in self.refused for prompt in prompts):
            raise self.error
        return self.engine.generate(prompts, prompt_of_row, sampling, row_seeds=row_seeds)


def changed(question, **fields):
    return replace(question, sample=replace(question.sample, **fields))


def answers(asker, questions):
    """Without the seconds they took."""
    return [replace(answer, seconds=0.0) for answer in asker.run(asker.prepare(questions))]


def test_batches_do_not_change_what_is_answered(asker, eval_questions):
    together = answers(asker, eval_questions)
    assert together[::-1] == [answer for q in reversed(eval_questions) for answer in answers(asker, [q])]
    assert [answer.key for answer in together] == [question.id for question in eval_questions]
    assert len({answer.output for answer in together}) > 1
    assert answers(replace(asker, seed=1), eval_questions) != together


def test_greedy_answers_do_not_depend_on_the_seed(asker, eval_questions):
    greedy = replace(asker, sampling=replace(asker.sampling, temperature=0.0))
    assert answers(greedy, eval_questions) == answers(replace(greedy, seed=1), eval_questions)


def test_length_cut_and_frames_are_told(asker, eval_questions):
    whole, short = (
        answers(replace(asker, sampling=replace(asker.sampling, max_new_tokens=n)), eval_questions[:1])[0]
        for n in (8, 2)
    )
    assert (whole.truncated, short.truncated) == (False, True)
    assert (short.length, short.frames) == (2, 4)


def test_failures_stand_in_their_places(asker, eval_questions, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"not a video")
    broken = changed(eval_questions[0], path=str(tmp_path / "broken.mp4"))
    missing = changed(eval_questions[1], path="/nowhere/lost.mp4")
    long = changed(eval_questions[2], problem="why " * 20000)
    found = answers(asker, [broken, missing, eval_questions[3], long])
    assert [a.state for a in found] == ["unreadable media", "missing media", "answered", "failed"]
    assert "broken.mp4" in found[0].detail
    assert "lost.mp4" in found[1].detail
    assert "more than max_prompt_tokens" in found[3].detail
    assert found[2] == answers(asker, [eval_questions[3]])[0]
    assert [a.state for a in answers(replace(asker, engine=None), [broken, long])] == ["unreadable media", "failed"]


@pytest.mark.parametrize("error", [DataError("too long for the engine"), RuntimeError("out of memory")])
def test_a_question_that_the_engine_refuses_fails_alone(asker, eval_questions, error):
    refused = changed(eval_questions[1], problem="why " * 40)
    length = len(asker.encoder.encode(asker.wording.messages(asker.benchmark, refused)).input_ids_P)
    engine = Failing(asker.engine, error=error, refused=[length])
    first, second, third = answers(replace(asker, engine=engine), [eval_questions[0], refused, eval_questions[2]])
    assert (second.state, second.detail) == ("failed", f"{type(error).__name__}: {error}")
    assert [first, third] == answers(asker, [eval_questions[0], eval_questions[2]])


def test_a_batch_too_large_for_the_engine_is_asked_one_by_one(asker, eval_questions):
    engine = Failing(asker.engine, error=RuntimeError("out of memory"), most=1)
    assert answers(replace(asker, engine=engine), eval_questions) == answers(asker, eval_questions)


def test_an_engine_that_breaks_on_every_question_ends_the_run(asker, eval_questions):
    engine = Failing(asker.engine, error=RuntimeError("device lost"), most=0)
    with pytest.raises(ConfigError, match=r"failed on each of 2 questions, last with RuntimeError: device lost"):
        answers(replace(asker, engine=engine), eval_questions[:2])


def test_questions_that_are_all_too_long_are_each_failed(asker, eval_questions):
    engine = Failing(asker.engine, error=DataError("too long"), most=0)
    assert [a.state for a in answers(replace(asker, engine=engine), eval_questions[:2])] == ["failed"] * 2


@pytest.fixture
def with_subtitles(eval_config, asker, tmp_path):
    source = write_videomme(tmp_path, questions=4)
    (first, *_, last), _ = read("videomme_subtitles", source)
    wording = Wording(name="plain", template=asker.wording.template)
    media = replace(eval_config.media, slot_seconds=None)
    benchmark = find_benchmark("videomme_subtitles")
    return build_asker(replace(eval_config, media=media), benchmark, wording, engine=asker.engine), first, last


def test_subtitles_at_the_sampled_frames_are_in_the_prompt(with_subtitles):
    asker, told, untold = with_subtitles
    prompts = dict(zip("ab", (prompt for _, prompt in asker.prepare([told, untold])), strict=True))
    texts = {name: asker.text(prompt.input_ids_P) for name, prompt in prompts.items()}
    # Frames at 0, 0.5, 1 and 1.5 seconds: both cues are shown.
    assert "Good morning" in texts["a"]
    assert "to you all" in texts["a"]
    assert "subtitles" not in texts["b"]


def test_subtitles_leave_frames_and_times_alone(with_subtitles):
    asker, told, _ = with_subtitles
    ((_, prompt),) = asker.prepare([told])
    plain = asker.encoder.encode(asker.wording.messages(asker.benchmark, told))
    assert (prompt.video_patches_KD == plain.video_patches_KD).all()
    assert (prompt.slot_seconds, prompt.num_frames) == (plain.slot_seconds, plain.num_frames) == ((1.0,), (4,))
    assert asker.run([(told, prompt)])[0].state == "answered"
