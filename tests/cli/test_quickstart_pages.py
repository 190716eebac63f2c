import json

from video_ktr.cli.quickstart_pages import one_of_each_kind


def test_the_first_question_of_each_kind_is_shown(tmp_path):
    path = tmp_path / "questions.jsonl"
    rows = [
        {
            "problem_id": str(number),
            "problem": "what ?",
            "problem_type": "free-form",
            "solution": "it",
            "data_type": "text",
            "original_question_type": kind,
        }
        for number, kind in enumerate(["order", "count", "order", "motion", "count"])
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [sample.problem_id for sample in one_of_each_kind(path)] == ["0", "1", "3"]
