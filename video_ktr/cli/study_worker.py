"""The process that makes one start or one cell of a study: `python -m video_ktr.cli.study_worker FOLDER`.

FOLDER/job.json says what. The trained model, its evaluation and result.json come to lie beside it. The same command
goes on where it was stopped.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from video_ktr.cli.settings import Settings
from video_ktr.errors import DataError, VideoKTRError
from video_ktr.study.folder_lock import folder_lock
from video_ktr.study.provenance import here_and_now
from video_ktr.study.results import RESULT, CellResult

JOB, LOG = "job.json", "log.txt"
# T-GRPO pays its bonus into the accuracy reward: there it is no measure of accuracy, and no curve is better than that.
ACCURACY, PAYS_A_BONUS = "rewards/accuracy_reward/mean", "temporal_rewards"
UNTRAINED: dict[str, Any] = {
    "curve_metric": "",
    "curve": (),
    "steps": 0,
    "train_seconds": 0.0,
    "tokens": 0.0,
    "settings": {},
}


def main(argv: Sequence[str]) -> int:
    """Do the job; 0 done, 2 a mistake of the user, told in the last line."""
    folder = Path(argv[0])
    job = json.loads((folder / JOB).read_text(encoding="utf-8"))
    try:
        WORK[job["kind"]](folder, job)
    except VideoKTRError as error:
        sys.stderr.write(f"{' '.join(str(error).split())}\n")
        return 2
    return 0


def make_start(folder: Path, job: Settings) -> None:
    """Make videos, base model and cold start of the toy world, by the stages of the quickstart."""
    del folder
    from rich.console import Console

    from video_ktr.cli.stages import run_stages
    from video_ktr.cli.study_starts import toy_stages

    output = Path(job["output"])
    with folder_lock(output):
        run_stages(toy_stages(output, job["seed"], job["toy"]), Console(stderr=True))


def make_cell(folder: Path, job: Settings) -> None:
    """Train, evaluate, and write the result."""
    from transformers.utils import logging

    from video_ktr.cli.quickstart_stages import evaluate
    from video_ktr.cli.train import train

    logging.disable_progress_bar()
    with folder_lock(folder):
        if (folder / RESULT).exists():
            return
        model = job["evaluation"]["model"]
        if job["train"] is not None:
            train(job["train"])
            model = str(folder / "run" / "final")
        start = time.perf_counter()
        evaluate({**job["evaluation"], "model": model}, folder / "evaluation")
        _result(folder, job, time.perf_counter() - start).write(folder)


def _result(folder: Path, job: Settings, seconds: float) -> CellResult:
    from video_ktr.records.run_records import read_result as read_evaluation
    from video_ktr.training.run_directory import environment

    evaluation = read_evaluation(folder / "evaluation" / "result.json")
    lines = (folder / "evaluation" / "outputs.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return CellResult(
        arm=job["arm"],
        start=job["start"],
        seed=job["seed"],
        question_set=job["evaluation"]["questions"],
        types=tuple(row["question_type"] for row in rows),
        scores=tuple(row["score"] for row in rows),
        format_share=evaluation["format_share"],
        mean_length=evaluation["mean_length"],
        evaluation_seconds=seconds,
        environment={**environment(), **here_and_now()},
        **(UNTRAINED if job["train"] is None else _trained(folder / "run", job["curve"])),
    )


def _trained(run: Path, names: list[str]) -> dict[str, Any]:
    import yaml

    from video_ktr.records.run_records import curve, read_metrics

    metrics = read_metrics(run)
    logged = [name for name in names if curve(metrics, name)]
    if not logged:
        raise DataError(
            f"{run}: logged none of {', '.join(names)}; name a metric of metrics.jsonl as the study's curve"
        )
    with_bonus = ACCURACY if curve(metrics, PAYS_A_BONUS) else None
    found = next((name for name in logged if name != with_bonus), "")
    times, tokens = curve(metrics, "step_time"), curve(metrics, "num_tokens")
    # The time of a line is the mean over the steps since the line before.
    steps = [step - before for (step, _), before in zip(times, [0.0, *(step for step, _ in times)], strict=False)]
    return {
        "curve_metric": found,
        "curve": tuple(curve(metrics, found)),
        "steps": int(times[-1][0]) if times else 0,
        "train_seconds": sum(number * time for number, (_, time) in zip(steps, times, strict=True)),
        "tokens": tokens[-1][1] if tokens else 0.0,
        "settings": {
            "recipe": json.loads((run / "settings.json").read_text(encoding="utf-8")),
            "resolved": yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8")),
        },
    }


WORK: dict[str, Callable[[Path, Settings], None]] = {"start": make_start, "cell": make_cell}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
