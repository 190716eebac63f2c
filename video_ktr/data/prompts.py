"""What the model is asked: one user turn made of the media and the question with its instruction."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from video_ktr.data.schema import PROBLEM_TYPES, ProblemType, Sample
from video_ktr.errors import ConfigError

# The instruction that fills {answer_hint}: what belongs inside the answer tags.
ANSWER_HINTS: dict[ProblemType, str] = {
    "multiple choice": "Inside the <answer> </answer> tags write the letter of the right option and nothing else.",
    "numerical": "Inside the <answer> </answer> tags write one number and nothing else, for example 42 or 3.14.",
    "regression": "Inside the <answer> </answer> tags write one number and nothing else, for example 42 or 3.14.",
    "OCR": "Inside the <answer> </answer> tags write the text exactly as it can be read.",
    "free-form": "Inside the <answer> </answer> tags write your answer in words.",
    "temporal grounding": "Inside the <answer> </answer> tags write the start and the end in seconds and nothing else, "
    "for example 3.5 - 7; where it happens several times, part the times with a semicolon.",
    "caption": "Inside the <answer> </answer> tags write the description.",
}
OptionLayout = Literal["lines", "inline", "attached"]
_PLACEHOLDERS = re.compile(r"\{(question|answer_hint)\}")


@dataclass(frozen=True)
class PromptTemplate:
    """The wording around a question.

    Raises ConfigError when the text has no ``{question}``, for an unknown layout, and when a problem type has no hint.
    """

    text: str
    """``{question}`` stands for the question, ``{answer_hint}`` for the instruction of its problem type."""
    media_first: bool = True
    """Whether the video or image stands before the text, as in the released training code, or after it."""
    option_layout: OptionLayout = "lines"
    """``lines``: an "Options:" heading and one option a line; ``inline``: on the question's line, joined by spaces;
    ``attached``: as the released code, the heading right behind the question's last character and each option's line
    ended."""
    answer_hints: Mapping[ProblemType, str] = field(default_factory=lambda: dict(ANSWER_HINTS))
    """The instruction of each problem type."""

    def __post_init__(self) -> None:
        if "{question}" not in self.text:
            raise ConfigError("prompt template: the text has no {question}; put it where the question belongs")
        if self.option_layout not in get_args(OptionLayout):
            layouts = ", ".join(get_args(OptionLayout))
            raise ConfigError(f"prompt template: option_layout is {self.option_layout!r}; use one of {layouts}")
        lacking = [kind for kind in PROBLEM_TYPES if kind not in self.answer_hints]
        if lacking:
            raise ConfigError(f"prompt template: answer_hints has nothing for {', '.join(lacking)}; add a text")


PROMPT_TEMPLATES: dict[str, PromptTemplate] = {
    # Same structure as the template of the released training code (question, an invitation to think aloud and to check
    # oneself, the tags, the hint for the problem type), in our own words.
    "reasoning": PromptTemplate(
        "{question}\n"
        "Take your time and reason the way a careful person would, step by step and in your own voice. Look back at "
        "what you saw, question your first idea, and correct yourself where something does not fit. "
        "Write this reasoning between the <think> </think> tags, and after it your final answer between the "
        "<answer> </answer> tags. {answer_hint}"
    ),
    "plain": PromptTemplate("{question}", option_layout="inline"),
}


def prompt_template(name: str) -> PromptTemplate:
    """Look a template up by name. Raises ConfigError that lists the names when there is none."""
    if name not in PROMPT_TEMPLATES:
        raise ConfigError(
            f"prompt template {name!r} is unknown; use one of {', '.join(PROMPT_TEMPLATES)}, or the path of a file"
        )
    return PROMPT_TEMPLATES[name]


def build_messages(sample: Sample, template: PromptTemplate) -> list[dict[str, Any]]:
    """Build the conversation for one sample: a single user turn, no system turn.

    The content is a list of parts, ``{"type": "video", "video": path}`` or ``{"type": "image", "image": path}`` and
    ``{"type": "text", "text": ...}``, in the order the template asks for. A text-only sample has the text part alone.
    """
    values = {"question": _question(sample, template), "answer_hint": template.answer_hints[sample.problem_type]}
    # One pass over the template, so that braces inside a question (LaTeX, code) are left as they are.
    text = _PLACEHOLDERS.sub(lambda match: values[match[1]], template.text)
    content: list[dict[str, Any]] = [{"type": "text", "text": text}]
    if sample.data_type != "text":
        media = {"type": sample.data_type, sample.data_type: sample.path}
        content.insert(0 if template.media_first else 1, media)
    return [{"role": "user", "content": content}]


def build_row(sample: Sample, template: PromptTemplate) -> dict[str, Any]:
    """Build the row a TRL trainer reads: the prompt, and the columns that the reward functions are given.

    ``question_type`` is the source data set's own name for the kind of question, or the problem type without one.
    """
    return {
        "prompt": build_messages(sample, template),
        "solution": sample.solution,
        "problem_type": sample.problem_type,
        "problem_id": sample.problem_id,
        "question_type": sample.original_question_type or sample.problem_type,
    }


def _question(sample: Sample, template: PromptTemplate) -> str:
    if sample.problem_type != "multiple choice" or not sample.options:
        return sample.problem
    if template.option_layout == "inline":
        return " ".join([sample.problem, *sample.options])
    if template.option_layout == "attached":
        return sample.problem + "Options:\n" + "".join(f"{option}\n" for option in sample.options)
    return "\n".join([sample.problem, "Options:", *sample.options])
