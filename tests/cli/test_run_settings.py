import copy
import json
from dataclasses import dataclass

import pytest

from video_ktr.cli.run_settings import checked_settings, recorded_settings
from video_ktr.data.prompts import PROMPT_TEMPLATES, PromptTemplate
from video_ktr.errors import ConfigError


@dataclass
class Example:
    output_dir: str = ""
    media: dict | None = None
    remove_unused_columns: bool = False
    resume_from_checkpoint: str | None = None
    model_init_kwargs: dict | str | None = None


OWN = ("model", "num_questions", "media_root")


def test_values_are_fitted_and_the_recipe_is_left_alone():
    recipe = {"num_questions": 8.0, "media_root": None, "media": {"fps": 2, "max_frames": 16.0}}
    before = copy.deepcopy(recipe)
    fitted = checked_settings(recipe, OWN, Example)
    assert fitted == recipe == before
    kinds = [type(value) for value in (fitted["num_questions"], fitted["media"]["fps"], fitted["media"]["max_frames"])]
    assert kinds == [int, float, int]


def test_a_key_that_belongs_to_the_config_class_is_left_to_it():
    assert checked_settings({"model_init_kwargs": "{}"}, OWN, Example) == {"model_init_kwargs": "{}"}
    with pytest.raises(ConfigError, match=r"model_init_kwargs is '\{\}': expected a section"):
        checked_settings({"model_init_kwargs": "{}"}, (*OWN, "model_init_kwargs"), Example)


def test_settings_switched_off_are_no_mistake():
    off = {"remove_unused_columns": False, "resume_from_checkpoint": None}
    assert checked_settings(off, OWN, Example) == off


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"modle": "a"}, "unknown setting modle: did you mean model"),
        ({"output_dir": 3}, "output_dir is 3: expected text"),
        ({"media": [1]}, r"media is \[1\]: expected a section of settings"),
        ({"remove_unused_columns": True}, "remove_unused_columns is true"),
        ({"resume_from_checkpoint": True}, "resume_from_checkpoint has no effect"),
    ],
)
def test_each_mistake_is_told(change, message):
    with pytest.raises(ConfigError, match=message):
        checked_settings(change, OWN, Example)


def test_the_wording_is_recorded_in_place_of_the_name():
    recipe = {"prompt_template": "words.txt", "seed": 1}
    record = recorded_settings(recipe, PromptTemplate("Look. {question}"))
    assert record["seed"] == 1
    assert record["prompt_template"]["text"] == "Look. {question}"
    assert record["prompt_template"]["answer_hints"]["caption"] == PROMPT_TEMPLATES["plain"].answer_hints["caption"]
    assert json.loads(json.dumps(record)) == record
    assert recipe == {"prompt_template": "words.txt", "seed": 1}
    assert recorded_settings({**recipe, "prompt_template": "moved.txt"}, PromptTemplate("Look. {question}")) == record
    assert recorded_settings(recipe, PromptTemplate("See. {question}")) != record
