import pytest

from tests.evaluation.benchmarks.asking import SHARED, asked, choice, official, read, video_r1_row
from tests.evaluation.benchmarks.layout_files import as_json
from tests.evaluation.benchmarks.layouts import tempcompass_rows, write_tempcompass
from video_ktr.evaluation.benchmarks import find_benchmark
from video_ktr.evaluation.benchmarks.tempcompass import TASKS


@pytest.fixture
def by_task(tmp_path):
    questions, rejects = read("tempcompass", write_tempcompass(tmp_path, questions=8))
    assert not len(rejects)
    return {q.groups["task"]: q for q in questions}


def test_the_tables_of_all_tasks_are_read(by_task, tmp_path):
    assert set(by_task) == set(TASKS)
    assert [by_task[task].sample.options for task in TASKS] == [
        ("A. car", "B. ball", "C. cat"),
        ("A. yes", "B. no"),
        ("A. The car turns.", "B. The ball turns."),
        ("A. car", "B. ball"),
    ]
    assert [by_task[task].right for task in TASKS] == ["B", "A", "B", "B"]
    assert {q.sample.problem for q in by_task.values()} == {"What turns?"}
    question = by_task["multi-choice"]
    assert question.id == "multi-choice/4_reverse/attribute_change/0"
    assert question.groups["task and aspect"] == "multi-choice, attribute_change"
    assert question.sample.path == str(tmp_path / "tempcompass_videos/videos/4_reverse.mp4")


@pytest.mark.parametrize("named", [True, False])
def test_the_json_form_gives_the_same_questions(tmp_path, named):
    rows = {task: tempcompass_rows(task, [1, 1, 3], tmp_path) for task in TASKS}
    from_tables, from_json = [], []
    for number, task in enumerate(TASKS):
        by_video = {}
        for row in rows[task]:
            of_aspect = by_video.setdefault(row["video_id"], {}).setdefault(row["dim"], [])
            of_aspect.append({key: row[key] for key in row if key not in {"video_id", "dim"}})
        file = as_json(tmp_path / "questions" / f"{task if named else number}.json", by_video)
        from_json += read("tempcompass", file, tmp_path)[0]
        from_tables += read("tempcompass", as_json(tmp_path / f"{task}.json", rows[task]))[0]
    assert [q.id for q in from_json] == [q.id for q in from_tables]
    assert [q.id for q in from_json[:3]] == [
        "multi-choice/1_reverse/direction/0",
        "multi-choice/1_reverse/direction/1",
        "multi-choice/3_reverse/order/0",
    ]
    assert [(q.gold, q.groups, q.details) for q in from_json] == [(q.gold, q.groups, q.details) for q in from_tables]


@pytest.mark.parametrize(
    ("task", "output", "score"),
    [
        ("multi-choice", "B. ball", 1),  # the exact line
        ("multi-choice", "B", 1),
        ("multi-choice", "B) the ball", 1),
        ("multi-choice", "B. whatever", 1),
        ("multi-choice", "A. ball", 0),
        ("multi-choice", "ball", 0),  # left to the judge, which is not asked
        ("multi-choice", "b", 0),
        ("multi-choice", "Ball", 0),
        ("multi-choice", "<think>A?</think><answer>B</answer>", 1),
        ("yes_no", "Yes, it does.", 1),
        ("yes_no", "yes", 1),
        ("yes_no", "No", 0),
        ("yes_no", "It does: yes", 0),
        ("yes_no", "<answer>A</answer>", 1),  # the letter that it was given
        ("yes_no", "<answer>B</answer>", 0),
        ("caption_matching", "Option 2: The ball turns.", 1),
        ("caption_matching", "The ball turns.", 1),
        ("caption_matching", "Option 2", 1),
        ("caption_matching", "B", 1),
        ("caption_matching", "Option 1", 0),
        ("caption_matching", "The car turns.", 0),
        ("captioning", "The ball turns.", None),
        ("captioning", "B", None),
    ],
)
def test_the_matching_rules(by_task, task, output, score):
    assert official("tempcompass", output, by_task[task]) == score


@pytest.mark.parametrize(
    ("lines", "answer", "options", "right"),
    [
        (
            ["Caption A: It falls.", "Caption B: It flies."],
            "Caption B: It flies.",
            ("A. It falls.", "B. It flies."),
            "B",
        ),
        (["Sentence B: It falls.", "Sentence A: It flies."], "Sentence B", ("B. It falls.", "A. It flies."), "B"),
        (["Option 1: It falls.", "Option 2: It flies."], "It falls.", ("A. It falls.", "B. It flies."), "A"),
    ],
)
def test_captions_keep_the_letters_of_their_labels(tmp_path, lines, answer, options, right):
    row = {"video_id": "1", "dim": "order", "question": "\n".join(["Which?", *lines]), "answer": answer}
    (question,), _ = read("tempcompass", as_json(tmp_path / "caption_matching.json", [row]))
    assert (question.sample.options, question.right) == (options, right)
    assert official("tempcompass", answer, question) == 1


def test_rows_that_fit_no_task_are_told(tmp_path):
    rows = tempcompass_rows("caption_matching", [0], tmp_path)
    rows = [rows[0] | {"answer": "Option 3"}, rows[0]]
    questions, rejects = read("tempcompass", as_json(tmp_path / "caption_matching.json", rows))
    assert (len(questions), rejects.counts()) == (1, {"answer not among options": 1})
    yes = [{"video_id": "1", "dim": "order", "question": "Does it?", "answer": "maybe"}]
    assert read("tempcompass", as_json(tmp_path / "yes_no.json", yes))[1].counts() == {"answer not among options": 1}


def test_the_video_r1_file_tells_what_it_can(tmp_path):
    rows = [
        video_r1_row(1, original_question_type="speed", options=["A. yes", "B. no"]),
        video_r1_row(2, dim="order", task="caption_matching"),
        video_r1_row(3),
    ]
    questions, _ = read("tempcompass", as_json(tmp_path / "eval_tempcompass.json", rows))
    assert [(q.groups["task"], q.groups["aspect"]) for q in questions] == [
        ("yes_no", "speed"), ("caption_matching", "order"), ("unknown", "unknown"),
    ]  # fmt: skip
    assert [official("tempcompass", out, questions[0]) for out in ("No.", "yes", "B")] == [1, 0, 1]
    assert official("tempcompass", "B. pen", questions[2]) == 1
    bare = asked("multiple choice", "B", groups={"task": "unknown"})
    assert [official("tempcompass", out, bare) for out in ("B", "B. pen", "")] == [1, 0, 0]


def test_prompts_keep_the_files_own_question(by_task):
    prompts = {task: find_benchmark("tempcompass").official_prompt(q) for task, q in by_task.items()}
    assert prompts["captioning"] == "What turns?"
    assert prompts["yes_no"].startswith("What turns?\n")
    assert "Option 2: The ball turns.\n" in prompts["caption_matching"]
    assert "B. pen\n" in find_benchmark("tempcompass").official_prompt(choice(groups={"task": "unknown"}))


def test_the_real_file():
    if not (source := SHARED / "tempcompass_multi-choice_40videos.json").exists():
        pytest.skip("the real file is not here")
    questions, rejects = read("tempcompass", source)
    assert questions
    assert not len(rejects)
    assert {q.groups["task"] for q in questions} == {"multi-choice"}
    assert {q.groups["aspect"] for q in questions} == {"action", "direction", "speed", "order", "attribute_change"}
    for q in questions:
        wrong = next(option for option in q.sample.options if option[0] != q.right)
        outputs = (q.gold, q.right, f"{q.right}) ?", f"{q.right}. ?", f"<answer>{q.right}</answer>", wrong, "", "?")
        assert [official("tempcompass", output, q) for output in outputs] == [1, 1, 1, 1, 1, 0, 0, 0]
