import subprocess
import sys

import pytest

from video_ktr.errors import ConfigError, DataError
from video_ktr.filtering.ledger import Ledger
from video_ktr.filtering.outcome import Outcome

FIRST = [
    Outcome(key="a", scores=(1.0, 0.5), lengths=(3, 4), formatted=(True, False), cut=(False, True)),
    Outcome(key="b", failure="unreadable", detail="no such file"),
]
SECOND = [Outcome(key="c", scores=(0.0, 0.0), lengths=(1, 1), formatted=(False, False), cut=(True, True))]


@pytest.fixture
def path(tmp_path):
    with Ledger(tmp_path / "ledger.jsonl") as ledger:
        ledger.append(FIRST)
        ledger.append(SECOND)
    return tmp_path / "ledger.jsonl"


def test_what_was_recorded_is_read_back(path):
    with Ledger(path) as ledger:
        assert ledger.outcomes == {outcome.key: outcome for outcome in FIRST + SECOND}
    assert path.read_bytes().count(b"\n") == 2


def test_a_batch_cut_short_anywhere_is_dropped_whole_and_can_be_recorded_again(path):
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        path.write_bytes(whole[:end])
        with Ledger(path) as ledger:
            assert [*ledger.outcomes] == ["a", "b"]
            ledger.append(SECOND)
        assert path.read_bytes() == whole


def test_a_later_record_replaces_an_earlier_one(path):
    again = Outcome(key="b", scores=(1.0,), lengths=(2,), formatted=(True,), cut=(False,))
    with Ledger(path) as ledger:
        ledger.append([again])
    with Ledger(path) as ledger:
        assert ledger.outcomes["b"] == again


@pytest.mark.parametrize("line", ["{}", "[]", '{"questions": [{"scores": [1]}]}', "x", '{"questions": [{"kay": "a"}]}'])
def test_a_broken_line_is_named(path, line):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + line + "\n" + lines[1])
    with pytest.raises(DataError, match=r"ledger\.jsonl: line 2 is not a record"), Ledger(path):
        pass


def test_a_second_process_is_refused_until_the_first_is_gone(path):
    code = (
        "import sys; from pathlib import Path; from video_ktr.filtering.ledger import Ledger\n"
        f"with Ledger(Path({str(path)!r})): print('open', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout.readline() == b"open\n"
    with pytest.raises(ConfigError, match="another process"), Ledger(path):
        pass
    other.kill()
    other.communicate()
    with Ledger(path) as ledger:
        assert len(ledger.outcomes) == 3
