"""A run directory as training leaves it, written by hand."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from video_ktr.training.token_records import SCHEMA

HOSTILE = "<script>alert(1)</script>"


def token_record(step, question, tokens, *, visual=(), temporal=(), entropy=(), **changes):
    """A token record; signals name the selected positions."""
    chosen = {"visual": visual, "temporal": temporal, "entropy": entropy}
    return {
        "step": step,
        "row": 0,
        "prompt_id": question,
        "question": question,
        "completion": "".join(tokens),
        "tokens": tokens,
        **{f"{name}_score": [float(i) for i in range(len(tokens))] for name in chosen},
        **{f"{name}_selected": [i in at for i in range(len(tokens))] for name, at in chosen.items()},
        "selected": [i in {*visual, *temporal, *entropy} for i in range(len(tokens))],
        "rewards": [("accuracy_reward", 1.0), ("format_reward", None)],
        "advantage": -0.5,
        **changes,
    }


@pytest.fixture
def record():
    return token_record


def write_run(folder, records=(), metrics=({"step": 1, "reward": 1.0},), **files):
    """A run's folder with one file of token records, and JSON files by their stems, such as settings={...}."""
    folder.mkdir(parents=True)
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in metrics))
    if records:
        (folder / "tokens").mkdir()
        pq.write_table(
            pa.Table.from_pylist(list(records), schema=SCHEMA), folder / "tokens" / "step-000000-0-0.parquet"
        )
    for stem, content in files.items():
        # JSON is YAML too.
        (folder / f"{stem}.{'yaml' if stem == 'config' else 'json'}").write_text(json.dumps(content))
    return folder


@pytest.fixture
def make_run(tmp_path):
    """`write_run` into a folder of the test, by name."""
    return lambda name="run", *given, **more: write_run(tmp_path / name, *given, **more)


@pytest.fixture
def run_directory(tmp_path):
    """Two steps; the newer one answers question A twice and question B once, with markup in everything."""
    run = tmp_path / "rl"
    (run / "tokens").mkdir(parents=True)
    lines = [
        {
            "step": step,
            "reward": step / 2,
            "entropy": 1.0,
            "key_tokens/update_ratio": 0.4,
            "key_tokens/visual/ratio": 0.2,
        }
        for step in (1, 2)
    ]
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in [*lines, {"step": 2, "runtime": 3}]))
    for step, questions in ((0, ["A", "C"]), (1, ["A", "A", f"B {HOSTILE}"])):
        records = [
            token_record(step, question, [" red", f" {HOSTILE}", " cross"], visual=[1], temporal=[1, 2])
            for question in questions
        ]
        if step:
            records.append(token_record(step, "D, all answers alike", [" red"], visual_score=None))
        pq.write_table(pa.Table.from_pylist(records, schema=SCHEMA), run / "tokens" / f"step-{step:06d}-0.parquet")
    return run


@pytest.fixture
def results(tmp_path):
    """Evaluation records before and after."""
    paths = {}
    for name, right in (("before", 4), ("after", 8)):
        tally = {"n": 10, "correct": right, "accuracy": right / 10, "low": right / 10 - 0.1, "high": right / 10 + 0.1}
        types = {"order": tally, f"odd {HOSTILE}": tally}
        record = {"overall": tally, "by_type": types, "format_share": 0.95, "mean_length": 33.25, "temperature": 1.0}
        paths[name] = tmp_path / f"{name}.json"
        paths[name].write_text(json.dumps(record))
    return paths
