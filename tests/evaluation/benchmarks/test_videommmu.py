import pytest

from tests.evaluation.benchmarks.asking import asked, choice, official, read, video_r1_row
from tests.evaluation.benchmarks.layout_files import as_json, as_parquet
from tests.evaluation.benchmarks.layouts import write_videommmu
from video_ktr.evaluation.benchmarks import find_benchmark
from video_ktr.evaluation.benchmarks.subjects import DISCIPLINES

LONG = ("the first option here", "the second option", "neither")
ADAPTATION = {"track": "Adaptation"}


def test_three_tables_are_read(tmp_path):
    questions, rejects = read("videommmu", write_videommmu(tmp_path, questions=6))
    assert not len(rejects)
    by_id = {q.id: q for q in questions}
    assert list(by_id) == [
        "Adaptation/new_Art_Theory_2", "Adaptation/dev_Math_5", "Comprehension/dev_Math_1",
        "Comprehension/new_Art_Theory_4", "Perception/new_Art_Theory_0", "Perception/dev_Math_3",
    ]  # fmt: skip
    question = by_id["Adaptation/new_Art_Theory_2"]
    assert question.groups == {"track": "Adaptation", "discipline": "Art", "subject": "Art_Theory"}
    assert question.sample.path == str(tmp_path / "Art/new_Art_Theory_2.mp4")
    assert question.sample.options[9] == "J. 9"
    assert "<image 1>" not in question.sample.problem
    assert "<image 1>" in find_benchmark("videommmu").official_prompt(question)
    open_ended = by_id["Adaptation/dev_Math_5"]
    assert (open_ended.sample.problem_type, open_ended.right) == ("numerical", "3.429")


def test_the_track_may_stand_in_the_record(tmp_path):
    row = {
        "id": "validation_Biology_7",
        "question": "?",
        "options": ["x", "y"],
        "answer": "B",
        "question_type": "multiple-choice",
        "qa_type": "Problem-solving Adaptation",
    }
    as_parquet(tmp_path / "all.parquet", [row, row | {"qa_type": "?"}])
    questions, rejects = read("videommmu", tmp_path / "all.parquet")
    assert [q.groups["track"] for q in questions] == ["Adaptation"]
    assert rejects.counts() == {"unknown track": 1}


@pytest.mark.parametrize(
    ("change", "kind", "right"),
    [
        ({"question_type": "None", "answer": "C", "options": ["1", "2", "3"]}, "multiple choice", "C"),
        ({"question_type": "open", "answer": "B", "options": ["", ""]}, "multiple choice", "B"),
        ({"question_type": "open", "answer": "12.5", "options": []}, "numerical", "12.5"),
        ({"question_type": "open", "answer": "['24/7', '3.429'"}, "numerical", "3.429"),  # a malformed list
        ({"question_type": "open", "answer": "a leaf"}, "free-form", "a leaf"),
    ],
)
def test_rows_of_odd_types(tmp_path, change, kind, right):
    row = {"id": "validation_Physics_21", "question": "?", "options": None, "question_type": "", "answer": ""} | change
    (question,), _ = read("videommmu", as_json(tmp_path / "Adaptation.json", [row]))
    assert (question.sample.problem_type, question.right) == (kind, right)
    assert official("videommmu", f"<answer>{right}</answer>", question) == 1


def test_tracks_follow_from_the_place_in_the_whole_video_r1_file(tmp_path):
    rows = [video_r1_row(i, path=f"./Evaluation/VideoMMMU/new_Art_Theory_{i}.mp4") for i in range(900)]
    (tmp_path / "Art").mkdir()
    (tmp_path / "Art/new_Art_Theory_299.mp4").touch()
    questions, _ = read("videommmu", as_json(tmp_path / "eval_videommmu.json", rows))
    assert [questions[i].groups["track"] for i in (0, 299, 300, 599, 600, 899)] == [
        "Adaptation", "Adaptation", "Comprehension", "Comprehension", "Perception", "Perception",
    ]  # fmt: skip
    assert questions[299].groups["discipline"] == "Art"
    assert questions[299].sample.path == str(tmp_path / "Art/new_Art_Theory_299.mp4")
    (question, *_), _ = read("videommmu", as_json(tmp_path / "eval_videommmu.json", rows[:300]))
    assert question.groups["track"] == "unknown"  # a cut file does not tell


@pytest.mark.parametrize(
    ("output", "right", "score"),
    [
        ("A. first, then C: third", "C", 1),  # "X." and "X:" are one kind; the last counts
        ("C: third, or A. first", "A", 1),
        ("A. is not (B)", "A", 1),  # "X." is looked for before "(X)"
        ("(A) or (B)", "B", 1),
        ("it is (A), not B or C ", "A", 1),  # "(X)" before "X "
        ("B", "B", 1),  # a blank is put at the edges
        ("B!", "B", 1),  # and punctuation taken off
        ("A or B", "B", 1),
        ("**B. 2**", "B", 1),
        ("i would say it must be the second option", "B", 1),  # more than five words: the option's text
        ("i say the first option here, no, the second option", "B", 1),
        ("the second option", "B", 0),  # too short for that
        ("i have no idea what this is", "A", 0),
        ("", "A", 0),
    ],
)
def test_letters(output, right, score):
    assert official("videommmu", output, choice(right, LONG, groups=ADAPTATION)) == score


@pytest.mark.parametrize(("output", "score"), [("The speed is 3.43 m/s", 1), ("3.4", 0), ("24/7", 1)])
def test_open_answers(output, score):
    question = asked("numerical", "3.429", gold="['24/7', '3.429']", groups=ADAPTATION)
    assert official("videommmu", output, question) == score


def test_the_published_counts_add_up():
    expected = find_benchmark("videommmu").expected
    assert sum(expected[name] for name in DISCIPLINES) == 900
    assert find_benchmark("videommmu").headline("official") == "macro:track"
