import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.data.schema import PROBLEM_TYPES
from video_ktr.errors import ConfigError
from video_ktr.rewards import accuracy_reward, length_reward
from video_ktr.rewards.registry import REWARDS, find_rewards

# Of each problem type a truth that can be scored, and one that cannot.
TRUTHS = {
    "multiple choice": ("<answer>A,C</answer>", "<answer></answer>"),
    "numerical": ("3.0", "three"),
    "regression": ("10", "inf"),
    "OCR": ("the quick fox", None),
    "free-form": ("red cat", "猫"),
    "temporal grounding": ("3.5 - 7.0; 9 - 10", "7 - 3.5"),
    "caption": ("a red cat runs", "—"),
}
ONLY = {"temporal_iou": "temporal grounding", "caption": "caption"}
PARTS = ["<think>", "</think>", "<answer>", "</answer>", "3.5", "-", ";", ":", ",", " and ", "A", "C", "red cat", "nan"]
PARTS += ["inf", "1e999", "\u0663", "\uff0d", "½", "\u212a", "\x00", "\u2028", "\ud800", "🦊", "\n", " "]
anything = st.text(st.characters(exclude_categories=()))
outputs = anything | st.lists(st.sampled_from(PARTS) | anything, max_size=12).map("".join)
answers = outputs.map("<answer>{}</answer>".format)
thoughtful = st.tuples(outputs, outputs).map(lambda two: "<think>{}</think>\n<answer>{}</answer>".format(*two))


def rewarded(name, outputs, truths, kinds):
    """The rewards of one group of rows and what was logged."""
    logged = []
    rows = len(outputs)
    values = REWARDS[name](
        completions=outputs,
        completion_ids=[[0] * 400] * rows,
        solution=truths,
        problem_type=kinds,
        problem_id=["a"] * rows,
        prompts=["p"] * rows,
        log_metric=lambda *pair: logged.append(pair),
        trainer_state=None,
    )
    return values, logged


def allowed(name, value):
    if name in {"format", "origin_accuracy"}:
        return value in {0.0, 1.0}
    return value in {0.0, 0.2} if name == "length" else 0.0 <= value <= 1.0


@pytest.mark.parametrize("name", REWARDS)
@given(output=outputs | answers | thoughtful, bad=st.booleans())
def test_any_output_has_a_reward_in_range_or_a_counted_none(name, output, bad):
    kinds = list(PROBLEM_TYPES)
    values, logged = rewarded(name, [output] * len(kinds), [TRUTHS[kind][bad] for kind in kinds], kinds)
    unscored = [kind for kind, value in zip(kinds, values, strict=True) if value is None]
    assert all(allowed(name, value) for value in values if value is not None)
    if name == "format":
        assert (unscored, logged) == ([], [])
    else:
        assert unscored == [kind for kind in kinds if bad or kind != ONLY.get(name, kind)]
        assert logged == [("unscorable", float(bad))]


@pytest.mark.parametrize("name", REWARDS)
@given(output=answers, truth=outputs, kind=st.sampled_from(PROBLEM_TYPES) | anything)
def test_any_truth_and_any_type_have_a_reward_in_range_or_none(name, output, truth, kind):
    [value], logged = rewarded(name, [output], [truth], [kind])
    assert value is None or allowed(name, value)
    if name != "format" and kind == ONLY.get(name, kind):
        assert logged == [("unscorable", float(value is None))]


HUGE = ["<answer>" * 12_500, "<think></think><answer>" * 4_000, "A," * 50_000, "3 - 7; " * 14_000, "red cat " * 12_500]
HUGE += ["9" * 100_000, "a" * 100_000, " " * 100_000, "\u00a0" * 100_000]


@pytest.mark.parametrize("name", REWARDS)
@pytest.mark.parametrize("huge", HUGE, ids=lambda text: text[:8].strip() or "space")
def test_huge_outputs_do_not_hang(name, huge):
    kinds = list(PROBLEM_TYPES)
    output = f"<think></think><answer>{huge}</answer>"
    start = time.perf_counter()
    values, _ = rewarded(name, [output] * len(kinds), [TRUTHS[kind][0] for kind in kinds], kinds)
    assert time.perf_counter() - start < 10.0
    assert all(value is None or allowed(name, value) for value in values)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """A working folder to write modules in; what they leave in Python's tables is taken out again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("own_"):
            del sys.modules[name]


def test_rewards_come_in_the_order_of_their_names(workplace):
    assert find_rewards(["length", "accuracy"]) == [length_reward, accuracy_reward]
    assert len(find_rewards(list(REWARDS))) == len(REWARDS) == 7
    (workplace / "own_package").mkdir()
    (workplace / "own_package" / "rewards.py").write_text(
        "def brief(completions, **kwargs):\n    return [1.0 / (1 + len(text)) for text in completions]\n"
    )
    first, own = find_rewards(["accuracy", "own_package.rewards:brief"])
    assert first is accuracy_reward
    assert own(completions=["", "abc"], prompts=["p"] * 2) == [1.0, 0.25]


MODULE = """
number = 3
def fixed(completions): return [0.0 for _ in completions]
def accuracy_reward(completions, **kwargs): return [0.0 for _ in completions]
class Scale:
    def __call__(self, completions, **kwargs): return [2.0 for _ in completions]
scale = Scale()
"""


def test_an_object_that_can_be_called_will_do(workplace):
    (workplace / "own_rewards.py").write_text(MODULE)
    [own] = find_rewards(["own_rewards:scale"])
    assert own(completions=["x"]) == [2.0]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "give a list of accuracy, format, length"),
        (None, "give a list"),
        ("accuracy", "give a list"),
        (["accuracy", "style"], "'style' is unknown: use one of accuracy, format, length, .* or module:function"),
        ([3], "reward 3 is unknown"),
        ([["accuracy"]], r"reward \['accuracy'\] is unknown"),
        ([":f"], "':f' is unknown"),
        (["own_rewards:"], "is unknown"),
        (["own rewards:fixed"], "is unknown"),
        (["../own_rewards:fixed"], "is unknown"),
        (["own_nothing:f"], "'own_nothing:f' cannot be imported .*No module named 'own_nothing'"),
        (["own_needy:f"], "'own_needy:f' cannot be imported .*No module named 'nowhere'"),
        (["own_broken:f"], "'own_broken:f' cannot be imported"),
        (["own_rewards:missing"], "the module own_rewards has no missing"),
        (["own_rewards:number"], "'own_rewards:number' is of type int: name a function"),
        (["own_rewards:fixed"], r"'own_rewards:fixed' must take \*\*kwargs"),
        (["builtins:dict"], r"must take \*\*kwargs"),
        (["accuracy", "accuracy"], "2 functions are called accuracy_reward"),
        (["accuracy", "own_rewards:accuracy_reward"], "2 functions are called accuracy_reward"),
    ],
)
def test_each_mistake_is_told_in_one_line(workplace, names, message):
    (workplace / "own_rewards.py").write_text(MODULE)
    (workplace / "own_needy.py").write_text("import nowhere\n")
    (workplace / "own_broken.py").write_text("def f(:\n")
    with pytest.raises(ConfigError, match=message) as error:
        find_rewards(names)
    assert "\n" not in str(error.value)


def test_a_file_in_the_working_folder_does_not_hide_an_installed_module(workplace):
    (workplace / "json.py").write_text("def dumps(**kwargs): return 'ours'\n")
    (workplace / "own_rewards.py").write_text("from json import dumps\ndef f(**kwargs): return dumps([1])\n")
    [own] = find_rewards(["own_rewards:f"])
    assert own() == "[1]"
