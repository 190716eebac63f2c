import json

import pytest

from video_ktr.errors import ConfigError
from video_ktr.jobs.run_record import claim_folder, require_same_run

SETTINGS = {"trials": 8, "seed": 0, "media": {"max_frames": 16}, "options": ("a", "b")}
OTHER = {**SETTINGS, "trials": 4, "media": {"max_frames": 8}}


def names(folder):
    return [path.name for path in folder.iterdir()]


def test_the_same_settings_go_on(tmp_path):
    require_same_run(tmp_path, SETTINGS, fresh=True)
    require_same_run(tmp_path, SETTINGS, fresh=False)
    assert json.loads((tmp_path / "settings.json").read_text()) == {**SETTINGS, "options": ["a", "b"]}


def test_other_settings_are_refused_by_name(tmp_path):
    require_same_run(tmp_path, SETTINGS, fresh=True)
    with pytest.raises(ConfigError, match=r"media, trials changed"):
        require_same_run(tmp_path, OTHER, fresh=False)


def test_before_the_first_trial_settings_may_change(tmp_path):
    for settings in (SETTINGS, OTHER):
        require_same_run(tmp_path, settings, fresh=True)
    assert json.loads((tmp_path / "settings.json").read_text()) == json.loads(json.dumps(OTHER))
    with pytest.raises(ConfigError, match="changed"):
        require_same_run(tmp_path, SETTINGS, fresh=False)


def test_trials_without_a_record_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"no settings\.json"):
        require_same_run(tmp_path, SETTINGS, fresh=False)


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(ConfigError, match="holds files"):
        claim_folder(tmp_path)
    assert names(tmp_path) == ["thesis.tex"]


def test_a_record_cut_short_by_a_kill_is_written_again(tmp_path):
    claim_folder(tmp_path / "out")
    (tmp_path / "out" / "settings.json.partial").write_text('{"trials"')
    claim_folder(tmp_path / "out")
    require_same_run(tmp_path / "out", SETTINGS, fresh=True)
    assert names(tmp_path / "out") == ["settings.json"]
