from dataclasses import replace

from tests.evaluation.benchmarks.asking import choice
from video_ktr.data.prompts import PROMPT_TEMPLATES, build_messages
from video_ktr.evaluation.benchmarks import find_benchmark
from video_ktr.evaluation.wording import OFFICIAL, Wording

MMVU, HOLMES = find_benchmark("mmvu"), find_benchmark("video_holmes")
QUESTION = choice()
REASONING = PROMPT_TEMPLATES["reasoning"]


def test_a_template_words_the_question():
    wording = Wording(name="reasoning", template=REASONING)
    assert wording.messages(MMVU, QUESTION) == build_messages(QUESTION.sample, REASONING)


def test_the_official_form_stands_as_it_is():
    template = replace(REASONING, media_first=False)
    (message,) = Wording(name=OFFICIAL, template=template).messages(MMVU, QUESTION)
    text, video = message["content"]
    assert text == {"type": "text", "text": MMVU.official_prompt(QUESTION)}
    assert video == {"type": "video", "video": QUESTION.sample.path}


def test_a_benchmark_without_a_form_is_asked_in_the_template():
    assert HOLMES.official_prompt(QUESTION) is None
    official = Wording(name=OFFICIAL, template=REASONING).messages(HOLMES, QUESTION)
    assert official == build_messages(QUESTION.sample, REASONING)


def test_the_record_holds_name_and_text():
    record = Wording(name="reasoning", template=REASONING).to_json()
    assert (record["name"], record["text"]) == ("reasoning", REASONING.text)
