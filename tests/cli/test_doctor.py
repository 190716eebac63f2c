import pytest

from video_ktr.cli import doctor
from video_ktr.cli.main import main


def test_the_installed_versions_are_reported(capsys):
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [*doctor.CHECKED, "hardware"]


@pytest.mark.parametrize(("found", "word"), [("1.15.9", "1.15.9"), (None, "missing")])
def test_a_wrong_version_ends_in_one_line_with_the_fix(monkeypatch, capsys, found, word):
    original = doctor.installed_version
    monkeypatch.setattr(doctor, "installed_version", lambda name: found if name == "trl" else original(name))
    assert main(["doctor"]) == 2
    error = capsys.readouterr().err
    assert error == f'video-ktr doctor: trl is {word}, tested is ~=1.16.0: pip install "trl~=1.16.0"\n'


def test_a_setting_is_refused(capsys):
    assert main(["doctor", "--seed", "1"]) == 2
    assert "takes none" in capsys.readouterr().err
