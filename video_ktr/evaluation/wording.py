"""How a benchmark's questions are put: in a prompt template, or in the benchmark's own form."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from video_ktr.data.prompts import PromptTemplate, build_messages
from video_ktr.data.schema import Sample
from video_ktr.evaluation.benchmarks.benchmark import Benchmark
from video_ktr.evaluation.benchmarks.question import Question

OFFICIAL = "official"


@dataclass(frozen=True, kw_only=True)
class Wording:
    """The wording of a run."""

    name: str
    """`OFFICIAL`, the name of a template, or its file."""
    template: PromptTemplate
    """With `OFFICIAL` it words what the benchmark has no form for, and decides whether media come first."""

    def shown(self, benchmark: Benchmark, question: Question) -> tuple[Sample, PromptTemplate]:
        """What is asked, and the template that words it: an official form is a whole text and stands as it is."""
        text = benchmark.official_prompt(question) if self.name == OFFICIAL else None
        if text is None:
            return question.sample, self.template
        verbatim = PromptTemplate("{question}", media_first=self.template.media_first)
        return replace(question.sample, problem=text, options=()), verbatim

    def messages(self, benchmark: Benchmark, question: Question) -> list[dict[str, Any]]:
        """The conversation, as `build_messages`."""
        return build_messages(*self.shown(benchmark, question))

    def to_json(self) -> dict[str, Any]:
        """The wording as plain values, its text included."""
        return {"name": self.name, **asdict(self.template)}
