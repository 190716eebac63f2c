import pytest

from video_ktr.rewards import caption_reward


def test_the_reward_scores_its_own_rows_alone():
    logged = {}
    rewards = caption_reward(
        completions=["<answer>a red dog runs</answer>", "a red dog", "<answer>B</answer>", "<answer>猫</answer>"],
        solution=["a red cat", "a red cat", "B", "猫"],
        problem_type=["caption", "caption", "multiple choice", "caption"],
        log_metric=logged.__setitem__,
        prompts=["p"] * 4,
    )
    # "a red" of 4 and 3 words in common; no tags; another type; a language that ROUGE does not know.
    assert rewards == [pytest.approx(2 * 2 / (4 + 3)), 0.0, None, None]
    assert logged == {"unscorable": pytest.approx(1 / 3)}
