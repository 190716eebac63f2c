import sys
import textwrap
from pathlib import Path

import pytest

from tests.evaluation.benchmarks.asking import official, read
from tests.evaluation.benchmarks.layout_files import as_json
from video_ktr.errors import ConfigError
from video_ktr.evaluation.benchmarks import BENCHMARKS, find_benchmark

# As the documentation shows it.
OWN = '''
from video_ktr.data.readers.fields import needed, tagged
from video_ktr.data.schema import Sample
from video_ktr.evaluation.benchmarks import Benchmark, Question
from video_ktr.evaluation.extraction import final_answer


class Laps(Benchmark):
    """How many laps does the car drive?"""

    name, title = "laps", "Laps"
    group_names = ("track",)
    expected = {"all": 2}
    files = ("laps.json",)
    keys = frozenset({"clip", "track", "laps"})

    def read_official(self, place, roots):
        record = place.record
        sample = Sample(
            problem_id=str(place.number),
            problem="How many laps does the car drive?",
            problem_type="numerical",
            solution=tagged(needed(record, "laps")),
            data_type="video",
            path=str(roots.resolve(needed(record, "clip"))),
        )
        return Question(
            id=sample.problem_id, sample=sample, gold=sample.solution, groups={"track": needed(record, "track")}
        )

    def official_score(self, output, question):
        return float(final_answer(output) == question.right)


LAPS = Laps()
NUMBER = 3


class Long(Laps):
    def __init__(self, laps):
        self.laps = laps
'''


@pytest.fixture
def own(tmp_path, monkeypatch):
    (tmp_path / "my_benchmarks.py").write_text(textwrap.dedent(OWN), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    sys.modules.pop("my_benchmarks", None)


def test_all_of_the_paper_are_there():
    assert list(BENCHMARKS) == [
        "video_holmes", "videommmu", "mmvu", "mmvu_val", "tempcompass", "videomme", "videomme_subtitles", "mvbench",
        "vsibench", "mmmu", "ai2d", "mmstar", "chartqa",
    ]  # fmt: skip
    assert all(find_benchmark(name).name == name for name in BENCHMARKS)


@pytest.mark.parametrize("name", ["my_benchmarks:LAPS", "my_benchmarks:Laps"])
@pytest.mark.usefixtures("own")
def test_one_of_ones_own(tmp_path, name):
    rows = [{"clip": "a.mp4", "track": "oval", "laps": 3}, {"clip": "b.mp4", "track": "oval", "laps": None}]
    (question,), rejects = read(name, as_json(tmp_path / "laps.json", rows))
    assert question.groups == {"track": "oval"}
    assert [official(name, output, question) for output in ("<answer>3</answer>", "4")] == [1, 0]
    assert rejects.counts() == {"missing laps": 1}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mmmmu", "unknown: use one of video_holmes, videommmu, mmvu, .* chartqa, or package.module:OBJECT"),
        ("", "is unknown"),
        ("my_benchmarks:1", "is unknown"),
        ("my_benchmarks:", "is unknown"),
        ("no_such_module:LAPS", "cannot be imported"),
        ("my_benchmarks:LIPS", "has no LIPS"),
        ("my_benchmarks:NUMBER", "is of type int"),
        ("my_benchmarks:Long", "cannot be built without arguments"),
    ],
)
@pytest.mark.usefixtures("own")
def test_what_is_no_benchmark_is_told(name, words):
    with pytest.raises(ConfigError, match=words):
        find_benchmark(name)


def test_the_documentation_shows_this_example():
    shown = (Path(__file__).parents[3] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    assert OWN.partition("LAPS = ")[0].strip() in shown
