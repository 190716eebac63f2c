from dataclasses import replace

from video_ktr.evaluation.config import EvaluationConfig

CONFIG = EvaluationConfig(model="m")


def test_greedy_and_the_published_limits_by_default():
    assert (CONFIG.temperature, CONFIG.max_new_tokens, CONFIG.max_prompt_tokens) == (0.0, 1024, 16384)


def test_asking_again_and_other_batches_change_no_answer():
    assert replace(CONFIG, retry_failed=True, batch_size=1, engine="ray").deciding() == CONFIG.deciding()
    assert replace(CONFIG, max_new_tokens=8).deciding() != CONFIG.deciding()
