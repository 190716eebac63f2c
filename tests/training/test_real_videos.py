"""One training step on each of the real videos that stand beside a checkout; skipped where they do not."""

import os
from pathlib import Path

import pytest
from datasets import Dataset

from tests.training.conftest import MEDIA

FOLDER = Path(os.environ.get("VIDEO_KTR_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
VIDEOS = sorted(FOLDER.glob("*.mp4"))


@pytest.mark.skipif(not VIDEOS, reason="the real videos are not beside this checkout")
@pytest.mark.parametrize("video", VIDEOS, ids=lambda path: path.stem)
def test_a_real_video_trains_one_step(build_trainer, video):
    content = [{"type": "video", "video": str(video)}, {"type": "text", "text": "what shape ?"}]
    dataset = Dataset.from_list([{"prompt": [{"role": "user", "content": content}]}] * 4)
    media = {**MEDIA, "max_frames": 16, "max_pixels": 105369, "min_pixels": 100352}
    trainer = build_trainer(dataset=dataset, max_steps=1, per_device_train_batch_size=4, media=media)
    trainer.train()
    logged = trainer.state.log_history[0]
    assert logged["key_tokens/temporal/mean_score"] > 0
    assert logged["key_tokens/visual/mean_score"] > 0
    # Two frames a second up to 16, in pairs; 640 x 360 becomes 420 x 224 pixels, 480 x 320 becomes 392 x 252.
    grids = {"10s-640x360": [8, 16, 30], "22s-640x360": [8, 16, 30], "5s-480x320": [5, 18, 28]}
    encoded = trainer.prompt_encoder.encode(dataset[0]["prompt"])
    assert encoded.video_grid[0].tolist() == grids[video.stem.removeprefix("real-video-")]
