import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from video_ktr.cli.questions import check_media, load_questions, load_template
from video_ktr.data.prompts import PromptTemplate
from video_ktr.data.sample import Sample, write_samples
from video_ktr.errors import ConfigError, DataError


def sample(number, path=None):
    kind = "text" if path is None else "video"
    return Sample(
        problem_id=str(number),
        problem="why ?",
        problem_type="free-form",
        solution="so",
        data_type=kind,
        path=None if path is None else str(path),
    )


@pytest.fixture
def file(tmp_path):
    write_samples([sample(n) for n in range(20)], tmp_path / "q.jsonl")
    return str(tmp_path / "q.jsonl")


def ids(samples):
    return [int(s.problem_id) for s in samples]


def test_all_questions_keep_their_order(file):
    assert ids(load_questions({"questions": file}, seed=0)) == list(range(20))


def test_a_number_of_questions_depends_on_the_seed_alone(file):
    first, again, other = (load_questions({"questions": file, "num_questions": 5}, seed=s) for s in (1, 1, 2))
    assert ids(first) == ids(again) != ids(other)
    assert len(set(ids(first))) == 5


def test_more_questions_than_there_are_gives_all(file):
    assert len(load_questions({"questions": file, "num_questions": 99}, seed=0)) == 20


@pytest.mark.parametrize("number", [0, -1, 2.5, "all"])
def test_a_wrong_number_is_told(file, number):
    with pytest.raises(ConfigError, match="num_questions"):
        load_questions({"questions": file, "num_questions": number}, seed=0)


def test_missing_media_are_counted(tmp_path):
    (tmp_path / "there.mp4").touch()
    samples = [sample(0, tmp_path / "there.mp4"), sample(1, tmp_path / "a.mp4"), sample(2, tmp_path / "b.mp4")]
    with pytest.raises(DataError, match=r"2 of 3 media files are missing, the first is .*a\.mp4"):
        check_media([*samples, samples[1], sample(3)], tmp_path / "q.jsonl")


@pytest.fixture
def mixed(tmp_path):
    """Four records: one fine, one of a video that is there, one of a missing video, one without a solution."""
    (tmp_path / "there.mp4").touch()
    write_samples([sample(0), sample(1, "there.mp4"), sample(2, "gone.mp4")], tmp_path / "q.jsonl")
    with (tmp_path / "q.jsonl").open("a") as file:
        file.write('{"problem_id": "3", "problem": "why ?", "problem_type": "free-form"}\n')
    return {"questions": str(tmp_path / "q.jsonl"), "output_dir": str(tmp_path / "run")}


def test_what_cannot_be_used_is_left_out_and_listed(mixed, tmp_path, capsys):
    assert ids(load_questions({**mixed, "missing_media": "report"}, seed=0)) == [0, 1]
    listed = [json.loads(line) for line in (tmp_path / "run" / "rejects.jsonl").read_text().splitlines()]
    assert [(entry["index"], entry["reason"]) for entry in listed] == [(3, "missing solution"), ("2", "missing media")]
    assert "2 questions left out" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "1 of 2 media files are missing, the first is .*gone.mp4"),
        ({"on_bad_record": "stop", "missing_media": "report"}, "record 3"),
        ({"on_bad_record": "ignore"}, "on_bad_record is 'ignore': use one of report, stop"),
        ({"missing_media": "skip"}, "missing_media is 'skip': use one of report, stop"),
    ],
)
def test_what_ends_the_verb(mixed, change, message):
    with pytest.raises((DataError, ConfigError), match=message):
        load_questions({**mixed, **change}, seed=0)


def test_media_outside_the_root_need_leave(mixed, tmp_path):
    (tmp_path / "inside").mkdir()
    write_samples([sample(0), sample(1, "../there.mp4")], tmp_path / "inside" / "q.jsonl")
    settings = {**mixed, "questions": str(tmp_path / "inside" / "q.jsonl")}
    assert ids(load_questions(settings, seed=0)) == [0]
    assert ids(load_questions({**settings, "allow_outside_media": True}, seed=0)) == [0, 1]


def test_no_question_at_all_is_told(tmp_path):
    write_samples([sample(1, "gone.mp4")], tmp_path / "q.jsonl")
    settings = {"questions": str(tmp_path / "q.jsonl"), "output_dir": str(tmp_path), "missing_media": "report"}
    with pytest.raises(DataError, match="no question that can be used"):
        load_questions(settings, seed=0)


def test_an_empty_file_is_told(tmp_path):
    (tmp_path / "q.jsonl").touch()
    with pytest.raises(DataError, match="holds no records"):
        load_questions({"questions": str(tmp_path / "q.jsonl")}, seed=0)


def test_the_template_can_move_the_media():
    assert load_template({}).media_first
    assert not load_template({"prompt_template": "plain", "media_first": False}).media_first
    with pytest.raises(ConfigError, match="media_first"):
        load_template({"media_first": "last"})
    with pytest.raises(ConfigError, match="unknown"):
        load_template({"prompt_template": "poem"})
    with pytest.raises(ConfigError, match="prompt_template is 3: give a name or the path of a file"):
        load_template({"prompt_template": 3})


def test_the_template_can_be_a_file(tmp_path):
    (tmp_path / "words.txt").write_text("Look. {question}\n")
    settings = {"prompt_template": str(tmp_path / "words.txt"), "media_first": False}
    assert load_template(settings) == PromptTemplate("Look. {question}", media_first=False)


def test_a_split_of_a_folder_can_be_chosen(tmp_path):
    for split, number in (("train", 2), ("test", 1)):
        rows = [{"problem": f"{split} {i}", "problem_type": "OCR", "solution": "x"} for i in range(number)]
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"{split}-00000.parquet")
    assert len(load_questions({"questions": str(tmp_path)}, seed=0)) == 2
    chosen = load_questions({"questions": str(tmp_path), "split": "test"}, seed=0)
    assert [sample.problem for sample in chosen] == ["test 0"]
