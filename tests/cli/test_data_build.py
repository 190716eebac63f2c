import argparse
import json
from pathlib import Path

import pytest

from video_ktr.cli import data_build
from video_ktr.cli.settings import parse_overrides, read_settings
from video_ktr.data.sample import read_samples
from video_ktr.errors import ConfigError, DataError

RECIPE = Path(__file__).parents[2] / "recipes/data_mix.yaml"


def build(*words):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    data_build.add_arguments(parser)
    arguments, rest = parser.parse_known_args([str(word) for word in words])
    data_build.run(arguments, parse_overrides(rest))


@pytest.fixture
def world(tmp_path, monkeypatch):
    """The folders of the recipe, smaller: 12 image and 10 video rows, 3 questions of Video-Holmes, 1 held out."""
    monkeypatch.chdir(tmp_path)
    for folder in ("filtered", "Video-R1-data/STAR", "Video-R1-data/Math", "Video-Holmes/videos_cropped"):
        (tmp_path / "data" / folder).mkdir(parents=True)
    rows = []
    for number in range(22):
        path = f"./STAR/s{number}.mp4" if number % 2 and number < 20 else f"./Math/m{number}.png"
        (tmp_path / "data/Video-R1-data" / path).write_bytes(f"content {number}".encode())
        row = {"problem": f"How many in {number}?", "problem_type": "numerical", "solution": "<answer>3</answer>"}
        rows.append({"problem_id": number, **row, "path": path})
    lines = [json.dumps(row) + "\n" for row in rows]
    (tmp_path / "data/filtered/kept.jsonl").write_text("".join(lines), encoding="utf-8")
    for split, videos in {"train": ["t1", "t1", "t2"], "test": ["copy"]}.items():
        questions = [holmes(number, video) for number, video in enumerate(videos)]
        file = tmp_path / f"data/Video-Holmes/{split}_Video-Holmes.json"
        file.write_text(json.dumps(questions), encoding="utf-8")
        for video in videos:
            content = "content t2" if video == "copy" else f"content {video}"
            (tmp_path / f"data/Video-Holmes/videos_cropped/{video}.mp4").write_text(content, encoding="utf-8")
    return tmp_path


def holmes(number, video):
    options = {"A": "fear", "B": "late"}
    question = {"Question ID": number, "Question": f"Why {number}?", "Options": options, "Answer": "B"}
    return {"video ID": video, "Question Type": "TCI", **question, "Explanation": ""}


SMALL = ("--sources.video_r1.take", "{image: 5, video: 4}")


def test_the_recipe_builds_its_mix(world, capsys):
    build("--config", RECIPE, *SMALL)
    out = world / "data/video_ktr_16k"
    card = json.loads((out / "card.json").read_text(encoding="utf-8"))
    assert card["rows"] == 12
    assert card["counts"]["source"] == {"video_r1": 9, "video_holmes": 3}
    assert card["counts"]["data_type"] == {"video": 7, "image": 5}
    roots = ["data/Video-R1-data", "data/Video-Holmes"]
    assert card["media_root"] == roots
    # copy.mp4 of the test split holds the bytes of t2.mp4 of the train split.
    [held_out] = card["evaluation_sets"]
    assert held_out["matches"]["media content"] == held_out["leaked_rows"] == 1
    samples = read_samples(out / "questions.json", media_root=roots)
    assert len(samples) == 12
    assert all(Path(sample.path).is_file() for sample in samples)
    assert {sample.options for sample in samples if sample.data_source == "Video-Holmes"} == {("A. fear", "B. late")}
    assert "12 rows; read it with media_root data/Video-R1-data, data/Video-Holmes" in capsys.readouterr().out


def test_equal_inputs_and_seed_give_equal_bytes(world):
    build("--config", RECIPE, *SMALL, "--out", "one")
    build("--config", RECIPE, *SMALL, "--out", "two")
    build("--config", RECIPE, *SMALL, "--out", "three", "--seed", 1)
    one, two, three = ((world / name / "questions.json").read_bytes() for name in ("one", "two", "three"))
    assert one == two != three


def test_leaks_are_dropped_or_stop_the_build(world):
    with pytest.raises(DataError, match="1 in video_holmes_test"):
        build("--config", RECIPE, *SMALL, "--on_leak", "stop")
    assert not (world / "data/video_ktr_16k/questions.json").exists()
    build("--config", RECIPE, *SMALL, "--on_leak", "drop")
    samples = read_samples(world / "data/video_ktr_16k/questions.json", media_root="data/Video-Holmes")
    assert sorted(Path(s.path).stem for s in samples if s.data_source == "Video-Holmes") == ["t1", "t1"]


def test_sources_on_the_command_line_alone(world, capsys):
    rows = [{"problem": "?"}, {"problem": "?", "problem_type": "OCR", "solution": "x", "path": "none.mp4"}]
    (world / "mine.json").write_text(json.dumps(rows), encoding="utf-8")
    build("--sources.mine", "mine.json", "--out", "out")
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "mine: rejected 1 x missing solution (first: mine.json record 0)",
        "mine: 1 rows read, 1 rejected, 0 duplicates removed, 0 leaks removed, taken: 1 video",
        "to look at: 1 media files missing, first none.mp4",
        "out/questions.json: 1 rows; read it with media_root .",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "x"], "'sources' is missing"),
        (["--sources.a", "a.json"], "'out' is missing"),
        (["--sources.a.media_root", "x", "--out", "x"], "the file of questions of sources.a"),
        (["--sources.a.files", "x", "--out", "x"], "sources.a.files: did you mean file"),
        (["--sources.a", "3", "--out", "x"], "sources.a is 3"),
        (["--sources.a.file", "a.json", "--sources.a.take", "all", "--out", "x"], "sources.a.take is 'all'"),
        (["--sources.a.file", "a.json", "--sources.a.media_root", "3", "--out", "x"], "media_root is 3"),
        (["--sources.a.file", "a.json", "--sources.a.format", "7", "--out", "x"], "format is 7"),
        (["--sources.a", "a.json", "--evaluation_sets.b.take", "3", "--out", "x"], "evaluation_sets.b.take"),
        (["--sources.a", "a.json", "--on_leak", "ignore", "--out", "x"], "on_leak is 'ignore'"),
        (["--sources.a", "a.json", "--seed", "x", "--out", "x"], "seed is 'x'"),
        (["--sources", "{a-b: a.json}", "--out", "x"], "sources.a-b: write names with"),
        (["--source", "a.json", "--out", "x"], "unknown setting source"),
    ],
)
def test_settings_that_do_not_fit_are_refused_before_anything_is_written(tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=message):
        build(*words)
    assert list(tmp_path.iterdir()) == []


def test_the_recipe_asks_for_the_published_counts():
    settings = read_settings(RECIPE)
    assert settings["sources"]["video_r1"]["take"] == {"image": 8765, "video": 6600}
    assert sum(settings["sources"]["video_r1"]["take"].values()) + 1551 == 16916
