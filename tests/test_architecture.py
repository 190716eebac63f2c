"""The rooms of the package: who may import whom, and tests that mirror the source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE, TESTS = ROOT / "video_ktr", ROOT / "tests"
# Tests of more than one module.
ACROSS = {
    "attribution/test_attribution_imports.py",
    "cli/test_killed_run.py",
    "cli/test_quickstart_sharing.py",
    "explorer/test_page_in_browser.py",
    "explorer/test_page_selection_in_browser.py",
    "parity/test_ablation_axes.py",
    "parity/test_divergence_parity.py",
    "parity/test_loss_parity.py",
    "parity/test_perturbation_parity.py",
    "parity/test_rewards_parity.py",
    "parity/test_selection_parity.py",
    "toyworld/test_key_tokens_of_toy_world.py",
    "training/test_real_videos.py",
    "training/test_seams.py",
    "training/test_share_prefix.py",
    "training/test_sharded_weights.py",
    "training/test_two_processes.py",
}


def imports_of(path):
    """Names of the modules that a file imports anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_imports_point_one_way():
    # In a process of its own: import-linter keeps hold of the streams it finds when it is imported.
    code = "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 kept, 0 broken" in result.stdout


@pytest.mark.parametrize(
    ("room", "allowed"), [("records", {"errors"}), ("analysis", {"errors", "records", "jobs", "attribution"})]
)
def test_rooms_that_read_records_import_nothing_that_writes_them(room, allowed):
    own = {name for path in (PACKAGE / room).rglob("*.py") for name in imports_of(path) if name.startswith("video_ktr")}
    assert {name.split(".")[1] for name in own} <= {room, *allowed}


def test_every_room_is_in_the_contract():
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    contract = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("layers = [")[2].partition("]")[0]
    assert rooms <= set(contract.replace('"', " ").replace(",", " ").split())


def test_tests_mirror_the_source():
    found = {str(path.relative_to(TESTS)) for path in TESTS.glob("*/**/test_*.py")}
    homes = (PACKAGE, ROOT)
    strays = {n for n in found - ACROSS if not any((home / n.replace("test_", "", 1)).exists() for home in homes)}
    assert strays == set()
