import pytest

from video_ktr.cli.main import main


@pytest.fixture
def run(make_run, record):
    return make_run("ours", [record(0, "q", [" red", " cross"], visual=[1])])


def test_the_page_is_written_and_its_path_told(run, make_run, tmp_path, capsys):
    other = make_run("grpo")
    assert main(["analyze", str(run), "--vs", str(other), "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == f"report: {tmp_path / 'out/report.html'}\n"
    assert "Analysis of ours against grpo" in (tmp_path / "out/report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["none"], "none: no such folder; give the output folder of a training run"),
        ([".", "--rounds", "3"], "unknown argument --rounds"),
        (["ours", "--pos-model", "no_such_model"], "pos model 'no_such_model' cannot be loaded"),
    ],
)
def test_a_mistake_is_one_line(run, words, message, monkeypatch, capsys):
    monkeypatch.chdir(run.parent)
    assert main(["analyze", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"video-ktr analyze: {message}")
