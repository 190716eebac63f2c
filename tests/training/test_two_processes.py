"""Two processes on the CPU, each with half of every group."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

SCRIPT = Path(__file__).with_name("two_processes.py")


def test_two_processes_agree(checkpoint, rows, tmp_path):
    (tmp_path / "rows.json").write_text(json.dumps(rows[:4]))
    output = tmp_path / "run"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", str(SCRIPT)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(SCRIPT.parents[2])}
    result = subprocess.run(
        [*command, checkpoint, str(tmp_path / "rows.json"), str(output)],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-2000:]
    ranks = [json.loads((output / f"rank{rank}.json").read_text()) for rank in range(2)]
    assert [rank["world"] for rank in ranks] == [2, 2]
    assert ranks[0]["sum"] == ranks[1]["sum"]
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
