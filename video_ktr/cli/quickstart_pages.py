"""The pages that the quickstart ends with: report, analysis, and the explorer of the trained model."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from video_ktr.analysis.analyze import analyze_run
from video_ktr.cli.questions import load_template
from video_ktr.cli.settings import Settings
from video_ktr.data.media import MediaConfig
from video_ktr.data.sample import Sample, read_samples
from video_ktr.evaluation.answer_settings import AnswerSettings
from video_ktr.evaluation.answering import Answerer
from video_ktr.explorer.one_answer import explore_drawn
from video_ktr.explorer.page import write_page
from video_ktr.explorer.report import write_report


def write_pages(output: Path, evaluation: Settings, seed: int) -> dict[str, Path]:
    """Write all pages of a finished quickstart below `output`; gives what each shows and where it is.

    Args:
        evaluation: Settings of the evaluation, whose questions and prompts the explorer page takes.
    """
    run, title = output / "rl", f"Video-KTR quickstart, seed {seed}"
    before, after = (output / name / "result.json" for name in ("before", "after"))
    return {
        "report": write_report(output / "report.html", run=run, before=before, after=after, title=title),
        "analysis": analyze_run(run, out=output / "analysis"),
        "explorer": write_explorer(output / "explorer.html", run / "final", evaluation, title),
    }


def write_explorer(target: Path, model: Path, evaluation: Settings, title: str) -> Path:
    """The trained model's replies to one held-out question of each kind, token by token and frame by frame."""
    settings = AnswerSettings(
        model=str(model),
        media=MediaConfig(**evaluation.get("media") or {}),
        max_new_tokens=evaluation["max_new_tokens"],
        temperature=evaluation["temperature"],
        seed=evaluation["seed"],
    )
    answerer = Answerer.of(settings, load_template(evaluation))
    pages = [
        explore_drawn(answerer, sample, answerer.draw(sample))
        for sample in one_of_each_kind(Path(evaluation["questions"]))
    ]
    prompts = [prompt for page in pages for prompt in page.prompts]
    return write_page(target, replace(pages[0], title=title, prompts=prompts))


def one_of_each_kind(questions: Path) -> Iterator[Sample]:
    """The first question of each kind, in the order of the file."""
    seen = set()
    for sample in read_samples(questions):
        if sample.original_question_type not in seen:
            seen.add(sample.original_question_type)
            yield sample
