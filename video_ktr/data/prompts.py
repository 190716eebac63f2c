"""What the model is asked: one user turn made of the media and the question with its instruction."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from video_ktr.data.sample import ProblemType, Sample
from video_ktr.errors import ConfigError

# The instruction that fills {answer_hint}: what belongs inside the answer tags.
ANSWER_HINTS: dict[ProblemType, str] = {
    "multiple choice": "Inside the <answer> </answer> tags write the letter of the right option and nothing else.",
    "numerical": "Inside the <answer> </answer> tags write one number and nothing else, for example 42 or 3.14.",
    "regression": "Inside the <answer> </answer> tags write one number and nothing else, for example 42 or 3.14.",
    "OCR": "Inside the <answer> </answer> tags write the text exactly as it can be read.",
    "free-form": "Inside the <answer> </answer> tags write your answer in words.",
}
_PLACEHOLDERS = re.compile(r"\{(question|answer_hint)\}")


@dataclass(frozen=True)
class PromptTemplate:
    """The wording around a question. Raises ConfigError when the text has no ``{question}``."""

    text: str
    """``{question}`` stands for the question, ``{answer_hint}`` for the instruction of its problem type."""
    media_first: bool = True
    """Whether the video or image stands before the text, as in the released training code, or after it."""
    option_layout: Literal["lines", "inline"] = "lines"
    """``lines``: an "Options:" heading and one option a line; ``inline``: on the question's line, joined by spaces."""

    def __post_init__(self) -> None:
        if "{question}" not in self.text:
            raise ConfigError("prompt template: the text has no {question}; put it where the question belongs")
        if self.option_layout not in {"lines", "inline"}:
            raise ConfigError(f"prompt template: option_layout is {self.option_layout!r}; use 'lines' or 'inline'")


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
        raise ConfigError(f"prompt template {name!r} is unknown; use one of {', '.join(PROMPT_TEMPLATES)}")
    return PROMPT_TEMPLATES[name]


def build_messages(sample: Sample, template: PromptTemplate) -> list[dict[str, Any]]:
    """Build the conversation for one sample: a single user turn, no system turn.

    The content is a list of parts, ``{"type": "video", "video": path}`` or ``{"type": "image", "image": path}`` and
    ``{"type": "text", "text": ...}``, in the order the template asks for. A text-only sample has the text part alone.
    """
    values = {"question": _question(sample, template), "answer_hint": ANSWER_HINTS[sample.problem_type]}
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
    return "\n".join([sample.problem, "Options:", *sample.options])
