from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from datasets import Dataset

from video_ktr.data import frame_cache
from video_ktr.data.media import MediaConfig
from video_ktr.errors import ConfigError
from video_ktr.toyworld.processor import build_processor
from video_ktr.training import VideoGRPOConfig, VideoGRPOTrainer
from video_ktr.training.media_settings import MediaSettings
from video_ktr.training.sft import VideoSFTConfig

KINDS = [VideoGRPOConfig, VideoSFTConfig]


@pytest.mark.parametrize("kind", KINDS)
def test_media_are_written_out_in_full(kind, tmp_path):
    settings = kind(str(tmp_path), use_cpu=True, bf16=False, media={"max_frames": 8})
    assert settings.output_dir == str(tmp_path)
    assert settings.to_dict()["media"] == {**asdict(MediaConfig()), "max_frames": 8}
    assert settings.media_config == MediaConfig(max_frames=8)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"bad_media": "ignore"}, "use skip or stop"),
        ({"max_bad_media_share": 1.0}, r"give a share in \[0, 1\)"),
        ({"max_bad_media_share": -0.1}, r"give a share in \[0, 1\)"),
        ({"media": {"frames": 8}}, "use one of fps"),
    ],
)
def test_mistakes_are_refused(kind, values, said, tmp_path):
    with pytest.raises(ConfigError, match=said):
        kind(str(tmp_path), use_cpu=True, bf16=False, **values)


def test_the_encoder_takes_its_settings(tmp_path):
    settings = MediaSettings(media={"max_frames": 8}, max_prompt_tokens=7, frame_cache=str(tmp_path / "cache"))
    settings.resolve_media()
    encoder = settings.build_encoder(build_processor(), {"enable_thinking": False})
    assert (encoder.media.max_frames, encoder.max_prompt_tokens) == (8, 7)
    assert encoder.template_kwargs == {"enable_thinking": False}
    assert encoder.frame_cache.entries.path == tmp_path / "cache"
    assert MediaSettings().build_encoder(build_processor()).frame_cache is None


def test_a_cache_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        MediaSettings(frame_cache=str(tmp_path / "file" / "cache")).build_encoder(build_processor())


def test_media_are_decoded_once_for_all_epochs_and_runs(build_trainer, rows, tmp_path, monkeypatch):
    decoded = []
    load = frame_cache.load_video
    monkeypatch.setattr(frame_cache, "load_video", lambda path, config: decoded.append(path) or load(path, config))
    settings = {"dataset": Dataset.from_list(rows[:2]), "max_steps": 3, "frame_cache": str(tmp_path / "cache")}
    build_trainer(VideoGRPOTrainer, **settings).train()
    trainer = build_trainer(VideoGRPOTrainer, **settings)
    trainer.train()
    assert len(decoded) == 2
    written = yaml.safe_load((Path(trainer.args.output_dir) / "config.yaml").read_text())
    assert written["frame_cache"] == settings["frame_cache"]
    assert written["media"]["fps"] == 2.0
    assert written["media"]["max_frames"] == 8
