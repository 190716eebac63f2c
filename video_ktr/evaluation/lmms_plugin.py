"""What lmms-eval finds through its entry points, group `lmms_eval.models`: `--model video_ktr`.

Loaded whenever lmms-eval starts, whichever model it is to run: so nothing heavy is imported here.
"""

from typing import Any

MODEL = "video_ktr"


def manifest() -> Any:
    """The `ModelManifest` that names `lmms_adapter.VideoKTR`; called by lmms-eval 0.7 and later."""
    from lmms_eval.models.registry_v2 import ModelManifest  # type: ignore[import-not-found]

    return ModelManifest(model_id=MODEL, chat_class_path="video_ktr.evaluation.lmms_adapter.VideoKTR")
