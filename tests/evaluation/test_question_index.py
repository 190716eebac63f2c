from collections import Counter
from dataclasses import replace

from tests.evaluation.benchmarks.asking import choice
from video_ktr.evaluation.question_index import QuestionIndex, normalised


def question(key, problem, video, **details):
    made = choice(details=details)
    return replace(made, id=key, sample=replace(made.sample, problem=problem, path=f"/data/{video}"))


INDEX = QuestionIndex(
    [
        question("7", "What falls?", "a.mp4"),
        question("7#2", "What rises?", "a.mp4"),
        question("8", "What falls?", "b.mp4"),
        question("9", "Where is x in <image 1>?", "c.mp4", question="Where?\nA. cup\nB. pen"),
        question("10", "Who?", "d.mp4"),
        question("11", "Who?", "d.mp4"),
    ]
)


def find(record, times=None):
    return INDEX.find(record, Counter() if times is None else times)


def test_ids_come_first_as_numbers_or_text():
    assert find({"id": "8"}) == find({"problem_id": 8}) == find({"Question ID": " 8"}) == "8"
    assert find({"id": True}) is find({"id": "80"}) is find({}) is None


def test_the_second_record_of_an_id_is_about_the_second_question():
    times = Counter()
    assert [find({"id": "7"}, times) for _ in range(3)] == ["7", "7#2", "7"]


def test_an_id_whose_text_is_another_does_not_count():
    # Two files may number their questions differently.
    assert find({"problem_id": 8, "problem": "What rises?"}) == "7#2"
    assert find({"problem_id": 8, "problem": "Of something else?"}) is None


def test_text_and_video_then_text_alone_when_it_is_the_only_one():
    assert find({"problem": "what  FALLS?", "path": "./Evaluation/X/b.webm"}) == "8"
    assert find({"question": "Where?\nA. cup\nB. pen", "video_id": "c"}) == "9"
    assert find({"question": "Where is x in ?", "video": "elsewhere.mp4"}) == "9"
    assert find({"problem": "What falls?", "path": "z.mp4"}) is None


def test_equal_questions_take_turns():
    times = Counter()
    assert [find({"problem": "Who?", "video_id": "d"}, times) for _ in range(2)] == ["10", "11"]


def test_options_tell_questions_of_equal_text_apart():
    options = [("A. cup", "B. pen"), ("A. car", "B. ball")]
    made = [question(str(i), "Which?", "a.mp4") for i in range(2)]
    made = [replace(q, sample=replace(q.sample, options=o)) for q, o in zip(made, options, strict=True)]
    index = QuestionIndex(made)
    assert index.find({"problem": "Which?", "options": ["A. car", "B. ball"], "path": "a.mp4"}, Counter()) == "1"
    assert index.find({"question": "Which?\nA. car\nB. ball", "video_id": "a"}, Counter()) == "1"
    assert index.find({"id": "1", "problem": "Which?", "options": ["(a) car", "(b) ball"]}, Counter()) == "1"


def test_normalised():
    assert normalised(" A\n<image 12> b ") == "a b"
