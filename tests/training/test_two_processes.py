"""Two processes on the CPU, each with half of every group."""

import json
import math
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq

SCRIPT = Path(__file__).with_name("two_processes.py")


def train(checkpoint, rows, tmp_path, settings):
    """The run directory, after both processes came to the same weights."""
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    output = tmp_path / "run"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", str(SCRIPT)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(SCRIPT.parents[2])}
    result = subprocess.run(
        [*command, checkpoint, str(tmp_path / "rows.json"), str(output), json.dumps(settings)],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    ranks = [json.loads((output / f"rank{rank}.json").read_text()) for rank in range(2)]
    assert [rank["world"] for rank in ranks] == [2, 2]
    assert ranks[0]["sum"] == ranks[1]["sum"]
    return output


def test_two_processes_agree(checkpoint, rows, tmp_path):
    output = train(checkpoint, rows[:4], tmp_path, {})
    lines = [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [1, 2]
    for step in range(2):
        records = [
            pq.read_table(output / "tokens" / f"step-{step:06d}-0-{rank}-0000.parquet").to_pylist() for rank in range(2)
        ]
        assert [len(part) for part in records] == [4, 4]
        # One group of eight: its advantages add up to nothing over both processes.
        assert len({record["prompt_id"] for part in records for record in part}) == 1
        assert abs(sum(record["advantage"] for part in records for record in part)) < 1e-4


def test_each_process_knows_what_the_other_measured(checkpoint, rows, tmp_path):
    # One prompt of eight completions, four on each process: measured in the first step, taken from it in the second.
    output = train(checkpoint, rows[:1], tmp_path, {"attribution_every": 2})
    lines = [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]
    assert [line["key_tokens/measured_rows"] for line in lines if "loss" in line] == [4.0, 0.0]
    measured, reused = (
        [
            r
            for rank in range(2)
            for r in pq.read_table(output / f"tokens/step-{step:06d}-0-{rank}-0000.parquet").to_pylist()
        ]
        for step in range(2)
    )
    scores = defaultdict(list)
    for record in measured:
        for token, score in zip(record["token_ids"], record["visual_score"], strict=True):
            scores[token].append(score)
    overall = sum(map(sum, scores.values())) / sum(map(len, scores.values()))
    for record in reused:
        assert record["visual_score"] is None
        found = [sum(scores[t]) / len(scores[t]) if t in scores else overall for t in record["token_ids"]]
        best = sorted(range(len(found)), key=lambda place: (-found[place], place))[: math.ceil(len(found) / 5)]
        assert [place in best for place in range(len(found))] == record["visual_selected"]
