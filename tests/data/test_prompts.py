import dataclasses

import pytest

from video_ktr.data.prompts import (
    ANSWER_HINTS,
    PROMPT_TEMPLATES,
    PromptTemplate,
    build_messages,
    build_row,
    prompt_template,
)
from video_ktr.data.schema import PROBLEM_TYPES, Sample
from video_ktr.errors import ConfigError

SAMPLE = Sample(
    problem_id="7",
    problem="What falls first?",
    problem_type="multiple choice",
    solution="<answer>B</answer>",
    options=("A. cup", "B. pen"),
    data_type="video",
    path="/clips/3.mp4",
)


def test_media_stands_before_the_question():
    [turn] = build_messages(SAMPLE, PromptTemplate("{question}"))
    assert turn == {
        "role": "user",
        "content": [
            {"type": "video", "video": "/clips/3.mp4"},
            {"type": "text", "text": "What falls first?\nOptions:\nA. cup\nB. pen"},
        ],
    }


def test_media_can_stand_after_the_question_and_options_on_its_line():
    template = dataclasses.replace(PROMPT_TEMPLATES["plain"], media_first=False)
    [turn] = build_messages(SAMPLE, template)
    assert [part["type"] for part in turn["content"]] == ["text", "video"]
    assert turn["content"][0]["text"] == "What falls first? A. cup B. pen"


def test_images_and_text_only_questions():
    image = dataclasses.replace(SAMPLE, data_type="image", path="/a.png")
    assert build_messages(image, PROMPT_TEMPLATES["plain"])[0]["content"][0] == {"type": "image", "image": "/a.png"}
    text = dataclasses.replace(SAMPLE, data_type="text", path=None)
    assert [part["type"] for part in build_messages(text, PROMPT_TEMPLATES["plain"])[0]["content"]] == ["text"]


@pytest.mark.parametrize("problem_type", PROBLEM_TYPES)
def test_the_reasoning_template_names_the_tags_and_the_answer(problem_type):
    sample = dataclasses.replace(SAMPLE, problem_type=problem_type)
    text = build_messages(sample, PROMPT_TEMPLATES["reasoning"])[0]["content"][1]["text"]
    assert text.startswith("What falls first?")
    assert text.endswith(ANSWER_HINTS[problem_type])
    assert "<think> </think>" in text
    assert "<answer> </answer>" in text
    assert ("Options:" in text) == (problem_type == "multiple choice")


def test_options_can_be_attached_to_the_question_as_in_the_released_code():
    template = PromptTemplate(
        "{question}|{answer_hint}", option_layout="attached", answer_hints=dict.fromkeys(PROBLEM_TYPES, "?")
    )
    text = build_messages(SAMPLE, template)[0]["content"][1]["text"]
    assert text == "What falls first?Options:\nA. cup\nB. pen\n|?"
    counted = dataclasses.replace(SAMPLE, problem_type="numerical")
    assert build_messages(counted, template)[0]["content"][1]["text"] == "What falls first?|?"


def test_every_problem_type_has_a_hint_that_names_the_tags():
    assert set(ANSWER_HINTS) == set(PROBLEM_TYPES)
    assert all("<answer> </answer>" in hint for hint in ANSWER_HINTS.values())


def test_braces_in_a_question_stay_as_they_are():
    sample = dataclasses.replace(SAMPLE, problem=r"\frac{answer_hint}{2} {answer_hint} {0}", options=())
    text = build_messages(sample, PromptTemplate("{question}|{other}"))[0]["content"][1]["text"]
    assert text == r"\frac{answer_hint}{2} {answer_hint} {0}|{other}"


def test_a_row_carries_what_the_rewards_need():
    row = build_row(SAMPLE, PROMPT_TEMPLATES["plain"])
    assert row == {
        "prompt": build_messages(SAMPLE, PROMPT_TEMPLATES["plain"]),
        "solution": "<answer>B</answer>",
        "problem_type": "multiple choice",
        "problem_id": "7",
        "question_type": "multiple choice",
    }
    named = dataclasses.replace(SAMPLE, original_question_type="order")
    assert build_row(named, PROMPT_TEMPLATES["plain"])["question_type"] == "order"


def test_bad_templates_are_refused():
    with pytest.raises(ConfigError, match=r"no \{question\}"):
        PromptTemplate("What?")
    with pytest.raises(ConfigError, match="option_layout is 'columns'; use one of lines, inline, attached"):
        PromptTemplate("{question}", option_layout="columns")
    with pytest.raises(ConfigError, match="answer_hints has nothing for numerical, regression"):
        PromptTemplate("{question}", answer_hints={"multiple choice": "One letter."})
    with pytest.raises(ConfigError, match="use one of reasoning, plain"):
        prompt_template("chatty")
    assert prompt_template("plain") is PROMPT_TEMPLATES["plain"]
