import json
import shutil
from functools import partial

import pyarrow.parquet as pq
import pytest

from tests.cli.killing import kill_after
from tests.filtering.answering import build_answering_checkpoint
from video_ktr.cli.main import main
from video_ktr.toyworld.dataset import ToyDataConfig, build_dataset

QUESTIONS = 24
RESULTS = ("kept.jsonl", "rejects.jsonl", "accuracies.parquet", "summary.md", "unreadable.jsonl", "histogram.png")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filter")
    sizes = {"base_samples": 1, "cold_start_samples": 1, "train_samples": QUESTIONS, "eval_samples": 5}
    build_dataset(folder, ToyDataConfig(base_videos=3, blank_videos=1, **sizes), show_progress=False)
    build_answering_checkpoint(folder / "model")
    return folder


def words(world, out, **settings):
    chosen = {
        "model": world / "model",
        "questions": world / "train.jsonl",
        "out": out,
        "batch_size": 2,
        "max_new_tokens": 8,
        "prompt_template": "plain",
        "media.min_pixels": 784,
        "media.max_pixels": 3136,
        "media.max_frames": 8,
        **settings,
    }
    return ["filter", *(word for key, value in chosen.items() for word in (f"--{key}", str(value)))]


@pytest.fixture(scope="module")
def whole(world, tmp_path_factory):
    """The results of a run that nothing interrupts."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    assert main(words(world, folder)) == 0
    return folder


def files(folder):
    return {name: (folder / name).read_bytes() for name in RESULTS}


def ledger_lines(folder):
    path = folder / "ledger.jsonl"
    return path.read_text().count("\n") if path.exists() else 0


def asked(folder):
    lines = (folder / "ledger.jsonl").read_text().splitlines()
    return [question["key"] for line in lines for question in json.loads(line)["records"]]


def test_killed_twice_equals_uninterrupted(world, whole, tmp_path):
    parts = tmp_path / "parts"
    for lines in (1, 4):
        kill_after(lines, partial(ledger_lines, parts), words(world, parts))
    assert 4 <= ledger_lines(parts) < QUESTIONS / 2
    assert not (parts / "kept.jsonl").exists()
    assert main(words(world, parts)) == 0
    assert files(parts) == files(whole)
    assert asked(parts) == asked(whole)
    assert len({*asked(parts)}) == QUESTIONS


def test_the_filter_tells_questions_apart(whole):
    table = pq.read_table(whole / "accuracies.parquet").to_pylist()
    assert len(table) == QUESTIONS
    assert {row["reason"] for row in table} == {"kept", "too hard"}
    for row in table:
        assert row["kept"] == (2 <= row["right"] <= 6)
    kept = [json.loads(line)["problem_id"] for line in (whole / "kept.jsonl").read_text().splitlines()]
    assert kept == [row["problem_id"] for row in table if row["kept"]]


def test_other_batches_keep_the_same_questions(world, whole, tmp_path):
    assert main(words(world, tmp_path / "out", batch_size=7)) == 0
    assert files(tmp_path / "out") == files(whole)


def test_a_finished_folder_is_decided_anew_without_a_model(world, whole, tmp_path, capfd):
    out = tmp_path / "out"
    out.mkdir()
    for name in ("ledger.jsonl", "settings.json"):
        (out / name).write_bytes((whole / name).read_bytes())
    assert main(words(world, out, low=0.0)) == 0
    assert len((out / "kept.jsonl").read_text().splitlines()) == QUESTIONS
    assert "Loading" not in capfd.readouterr().err
    assert asked(out) == asked(whole)


def test_changed_settings_are_refused_in_one_line(world, whole, capsys):
    before = files(whole)
    assert main(words(world, whole, trials=4, seed=3)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "seed, trials changed" in line
    assert files(whole) == before


def test_changed_questions_are_refused(world, whole, tmp_path, capsys):
    lines = (world / "train.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "fewer.jsonl").write_text("".join(lines[1:]))
    assert main(words(world, whole, questions=tmp_path / "fewer.jsonl", media_root=world)) == 2
    assert "questions changed" in capsys.readouterr().err


def test_videos_that_cannot_be_read_are_counted_and_can_be_tried_again(world, tmp_path, capsys):
    records = [json.loads(line) for line in (world / "train.jsonl").read_text().splitlines()[:4]]
    clip = (world / records[1]["path"]).read_bytes()
    records[1]["path"], records[2]["path"] = "clips/torn.mp4", "clips/gone.mp4"
    media = tmp_path / "media"
    (media / "clips").mkdir(parents=True)
    (media / "clips" / "torn.mp4").write_bytes(clip[: len(clip) // 3])
    shutil.copytree(world / "videos", media / "videos")
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    command = words(world, tmp_path / "out", questions=tmp_path / "q.jsonl", media_root=media)
    assert main(command) == 0
    assert "1 of 4 media files are missing" in capsys.readouterr().out
    lost = [json.loads(line) for line in (tmp_path / "out" / "unreadable.jsonl").read_text().splitlines()]
    assert [(row["problem_id"], row["reason"]) for row in lost] == [(f"train-{n}", "unreadable") for n in (1, 2)]
    assert "| all | 4 |" in (tmp_path / "out" / "summary.md").read_text()
    (media / "clips" / "torn.mp4").write_bytes(clip)
    assert main([*command, "--retry_unreadable", "true"]) == 0
    assert len((tmp_path / "out" / "unreadable.jsonl").read_text().splitlines()) == 1


def test_records_that_are_no_questions_are_listed(world, tmp_path, capsys):
    lines = (world / "train.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "q.jsonl").write_text(lines[0] + '{"problem": "why ?"}\n' + lines[1])
    assert main(words(world, tmp_path / "out", questions=tmp_path / "q.jsonl", media_root=world)) == 0
    assert "1 x missing solution" in capsys.readouterr().out
    (reject,) = [json.loads(line) for line in (tmp_path / "out" / "rejects.jsonl").read_text().splitlines()]
    assert (reject["index"], reject["reason"]) == (1, "missing solution")
    assert len(asked(tmp_path / "out")) == 2


def test_decoded_frames_can_be_kept(world, whole, tmp_path):
    assert main(words(world, tmp_path / "out", frame_cache=tmp_path / "frames")) == 0
    assert files(tmp_path / "out") == files(whole)
    assert any((tmp_path / "frames").rglob("*.safetensors"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"engine": "magic"}, "engine is 'magic'"),
        ({"trails": 8}, "did you mean trials"),
        ({"media.max_frame": 8}, "unknown setting media.max_frame"),
        ({"trials": "many"}, "trials is 'many'"),
        ({"low": 0.9}, "low is 0.9"),
        ({"model": "/nowhere/model"}, "no such folder"),
        ({"media_root": "/nowhere"}, "none of its 24 media files exists"),
        ({"missing_media": "stop"}, "unknown setting missing_media"),
    ],
)
def test_mistakes_end_in_one_line(world, tmp_path, capsys, settings, message):
    assert main(words(world, tmp_path / "out", **settings)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_a_mistake_before_the_first_trial_can_be_mended_in_the_same_folder(world, tmp_path):
    assert main(words(world, tmp_path / "out", model="/nowhere/model")) == 2
    assert main(words(world, tmp_path / "out", num_questions=2)) == 0
    assert len(asked(tmp_path / "out")) == 2


def test_settings_can_come_from_a_file(world, tmp_path, capsys):
    command = ["filter", "--config", str(tmp_path / "filter.yaml")]
    for text, message in ((f"model: {world / 'model'}", "'out' is missing"), ("model: m\nmedia: 8", "media is 8")):
        (tmp_path / "filter.yaml").write_text(text)
        assert main(command) == 2
        assert message in capsys.readouterr().err
