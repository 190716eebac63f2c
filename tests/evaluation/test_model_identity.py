import hashlib

from video_ktr.evaluation.model_identity import model_identity


def test_a_folder_is_named_by_its_content(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"abc")
    expected = hashlib.sha256(b"config.json\x002\x00{}model.safetensors\x003\x00abc").hexdigest()
    assert model_identity(str(tmp_path)) == {"name": str(tmp_path), "sha256": expected}
    (tmp_path / "notes.txt").write_text("beside the point")
    assert model_identity(str(tmp_path))["sha256"] == expected


def test_other_weights_of_equal_shape_are_another_model(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"abc")
    before = model_identity(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"abd")
    assert model_identity(str(tmp_path)) != before
