import pytest

from video_ktr.evaluation.lmms_plugin import MODEL, manifest

registry = pytest.importorskip("lmms_eval.models.registry_v2", exc_type=ImportError)


def test_lmms_eval_finds_the_model():
    from video_ktr.evaluation.lmms_adapter import VideoKTR

    found = registry.ModelRegistryV2()
    found.register_manifest(manifest())
    assert found.get_model_class(MODEL) is VideoKTR
