import pytest
from hypothesis import given
from hypothesis import strategies as st

from video_ktr.cli.settings import check_keys, merged, parse_overrides, parse_value, read_settings, take
from video_ktr.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-6", 1e-6),
        ("2E5", 2e5),
        ("1.5e-3", 1.5e-3),
        (".5", 0.5),
        ("5.", 5.0),
        ("-3", -3),
        ("12", 12),
        ("1e", "1e"),
        ("v1.2", "v1.2"),
        ("true", True),
        ("no", "no"),
        ("off", "off"),
        ("null", None),
        ("[accuracy, format]", ["accuracy", "format"]),
        ("{a: 1e-3}", {"a": 1e-3}),
    ],
)
def test_values_are_read_as_people_write_them(text, value):
    result = parse_value(text, "here")
    assert result == value
    assert type(result) is type(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_comes_back(number):
    assert float(parse_value(repr(number), "here")) == number


def test_overrides_reach_into_sections():
    words = ["--learning_rate", "1e-6", "--media.max_frames=8", "--media.fps", "1.0", "--max_steps", "-1"]
    assert parse_overrides(words) == {
        "learning_rate": 1e-6,
        "media": {"max_frames": 8, "fps": 1.0},
        "max_steps": -1,
    }


def test_a_hyphen_in_a_key_is_an_underscore_and_in_a_value_itself():
    words = ["--prompt-template", "my-words.txt", "--key-tokens.visual-ratio=-0.2", "--max_steps", "1", "--max-steps=2"]
    assert parse_overrides(words) == {
        "prompt_template": "my-words.txt",
        "key_tokens": {"visual_ratio": -0.2},
        "max_steps": 2,
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["8"], "belongs to no setting"),
        (["--bf16"], "--bf16 has no value"),
        (["--prompt-template"], "--prompt-template has no value"),
        (["--bf16", "--seed", "1"], "--bf16 has no value"),
        (["--seed", "[1"], "--seed: not valid YAML"),
        (["--a", "1", "--a.b", "2"], "not a section"),
    ],
)
def test_wrong_overrides_are_told(words, message):
    with pytest.raises(ConfigError, match=message):
        parse_overrides(words)


def test_overrides_win_and_change_nothing_else(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("learning_rate: 1e-6\nmedia: {max_frames: 16, fps: 2}\n")
    assert read_settings(file, {"media": {"max_frames": 8}, "seed": 1}) == {
        "learning_rate": 1e-6,
        "media": {"max_frames": 8, "fps": 2},
        "seed": 1,
    }


def test_merged_writes_into_neither():
    first, second = {"a": {"b": 1}}, {"a": {"c": [2]}}
    result = merged(first, second)
    result["a"]["c"].append(3)
    assert (first, second) == ({"a": {"b": 1}}, {"a": {"c": [2]}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "'a' is given twice"),
        ("- a\n", "found list"),
        ("a: [1\n", "not valid YAML"),
        ("1: a\n", "not text"),
    ],
)
def test_wrong_files_are_told(tmp_path, text, message):
    file = tmp_path / "a.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_settings(file)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read"):
        read_settings(tmp_path / "none.yaml")


def test_an_empty_file_holds_no_settings(tmp_path):
    (tmp_path / "a.yaml").write_text("# nothing\n")
    assert read_settings(tmp_path / "a.yaml") == {}


def test_unknown_keys_name_the_nearest():
    with pytest.raises(ConfigError, match=r"media\.max_frame: did you mean max_frames"):
        check_keys({"max_frame": 1}, ["max_frames", "fps"], "media")
    with pytest.raises(ConfigError, match="xyz: use one of fps, max_frames"):
        check_keys({"xyz": 1}, ["max_frames", "fps"])
    check_keys({"fps": 1}, ["max_frames", "fps"])


def test_take_wants_a_value():
    assert take({"a": 0}, "a", "give it") == 0
    with pytest.raises(ConfigError, match="'a' is missing: give it"):
        take({"a": ""}, "a", "give it")
