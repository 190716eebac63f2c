import json

import pytest

from video_ktr.cli.models import check_model, load_processor
from video_ktr.errors import ConfigError


def test_a_toy_checkpoint_passes(toy):
    check_model(str(toy / "model"))
    assert load_processor(str(toy / "model")).tokenizer is not None


@pytest.mark.parametrize("name", ["./none", "a/b/c", "none"])
def test_a_missing_folder_is_told(name):
    with pytest.raises(ConfigError, match="no such folder"):
        check_model(name)


def test_an_empty_folder_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no configuration can be read"):
        check_model(str(tmp_path))
    with pytest.raises(ConfigError, match="no processor can be read"):
        load_processor(str(tmp_path))


def test_a_model_without_video_is_told(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    with pytest.raises(ConfigError, match="is a llama, which has no video support"):
        check_model(str(tmp_path))
