"""Made-up cells, whose numbers can be redone by hand."""

import pytest

from video_ktr.study.plan import Plan
from video_ktr.study.results import CellResult

ENVIRONMENT = {
    "packages": {"torch": "1", "transformers": "2", "trl": "3"},
    "commit": "abc",
    "cpu": "a processor",
    "cores": 2,
    "cpu_threads": 1,
    "gpus": [],
    "date": "2000-01-01",
}


@pytest.fixture
def plan():
    return Plan(
        name="made up",
        arms={"grpo": {"method": "grpo"}, "ktr": {"method": "video_ktr"}, "random": {"method": "video_ktr"}},
        seeds=(0, 1),
        starts=("a", "b"),
        baseline="grpo",
        also_compare=(("ktr", "random"),),
        controls=("random",),
    )


@pytest.fixture
def cell():
    """Makes a cell: arm, start, seed, and the scores of its questions, of which every other is a "motion" one."""

    def make(arm, start, seed, scores, *, curve=((1.0, 0.0), (2.0, 1.0)), settings=None):
        return CellResult(
            arm=arm,
            start=start,
            seed=seed,
            question_set=f"{start}.jsonl",
            types=tuple("order" if place % 2 else "motion" for place in range(len(scores))),
            scores=tuple(float(score) for score in scores),
            format_share=1.0,
            mean_length=10.0,
            curve_metric="rewards/accuracy_reward/mean",
            curve=curve,
            steps=2,
            train_seconds=4.0,
            evaluation_seconds=1.0,
            tokens=100.0,
            settings=settings or {"recipe": {}, "resolved": {}},
            environment=ENVIRONMENT,
        )

    return make


@pytest.fixture
def all_cells(plan, cell):
    """Four questions a cell: GRPO has 1 right, Key tokens 3, the random mask 1."""
    right = {"grpo": 1, "ktr": 3, "random": 1}
    return [cell(key.arm, key.start, key.seed, [place < right[key.arm] for place in range(4)]) for key in plan.cells()]
