from pathlib import Path

import pytest

from video_ktr.explorer.local_names import model_label, without_folders


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        *(("owner/model", "owner/model"), ("model", "model"), ("./final", "./final")),
        *(("/home/me/runs/ktr/final", "ktr/final"), ("/home/model", "home/model"), ("/model", "model")),
        *(("runs/ktr/final/", "ktr/final"), ("../../runs/ktr", "runs/ktr")),
    ],
)
def test_a_model_is_known_by_its_last_two_names(name, shown):
    assert model_label(name) == shown


def test_files_are_told_by_their_own_names():
    told = "/home/me/a.mp4: no such file; not /home/me/b.mp4"
    assert without_folders(told, [Path("/home/me/a.mp4"), "/home/me/b.mp4"]) == "a.mp4: no such file; not b.mp4"
    assert without_folders(told, []) == told
