import subprocess
import sys
from dataclasses import dataclass

import pytest

from video_ktr.errors import ConfigError, DataError
from video_ktr.jobs.ledger import Ledger
from video_ktr.jobs.record import Record


@dataclass(frozen=True, kw_only=True)
class Score(Record):
    points: tuple[float, ...] = ()
    fault: str = ""


FIRST = [Score(key="a", points=(1.0, 0.5)), Score(key="b", fault="no such file")]
SECOND = [Score(key="c", points=(0.0, 0.0))]


@pytest.fixture
def path(tmp_path):
    with Ledger(tmp_path / "ledger.jsonl", Score) as ledger:
        ledger.append(FIRST)
        ledger.append(SECOND)
    return tmp_path / "ledger.jsonl"


def test_what_was_recorded_is_read_back(path):
    with Ledger(path, Score) as ledger:
        assert ledger.records == {score.key: score for score in FIRST + SECOND}
    assert path.read_bytes().count(b"\n") == 2


def test_a_batch_cut_short_anywhere_is_dropped_whole_and_can_be_recorded_again(path):
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        with Ledger(path, Score) as ledger:
            assert [*ledger.records] == ["a", "b"]
            ledger.append(SECOND)
        assert path.read_bytes() == whole


def test_a_later_record_replaces_an_earlier_one(path):
    again = Score(key="b", points=(1.0,))
    with Ledger(path, Score) as ledger:
        ledger.append([again])
    with Ledger(path, Score) as ledger:
        assert ledger.records["b"] == again


@pytest.mark.parametrize("line", ["{}", "[]", '{"records": [{"points": [1]}]}', "x", '{"records": [{"kay": "a"}]}'])
def test_a_broken_line_is_named(path, line):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + line + "\n" + lines[1])
    with pytest.raises(DataError, match=r"ledger\.jsonl: line 2 is not a record"), Ledger(path, Score):
        pass


def test_a_second_process_is_refused_until_the_first_is_gone(path):
    code = (
        "import sys; from pathlib import Path\n"
        "from video_ktr.jobs.ledger import Ledger; from video_ktr.jobs.record import Record\n"
        "class Bare(Record): from_json = classmethod(lambda kind, record: kind(key=record['key']))\n"
        f"with Ledger(Path({str(path)!r}), Bare): print('open', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout.readline() == b"open\n"
    with pytest.raises(ConfigError, match="another process"), Ledger(path, Score):
        pass
    other.kill()
    other.communicate()
    with Ledger(path, Score) as ledger:
        assert len(ledger.records) == 3
