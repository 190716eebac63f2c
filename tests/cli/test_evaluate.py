import json
from functools import partial

import pytest

from tests.cli.killing import kill_after
from tests.evaluation.benchmarks.layouts import LAYOUTS, write_mmvu, write_videomme
from tests.filtering.answering import build_answering_checkpoint
from video_ktr.cli.main import main
from video_ktr.evaluation.result_file import read_result

FRAMES = (4, 6, 8)
QUESTIONS = 3
NOT_REPEATED = ("seconds", "environment")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Every benchmark in a folder of its name, in the layout of its real files, and a checkpoint in model/."""
    folder = tmp_path_factory.mktemp("benchmarks")
    build_answering_checkpoint(folder / "model")
    for name, write in LAYOUTS.items():
        write(folder / name, questions=QUESTIONS)
    return folder


def words(world, out, *benchmarks, **settings):
    chosen = {
        "model": world / "model",
        "benchmark": ",".join(benchmarks),
        "frames": ",".join(map(str, FRAMES)),
        "out": out,
        "batch_size": 2,
        "max_new_tokens": 8,
        # Draws tell questions apart, and the seeds of a run that goes on must be those of one from the start.
        "temperature": 1,
        "media.min_pixels": 784,
        "media.max_pixels": 3136,
        "media.image_min_pixels": 784,
        "media.image_max_pixels": 3136,
        **({f"questions.{name}": world / name for name in benchmarks} if "questions" not in settings else {}),
        **settings,
    }
    return ["evaluate", *(word for key, value in chosen.items() for word in (f"--{key}", str(value)))]


@pytest.fixture(scope="module")
def whole(world, tmp_path_factory):
    """The results of a run that nothing interrupts."""
    out = tmp_path_factory.mktemp("whole") / "out"
    assert main(words(world, out, *LAYOUTS)) == 0
    return out


def results(out):
    """Rows of every result folder as bytes, and what its result.json says that a second run must say again."""
    found = {}
    for path in sorted(out.glob("*/*f")):
        meta = json.loads((path / "result.json").read_text())
        told = {key: value for key, value in meta.items() if key not in NOT_REPEATED}
        found[str(path.relative_to(out))] = ((path / "rows.jsonl").read_bytes(), told)
    return found


def ledger_lines(out):
    return sum(path.read_text().count("\n") for path in out.glob("*/*f/ledger.jsonl"))


def test_eleven_benchmarks_at_three_frame_counts_killed_twice_equal_uninterrupted(world, whole, tmp_path):
    command = words(world, tmp_path / "out", *LAYOUTS)
    for lines in (4, 30):
        kill_after(lines, partial(ledger_lines, tmp_path / "out"), command)
    assert 30 <= ledger_lines(tmp_path / "out") < len(LAYOUTS) * len(FRAMES) * 2
    assert main(command) == 0
    expected = results(whole)
    assert set(expected) == {f"{name}/{frames}f" for name in LAYOUTS for frames in FRAMES}
    assert results(tmp_path / "out") == expected
    # Equal for a reason: the draws of different questions are not all the same.
    assert len({row["output"] for path in whole.glob("*/4f") for row in read_result(path).rows}) > 1
    for lines, told in expected.values():
        assert lines.count(b"\n") == told["counts"]["questions"] == told["counts"]["answered"] == QUESTIONS
        for tallies in told["modes"]["video_r1"]["groups"].values():
            assert sum(tally["n"] for tally in tallies.values()) == QUESTIONS


def test_other_batches_give_the_same_rows(world, whole, tmp_path):
    assert main(words(world, tmp_path / "out", "mmvu", "tempcompass", batch_size=3, frames=4)) == 0
    for name in ("mmvu", "tempcompass"):
        one, other = (folder / name / "4f" / "rows.jsonl" for folder in (tmp_path / "out", whole))
        assert one.read_bytes() == other.read_bytes()


def test_a_finished_folder_is_scored_anew_without_a_model(world, whole, capfd):
    before = results(whole)
    assert main(words(world, whole, *LAYOUTS)) == 0
    assert results(whole) == before
    told = capfd.readouterr()
    assert "Loading" not in told.err
    assert "questions/min" not in told.err


def test_changed_settings_are_refused_in_one_line(world, whole, capsys):
    before = results(whole)
    assert main(words(world, whole, "mmvu", temperature=0, prompt="official")) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "prompt, questions, temperature changed" in line
    assert results(whole) == before


def test_the_result_tells_what_it_was_made_with(whole):
    meta = read_result(whole / "mmvu" / "6f").meta
    assert meta["model"].endswith("/model")
    assert len(meta["model_content"]["sha256"]) == 64
    assert (meta["benchmark"], meta["frames"], meta["media"]["max_frames"]) == ("mmvu", 6, 6)
    assert meta["media"]["max_pixels"] == 3136
    assert meta["template"]["name"] == "reasoning"
    assert "{question}" in meta["template"]["text"]
    assert meta["engine"]["name"] == "transformers"
    assert meta["engine"]["version"][0].isdigit()
    assert meta["sampling"] == {"temperature": 1.0, "top_p": 1.0, "top_k": 0, "max_new_tokens": 8, "seed": 0}
    assert meta["environment"]["packages"]["torch"]
    assert meta["seconds"] > 0
    assert meta["partial"] is None
    assert set(meta["modes"]) == {"video_r1", "official", "lenient"}
    assert "mmvu: 3 questions (all), 625 expected" in meta["warnings"]


def test_missing_and_torn_videos_are_wrong_counted_and_can_be_asked_again(world, tmp_path, capsys):
    source = write_mmvu(tmp_path / "mmvu", questions=4)
    first, second = sorted((tmp_path / "mmvu").rglob("*.mp4"))[:2]
    content = first.read_bytes()
    first.write_bytes(content[: len(content) // 3])
    second.rename(second.with_suffix(".away"))
    command = words(world, tmp_path / "out", "mmvu", questions=source, frames=4)
    assert main(command) == 0
    assert "1 of 4 media files are missing; their questions count as wrong" in capsys.readouterr().out
    result = read_result(tmp_path / "out" / "mmvu" / "4f")
    counts = result.meta["counts"]
    assert [counts[key] for key in ("questions", "answered", "unreadable media", "missing media")] == [4, 2, 1, 1]
    assert result.meta["modes"]["video_r1"]["overall"]["n"] == 4
    assert len(result.meta["failures"]) == 2
    lost = [row for row in result.rows if row["state"] != "answered"]
    assert [(row["output"], row["scores"]["video_r1"], row["scores"]["official"]) for row in lost] == [(None, 0, 0)] * 2
    first.write_bytes(content)
    second.with_suffix(".away").rename(second)
    assert main(command) == 0
    assert read_result(tmp_path / "out" / "mmvu" / "4f").meta["counts"]["answered"] == 2
    assert main([*command, "--retry-failed"]) == 0
    again = read_result(tmp_path / "out" / "mmvu" / "4f")
    assert again.meta["counts"]["answered"] == 4
    kept = {row["id"]: row["output"] for row in result.rows if row["state"] == "answered"}
    assert kept.items() <= {row["id"]: row["output"] for row in again.rows}.items()


def test_a_quick_look_is_marked(world, whole, tmp_path, capsys):
    assert main(words(world, tmp_path / "out", "mmvu", frames=4, limit=2)) == 0
    assert "MMVU (mc) (partial)" in capsys.readouterr().out
    looked = read_result(tmp_path / "out" / "mmvu" / "4f")
    assert looked.meta["partial"] == {"limit": 2, "of": 3, "seed": 0}
    rows = {row["id"]: row for row in read_result(whole / "mmvu" / "4f").rows}
    assert [row == rows[row["id"]] for row in looked.rows] == [True, True]


def test_one_benchmark_takes_a_single_path_and_media_elsewhere(world, tmp_path, capsys):
    source = write_videomme(tmp_path / "files", questions=3)
    (tmp_path / "files" / "data").rename(tmp_path / "data")
    command = words(world, tmp_path / "out", "videomme", questions=source, frames=4, prompt="official")
    assert main(command) == 2
    assert "none of its 1 media files exists" in capsys.readouterr().err
    assert main([*command, "--media", str(tmp_path)]) == 0
    assert read_result(tmp_path / "out" / "videomme" / "4f").meta["template"]["name"] == "official"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"benchmark": "mmvv"}, "'mmvv' is unknown: use one of video_holmes"),
        ({"questions": "/nowhere"}, "/nowhere: no such file or folder"),
        ({"model": "/nowhere/model"}, "no such folder"),
        ({"limit": -1}, "limit is -1"),
    ],
)
def test_mistakes_end_in_one_line(world, tmp_path, capsys, settings, message):
    assert main(words(world, tmp_path / "out", "mmvu", **settings)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not (tmp_path / "out").exists()


def test_settings_can_come_from_a_file(world, whole, tmp_path):
    (tmp_path / "evaluate.yaml").write_text(
        f"model: {world / 'model'}\nbenchmark: [mmvu]\nquestions: {{mmvu: {world / 'mmvu'}}}\nframes: [4]\n"
        "batch_size: 2\nmax_new_tokens: 8\ntemperature: 1\n"
        "media: {min_pixels: 784, max_pixels: 3136, image_min_pixels: 784, image_max_pixels: 3136}\n"
    )
    assert main(["evaluate", "--config", str(tmp_path / "evaluate.yaml"), "--out", str(tmp_path / "out")]) == 0
    one, other = (folder / "mmvu" / "4f" / "rows.jsonl" for folder in (tmp_path / "out", whole))
    assert one.read_bytes() == other.read_bytes()
