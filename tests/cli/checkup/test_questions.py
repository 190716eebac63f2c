from video_ktr.cli.checkup.questions import check_questions
from video_ktr.data.rejects import Reject, Rejects
from video_ktr.data.sample import Sample


def choice(solution, options=("A. cup", "B. pen")):
    return Sample(
        problem_id="7",
        problem="what ?",
        problem_type="multiple choice",
        solution=f"<answer>{solution}</answer>",
        options=options,
        data_type="text",
        path=None,
    )


def test_rejects_and_unfit_solutions_are_warnings():
    rejects = Rejects()
    rejects.add(Reject("q.json", 3, "missing solution", "add it"))
    read, fits = check_questions([choice("A"), choice("C")], rejects)
    assert (read.level, fits.level) == ("warning", "warning")
    assert read.text == "2 questions read, 1 rejected: 1 x missing solution (first: q.json record 3)"
    assert fits.text.startswith("1 of 2 solutions fit their options and type; the first that does not is 7: ")


def test_toy_world_options_fit():
    assert [f.level for f in check_questions([choice("B", ("A red", "B blue"))], Rejects())] == ["ok", "ok"]


def test_no_question_is_a_problem():
    assert check_questions([], Rejects())[0].level == "problem"
