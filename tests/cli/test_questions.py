import pytest

from video_ktr.cli.questions import check_media, load_questions, load_template
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
