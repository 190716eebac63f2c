import os
import signal
import socket
import subprocess
import sys

import pytest

pytest.importorskip("gradio")

import httpx

from video_ktr.cli.main import main
from video_ktr.cli.serve import welcome


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_app_runs_until_it_is_stopped_and_leaves_nothing(toy, tmp_path, stop):
    port = free_port()
    words = ["serve", "--model", str(toy / "model"), "--port", str(port), "--max-seconds", "9.5", "--frames", "4"]
    command = [sys.executable, "-m", "video_ktr.cli.main", *words]
    environment, pipes = {**os.environ, "TMPDIR": str(tmp_path)}, {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # A shell's background job ignores Ctrl-C, and so would what it starts.
    heard = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with subprocess.Popen(command, text=True, env=environment, **pipes, **heard) as process:
        try:
            assert process.stdout.readline() == f"open http://127.0.0.1:{port}/ in a browser; Ctrl-C ends the app\n"
            page = httpx.get(f"http://127.0.0.1:{port}/", timeout=60).text
            assert "Video, at most 200 MB and 9.5 seconds" in page
            files = {"files": ("clip.mp4", b"a video")}
            upload = httpx.post(f"http://127.0.0.1:{port}/gradio_api/upload", files=files, timeout=60)
            assert upload.status_code == 200
            assert [path.name for path in tmp_path.rglob("*.mp4")] == ["clip.mp4"]
        finally:
            process.send_signal(stop)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "stopped\n"), err
    assert list(tmp_path.rglob("*.mp4")) == []


def test_an_address_that_others_can_reach_is_warned_of():
    line = "open http://x:1/ in a browser; Ctrl-C ends the app"
    assert welcome("http://x:1/", "127.0.0.1") == [line]
    assert welcome("http://x:1/", "0.0.0.0") == [  # noqa: S104
        "WARNING: 0.0.0.0 can be reached from other machines, and whoever reaches it can use the app",
        line,
    ]


def mistake(capsys, *words):
    assert main(["serve", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "add --model and a checkpoint folder or a hub name"),
        (["--model", "./nowhere"], "no such folder"),
        (["--model", "./nowhere", "--max-seconds", "0"], "the limit seconds is 0.0: give a number above 0"),
        (["--model", "./nowhere", "--max-upload-mb", "-1"], "the limit megabytes is -1"),
        (["--model", "./nowhere", "--frames", "few"], "--frames is few"),
        (["--model", "./nowhere", "--port", "70000"], "127.0.0.1:70000 cannot be listened on"),
        (["--model", "./nowhere", "--temprature", "1"], "unknown setting temprature: did you mean temperature"),
    ],
)
def test_a_mistake_is_one_line(capsys, words, message):
    given = words if "--port" in words else [*words, "--port", str(free_port())]
    assert message in mistake(capsys, *given)


def test_a_port_in_use_is_told_before_the_model_is_loaded(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = mistake(capsys, "--model", "./nowhere", "--port", str(port))
    assert f"127.0.0.1:{port} cannot be listened on" in line
    assert "give another --port" in line


def test_without_gradio_the_part_to_install_is_named(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "gradio", None)
    assert "pip install 'video-ktr[serve]'" in mistake(capsys, "--model", "./nowhere")
