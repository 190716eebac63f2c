import subprocess
import sys
import time

import pytest

from video_ktr.cli.main import VERBS, main


def run(*words):
    command = [sys.executable, "-m", "video_ktr.cli.main", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["quickstart", "--help"]])
def test_help_comes_in_under_a_second(words):
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        result = run(*words)
        seconds.append(time.perf_counter() - start)
        assert result.returncode == 0
        assert "video-ktr" in result.stdout
    assert min(seconds) < 1.0


def test_parsing_imports_no_heavy_library():
    code = (
        "import sys; from video_ktr.cli.main import build_parser; build_parser(); "
        "print([m for m in ('torch', 'transformers', 'trl', 'numpy', 'av', 'pyarrow') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_mistake_ends_in_one_line_and_code_2(capsys, tmp_path):
    assert main(["train", "--config", str(tmp_path / "none.yaml")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("video-ktr train: ")
    assert "none.yaml" in lines[0]


def test_a_wrong_override_ends_in_one_line_and_code_2(capsys):
    assert main(["doctor", "--seed"]) == 2
    assert "--seed has no value" in capsys.readouterr().err


def test_a_defect_keeps_its_traceback(monkeypatch):
    def fail(*_):
        raise RuntimeError("ours")

    monkeypatch.setattr(VERBS["doctor"], "run", fail)
    with pytest.raises(RuntimeError, match="ours"):
        main(["doctor"])


def test_ctrl_c_says_how_to_go_on(monkeypatch, capsys):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(VERBS["doctor"], "run", stop)
    assert main(["doctor"]) == 130
    assert "goes on" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["fly"]])
def test_no_verb_and_an_unknown_verb_exit_with_2(words):
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2


def test_a_reader_that_goes_away_is_no_defect(tmp_path):
    line = '{"problem": "why ?", "problem_type": "free-form", "solution": "so", "original_question_type": "%d"}\n'
    (tmp_path / "q.jsonl").write_text("".join(line % number for number in range(3)))
    command = [sys.executable, "-m", "video_ktr.cli.main", "data", "inspect", str(tmp_path / "q.jsonl")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
