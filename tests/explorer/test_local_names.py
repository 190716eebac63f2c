from pathlib import Path

import pytest

from video_ktr.explorer.local_names import model_label, without_folders


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        *(("owner/model", "owner/model"), ("model", "model"), ("./final", "./final")),
        *(("/models/runs/ktr/final", "ktr/final"), ("/models/it", "models/it"), ("/model", "model")),
        *(("runs/ktr/final/", "ktr/final"), ("../../runs/ktr", "runs/ktr")),
    ],
)
def test_a_model_is_known_by_its_last_two_names(name, shown):
    assert model_label(name) == shown


def test_files_are_told_by_their_own_names():
    told = "/models/a.mp4: no such file; not /models/b.mp4"
    assert without_folders(told, [Path("/models/a.mp4"), "/models/b.mp4"]) == "a.mp4: no such file; not b.mp4"
    assert without_folders(told, []) == told
