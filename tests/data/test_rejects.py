import json

from video_ktr.data.rejects import RecordError, Reject, Rejects
from video_ktr.errors import DataError


def filled():
    rejects = Rejects()
    rejects.add(Reject("a.json", 3, "bad options", "'options' must be a list"))
    rejects.add(Reject("a.json", 5, "missing solution", "has no 'solution'"))
    rejects.add(Reject("b.json", "7/order/0", "missing solution", "half a pair: \ud800"))
    return rejects


def test_reasons_are_counted_most_first():
    rejects = filled()
    assert len(rejects) == 3
    assert list(rejects.counts().items()) == [("missing solution", 2), ("bad options", 1)]
    assert rejects.summary() == [
        "2 x missing solution (first: a.json record 5)",
        "1 x bad options (first: a.json record 3)",
    ]
    assert Rejects().summary() == []


def test_every_record_left_out_is_written(tmp_path):
    rejects = filled()
    rejects.write(tmp_path / "rejects.jsonl")
    lines = (tmp_path / "rejects.jsonl").read_text().splitlines()
    assert [Reject(**json.loads(line)) for line in lines] == list(rejects)
    assert json.loads(lines[0]) == {
        "file": "a.json",
        "index": 3,
        "reason": "bad options",
        "detail": "'options' must be a list",
    }
    Rejects().write(tmp_path / "rejects.jsonl")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("rejects.jsonl", "")]


def test_a_fault_of_a_record_is_the_users_to_mend():
    error = RecordError("missing solution", "has no 'solution'; add it")
    assert isinstance(error, DataError)
    assert (error.reason, str(error)) == ("missing solution", "has no 'solution'; add it")
