import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
TINY = ("--shape", "tiny", "--device", "cpu", "--group", "4", "--frames", "4", "--side", "56", "--repeats", "2")
"""A size that says nothing about cost."""


@pytest.fixture
def run_benchmark():
    def run(script, *arguments):
        command = [sys.executable, str(BENCHMARKS / script), *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert result.returncode == 0, result.stderr[-2000:]
        return result.stdout

    return run


@pytest.fixture(scope="session")
def tiny():
    return TINY


@pytest.fixture
def benchmark_modules(monkeypatch):
    """Lets a test import a benchmark's modules by the names the scripts use."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
