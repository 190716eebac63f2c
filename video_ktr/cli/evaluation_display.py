"""What `evaluate` shows: the running score, and a table at the end."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.box import SIMPLE
from rich.table import Table

from video_ktr.cli.batch_progress import Pace, showing
from video_ktr.evaluation.answer_record import Answer
from video_ktr.evaluation.runner import Advance, Evaluation
from video_ktr.evaluation.summary import Summary


@contextmanager
def watching(evaluation: Evaluation, mode: str, done: Sequence[Answer]) -> Iterator[Advance]:
    """A display of the run with the mean score so far; questions that the rule cannot score add nothing to it."""
    by_id = {question.id: question for question in evaluation.questions}

    def points(answers: Sequence[Answer]) -> float:
        rows = [answer.row(evaluation.benchmark, by_id[answer.key]) for answer in answers]
        return sum(row["scores"][mode] or 0 for row in rows)

    title = f"{evaluation.benchmark.name} {evaluation.config.media.max_frames}f"
    pace = Pace(verb=title, counted="right", total=len(by_id), done=len(done), sum=points(done))
    with showing(pace) as display:

        def advance(answers: Sequence[Answer]) -> None:
            pace.advance(len(answers), points(answers))
            display.update()

        yield advance


def screen_table(summaries: Sequence[tuple[Evaluation, Summary]], mode: str) -> Table:
    """The headline numbers by `mode`, in percent, with their intervals and what was not answered."""
    table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in ("benchmark", "frames", mode, "95 % interval", "average", "n", "not answered"):
        table.add_column(heading, justify="left" if heading in {"benchmark", "average"} else "right")
    for evaluation, summary in summaries:
        questions = len(evaluation.questions)
        lost = questions - (summary.counts["answered"] or 0)
        name = f"{evaluation.benchmark.title}{' (partial)' if evaluation.partial else ''}"
        figures = ["-", "-", "-", "0"]
        if mode in summary.modes:
            best = summary.modes[mode].headline
            figures = [
                f"{100 * best.value:.1f}",
                f"{100 * best.low:.1f} - {100 * best.high:.1f}",
                best.name,
                str(best.n),
            ]
        table.add_row(name, str(evaluation.config.media.max_frames), *figures, str(lost))
    return table
