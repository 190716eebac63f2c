"""Writers of the generated image benchmarks; see `tests.evaluation.benchmarks.layouts`."""

from pathlib import Path

from tests.evaluation.benchmarks.layout_files import as_parquet, picture, shared_out


def write_mmmu(folder: Path, *, questions: int = 4) -> Path:
    """Every fourth question is open; every second has two images."""
    for subject, numbers in shared_out(("Accounting", "Basic_Medical_Science"), questions):
        rows = []
        for i in numbers:
            images = {f"image_{n}": None for n in range(1, 8)} | {"image_1": picture(i)}
            images |= {"image_2": picture(i + 100)} if i % 2 else {}
            rows.append(
                {
                    "id": f"validation_{subject}_{i + 1}",
                    "question": "Who painted <image 1>?",
                    "options": "[]" if i % 4 == 3 else "['X', 'Y', 'Z', 'W']",
                    "explanation": "",
                    **images,
                    "answer": "['24/7', '3.429']" if i % 4 == 3 else "ABCD"[i % 4],
                    "question_type": "open" if i % 4 == 3 else "multiple-choice",
                }
            )
        as_parquet(folder / subject / "validation-00000-of-00001.parquet", rows)
    return folder


def write_ai2d(folder: Path, *, questions: int = 4) -> Path:
    for shard, numbers in enumerate((range(0, questions, 2), range(1, questions, 2))):
        rows = [
            {"question": "Which is it?", "options": list("wxyz"), "answer": str(i % 4), "image": picture(i)}
            for i in numbers
        ]
        as_parquet(folder / "data" / f"test-{shard:05d}-of-00002.parquet", rows)
    return folder


def write_mmstar(folder: Path, *, questions: int = 4) -> Path:
    rows = [
        {
            "index": i,
            "question": "How many?\nOptions: A: 1, B: 2, C: 3, D: 4",
            "image": picture(i),
            "answer": "ABCD"[i % 4],
            "category": ("math", "logical reasoning")[i % 2],
            "l2_category": ("geometry", "diagram reasoning")[i % 2],
            "meta_info": {"source": "", "split": "val", "image_path": ""},
        }
        for i in range(questions)
    ]
    as_parquet(folder / "mmstar.parquet", rows)
    return folder


def write_chartqa(folder: Path, *, questions: int = 4) -> Path:
    rows = [
        {
            "type": ("human_test", "augmented_test")[i % 2],
            "question": f"Which value ({i})?",
            "answer": ("62", "Blue", "12.5%", "2003")[i % 4],
            "image": picture(i),
        }
        for i in range(questions)
    ]
    as_parquet(folder / "data" / "test-00000-of-00001.parquet", rows)
    return folder
