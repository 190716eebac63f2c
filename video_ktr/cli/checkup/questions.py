"""Whether the records can be used, and whether options and solutions fit."""

from collections.abc import Sequence

from video_ktr.cli.checkup.finding import Finding, judged
from video_ktr.data.option_checks import option_problem
from video_ktr.data.rejects import Rejects
from video_ktr.data.sample import Sample


def check_questions(samples: Sequence[Sample], rejects: Rejects) -> list[Finding]:
    """Count the records that cannot be used, and the questions whose options and solution do not fit."""
    read = f"{len(samples)} questions read" + (f", {len(rejects)} rejected: " if rejects else "")
    unfit = [(sample.problem_id, why) for sample in samples if (why := option_problem(sample))]
    fits = f"{len(samples) - len(unfit)} of {len(samples)} solutions fit their options and type"
    if unfit:
        fits += f"; the first that does not is {unfit[0][0]}: {unfit[0][1]}"
    return [
        judged("questions", read + "; ".join(rejects.summary()), problem=not samples, warning=bool(rejects)),
        judged("solutions", fits, warning=bool(unfit)),
    ]
