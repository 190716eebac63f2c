"""Results made by hand: rows with given scores, and folders of them."""

from video_ktr.evaluation.benchmarks.registry import find_benchmark
from video_ktr.evaluation.result_file import read_result, write_result, write_rows
from video_ktr.evaluation.summary import summarise


def row(key, score=1.0, *, subtask="SR", **changes):
    """A row of Video-Holmes: the right answer is B, the output what `score` makes of it."""
    answer = "B" if score == 1 else "A"
    return {
        "id": key,
        "problem": f"What is meant by {key}?",
        "options": ["A. cup", "B. pen"],
        "problem_type": "multiple choice",
        "data_type": "video",
        "path": None,
        "groups": {"subtask": subtask},
        "gold": "B",
        "solution": "<answer>B</answer>",
        "output": f"<think>so {answer}</think><answer>{answer}</answer>",
        "state": "answered",
        "scores": {"video_r1": score, "official": score, "lenient": score},
        "extracted": answer,
        "length": 7,
        "truncated": False,
        "frames": 16,
        **changes,
    }


def result(folder, rows, *, benchmark="video_holmes", model="org/model", frames=16, **meta):
    """A result folder as evaluate and score write it, read back."""
    known = find_benchmark(benchmark)
    write_rows(folder, rows)
    told = {"title": known.title, "model": {"name": model}, "frames": frames, **meta}
    write_result(folder, told, summarise(known, rows))
    return read_result(folder)
