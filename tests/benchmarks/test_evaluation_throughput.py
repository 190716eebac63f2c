import json

import pytest


def test_batches_are_compared_with_one_by_one(run_benchmark, tmp_path):
    sizes = ("--shape", "tiny", "--device", "cpu", "--questions", "4", "--batch-size", "2", "--frames", "4")
    path = tmp_path / "throughput.json"
    report = run_benchmark(
        "evaluation_throughput.py", *sizes, "--side", "56", "--tokens", "4", "--repeats", "1", "--json", path
    )
    written = json.loads(path.read_text())
    figures, seconds = written["figures"], written["figures"]["seconds"]
    assert {"one by one", "batched"} <= set(seconds)
    for name, value in seconds.items():
        # Four questions; greedy completions are the same in every batch.
        assert figures["questions_a_minute"][name] == pytest.approx(240 / value)
        assert figures["tokens"][name] == figures["tokens"]["one by one"] <= 4 * 4
        assert f"| {name} | {240 / value:.1f} |" in report
    # With one turn the ratio is that of the two times.
    faster = figures["times_as_fast_as_one_by_one"]["batched"]
    assert faster == pytest.approx(seconds["one by one"] / seconds["batched"])
    assert "--json" not in written["environment"]["command"]
