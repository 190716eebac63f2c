import pytest
import yaml

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


def test_a_setting_is_refused_without_a_recipe(capsys):
    assert main(["doctor", "--seed", "1"]) == 2
    assert "takes none" in capsys.readouterr().err


def test_a_recipe_is_checked(rl_settings, tmp_path, capsys):
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(rl_settings))
    words = ["doctor", "--config", str(tmp_path / "recipe.yaml"), "--files", "2", "--rollouts", "0"]
    assert main(words) == 0
    checks = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert checks[checks.index("hardware") + 1 :][:3] == ["settings", "questions", "solutions"]


def test_the_first_problem_of_a_recipe_ends_in_one_line(rl_settings, tmp_path, capsys):
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(rl_settings))
    words = ["doctor", "--config", str(tmp_path / "recipe.yaml"), "--rollouts", "0", "--max_prompt_tokens", "5"]
    assert main(words) == 2
    out, error = capsys.readouterr()
    assert "prompts        PROBLEM" in out
    assert error.startswith("video-ktr doctor: 1 problem, the first is prompts: ")
    assert error.count("\n") == 1


def test_a_negative_number_is_told(capsys):
    assert main(["doctor", "--config", "x.yaml", "--rollouts", "-1"]) == 2
    assert "--rollouts is -1" in capsys.readouterr().err
