import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from video_ktr.errors import ConfigError
from video_ktr.rewards import length_reward

RIGHT, WRONG = "<answer>B</answer>", "<answer>C</answer>"


def bonus(completions, lengths, ids, solution="B", **columns):
    rows = len(completions)
    return length_reward(
        completions=completions,
        completion_ids=[[0] * length for length in lengths],
        solution=[solution] * rows,
        problem_type=["multiple choice"] * rows,
        problem_id=ids,
        **columns,
    )


def test_one_right_answer_earns_nothing_two_do():
    assert bonus([RIGHT, WRONG], [400, 400], ["a", "a"]) == [0.0, 0.0]
    assert bonus([RIGHT, RIGHT], [400, 400], ["a", "a"]) == [0.2, 0.2]


def test_the_window_includes_its_edges():
    assert bonus([RIGHT] * 5, [319, 320, 512, 513, 0], ["a"] * 5) == [0.0, 0.2, 0.2, 0.0, 0.0]


def test_groups_are_counted_apart_wherever_their_rows_stand():
    completions = [RIGHT, RIGHT, WRONG, RIGHT]
    assert bonus(completions, [400] * 4, ["a", "b", "b", "a"]) == [0.2, 0.0, 0.0, 0.2]


def test_equal_ids_of_merged_files_are_told_apart_by_the_prompt():
    prompts = [[{"role": "user", "content": [{"type": "video", "video": path}]}] for path in ("a.mp4", "b.mp4")]
    assert bonus([RIGHT] * 2, [400] * 2, ["1", "1"], prompts=prompts) == [0.0, 0.0]
    assert bonus([RIGHT] * 2, [400] * 2, None, prompts=prompts) == [0.0, 0.0]
    assert bonus([RIGHT] * 2, [400] * 2, None, prompts=[prompts[0]] * 2) == [0.2, 0.2]


def test_media_in_memory_need_an_id():
    prompts = [[{"role": "user", "content": [{"type": "image", "image": Image.new("RGB", (2, 2))}]}] for _ in range(2)]
    assert bonus([RIGHT] * 2, [400] * 2, ["1", "1"], prompts=prompts) == [0.2, 0.2]
    with pytest.raises(ConfigError, match="problem_id"):
        bonus([RIGHT] * 2, [400] * 2, None, prompts=prompts)


def test_without_ids_and_prompts_all_rows_are_one_group():
    assert bonus([RIGHT] * 2, [400] * 2, None) == [0.2, 0.2]


def test_the_gate_is_an_accuracy_above_a_tenth():
    rewards = length_reward(
        completions=["<answer>1.2</answer>", "<answer>1</answer>", "<answer>5</answer>"],
        completion_ids=[[0] * 400] * 3,
        solution=["10"] * 3,
        problem_type=["regression"] * 3,
        problem_id=["a"] * 3,
    )
    # Accuracies 0.12, 0.1 (just below, for the tiny terms) and 0.5.
    assert rewards == [0.2, 0.0, 0.2]


def test_what_cannot_be_scored_gets_no_number_and_is_counted():
    logged = {}
    columns = {"solution": "", "log_metric": logged.__setitem__}
    assert bonus([RIGHT, RIGHT], [400, 400], ["a", "a"], **columns) == [None, None]
    assert logged == {"unscorable": 1.0}


@given(st.lists(st.tuples(st.text(), st.integers(0, 600)), max_size=5))
def test_any_text_has_a_bonus_in_range(rows):
    texts, lengths = [text for text, _ in rows], [length for _, length in rows]
    assert set(bonus(texts, lengths, ["a"] * len(rows))) <= {0.0, 0.2}
