from dataclasses import replace

import pytest

from tests.evaluation.conftest import PLAIN
from video_ktr.evaluation.answer_source import AnswerSource, AskWorker
from video_ktr.evaluation.benchmarks import find_benchmark
from video_ktr.jobs.ray_config import RayConfig

MMVU = find_benchmark("mmvu")


@pytest.fixture
def ray_stopped():
    yield
    import ray

    ray.shutdown()


def plain(batches):
    return {answer.key: replace(answer, seconds=0.0) for batch in batches for answer in batch}


def test_one_model_serves_every_run(eval_config, eval_questions):
    source = AnswerSource()
    first = plain(source.answers([eval_questions[:2]], eval_config, MMVU, PLAIN))
    engine = source._engine
    more = replace(eval_config, media=replace(eval_config.media, max_frames=6))
    assert set(plain(source.answers([eval_questions[:2]], more, MMVU, PLAIN))) == set(first)
    assert source._engine is engine


def test_a_worker_gives_what_this_process_gives(eval_config, eval_questions, asker):
    worker = AskWorker(eval_config, MMVU, PLAIN, {question.id: question for question in eval_questions})
    (found,) = worker.run([{"id": eval_questions[1].id}])
    (expected,) = asker.run(asker.prepare([eval_questions[1]]))
    assert {**found, "seconds": 0} == {**expected.to_json(), "seconds": 0}


@pytest.mark.ray
@pytest.mark.usefixtures("ray_stopped")
def test_two_ray_workers_give_what_one_process_gives(eval_config, eval_questions):
    batches = [eval_questions[first : first + 2] for first in range(0, len(eval_questions), 2)]
    on_ray = replace(eval_config, engine="ray", ray=RayConfig(workers=2, num_cpus=0.5))
    expected = plain(AnswerSource().answers(batches, eval_config, MMVU, PLAIN))
    assert plain(AnswerSource().answers(batches, on_ray, MMVU, PLAIN)) == expected


@pytest.mark.vllm
def test_vllm_gives_the_greedy_answers_of_transformers(eval_config, eval_questions):
    greedy = replace(eval_config, temperature=0.0)
    limits = {"max_model_len": 1024, "enforce_eager": True, "dtype": "float32", "gpu_memory_utilization": 0.2}
    in_vllm = replace(greedy, engine="vllm", engine_kwargs={**limits, "tensor_parallel_size": 1})
    expected = plain(AnswerSource().answers([eval_questions], greedy, MMVU, PLAIN))
    assert plain(AnswerSource().answers([eval_questions], in_vllm, MMVU, PLAIN)) == expected
