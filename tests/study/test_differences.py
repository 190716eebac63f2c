from video_ktr.study.differences import ABSENT, find_differences
from video_ktr.study.plan import Plan


def pair(cell, arm, recipe, resolved):
    settings = {"recipe": {"output_dir": arm, **recipe}, "resolved": {"output_dir": arm, **resolved}}
    return cell(arm, "a", 0, [1], settings=settings)


def found(cell, arms, *cells):
    plan = Plan(name="x", arms=arms, seeds=(0,), starts=("a",), baseline="base")
    made = [pair(cell, name, *both) for name, both in zip(arms, cells, strict=True)]
    return [(one.setting, one.value, one.other, one.reason) for one in find_differences(plan, made)]


def test_what_is_named_what_is_the_methods_own_and_what_is_neither(cell):
    arms = {"base": {"method": "grpo"}, "ktr": {"method": "video_ktr", "key_tokens": {"distance": "kl"}}}
    base = ({"method": "grpo", "lr": 1.0}, {"lr": 1.0, "beta": 0.0})
    ours = (
        {"method": "video_ktr", "lr": 1, "key_tokens": {"distance": "kl"}},
        {"lr": 1, "beta": 0.4, "key_tokens": {"distance": "kl", "signed": False}},
    )
    assert found(cell, arms, base, ours) == [
        ("key_tokens.distance", "kl", ABSENT, "named"),
        ("method", "video_ktr", "grpo", "named"),
        ("beta", "0.4", "0.0", "not named"),
        ("key_tokens.signed", "False", ABSENT, "of the method"),
    ]


def test_a_recipe_setting_of_one_arm_alone_has_to_be_named(cell):
    arms = {"base": {}, "other": {"a": 1}}
    assert found(cell, arms, ({}, {}), ({"b": 1}, {})) == [("b", "1", ABSENT, "not named")]


def test_a_preset_speaks_for_what_it_sets_and_for_no_more(cell):
    arms = {"base": {"preset": "paper"}, "other": {"preset": "official"}}
    ours = {"preset": "official", "key_tokens": {"signed": True}, "kl_clamp": 10, "beta": 0.04}
    base = {"preset": "paper", "key_tokens": {"signed": False}, "kl_clamp": None, "beta": 0.4}
    reasons = {setting: reason for setting, _, _, reason in found(cell, arms, ({}, base), ({}, ours))}
    assert reasons == {
        "preset": "named",
        "key_tokens.signed": "named",
        "kl_clamp": "named",
        "beta": "not named",
    }


def test_equal_arms_differ_in_nothing(cell):
    assert found(cell, {"base": {}, "other": {}}, ({"a": 1}, {"b": [1]}), ({"a": 1}, {"b": [1]})) == []
