import pytest

from video_ktr.data.card_text import card_text

CARD = {
    "rows": 16916,
    "media_files": 14286,
    "sha256": "0" * 64,
    "media_root": ["data"],
    "seed": 42,
    "on_leak": "report",
    "counts": {"source": {"video-r1": 15365, "holmes": 1551}, "data_type": {"image": 8765, "video": 8151}},
    "option_problems": {"empty option": 3},
    "missing_media": {"files": 2, "first": ["a", "b"]},
    "sources": [
        {
            "name": "video-r1",
            "file": "kept.jsonl",
            "sha256": "1" * 64,
            "rows_read": 20000,
            "rejects": {"missing solution": 4},
            "take": {"image": 8765, "video": 6600},
            "taken": {"image": 8765, "video": 6600},
            "duplicates_removed": 7,
            "duplicates_with_other_answer": 5,
            "leaks_removed": 0,
        }
    ],
    "evaluation_sets": [],
    "versions": {"python": "3.11.0"},
}
HELD_OUT = {
    "name": "a | b <script>",
    "file": "test.json",
    "sha256": None,
    "rows": 1837,
    "rejects": {},
    "media": 270,
    "missing_media": 270,
    "matches": {"question": 12, "media name": 1, "question and media name": 0, "media content": 0},
    "leaked_rows": 1,
}


@pytest.mark.parametrize(
    "line",
    [
        "16,916 rows about 14,286 media files, drawn with seed 42.",
        "| holmes | 1,551 |",
        "| video | 8,151 |",
        "| video-r1 | kept.jsonl | 20,000 | missing solution 4 | image 8,765, video 6,600 | image 8,765, video 6,600 "
        f"| 7 | 0 | {'1' * 64} |",
        "the first is kept. 5 of the duplicates removed had other options or another solution.",
        "None was given, so nothing is known about leaks.",
        "- empty option: 3 rows",
        "- media missing: 2 files (told apart by their paths, as their content is not known)",
        "Versions: python 3.11.0.",
    ],
)
def test_lines_of_a_card(line):
    assert line in card_text(CARD).splitlines()


def test_evaluation_sets_and_names_that_would_break_the_table():
    lines = card_text({**CARD, "evaluation_sets": [HELD_OUT]}).splitlines()
    assert r"| a \| b \<script\> | test.json | 1,837 | none | 270 | 270 | 12 | 1 | 0 | 0 | 1 | - |" in lines
    assert not any("nothing is known" in line for line in lines)


def test_nothing_to_look_at_is_said():
    clean = card_text({**CARD, "option_problems": {}, "missing_media": {"files": 0, "first": []}})
    assert "Nothing." in clean.splitlines()
