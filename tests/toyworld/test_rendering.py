import numpy as np
import pytest

from video_ktr.toyworld.rendering import RGB, render
from video_ktr.toyworld.world import Figure, Scene, sample_scene


def coloured(frame: np.ndarray, colour: str) -> np.ndarray:
    return np.argwhere((frame == RGB[colour]).all(-1))


def test_a_square_covers_its_box_in_both_frames_of_its_slot_only() -> None:
    figure = Figure(colour="red", shape="square", size=24, left=3, top=10)
    frames = render(Scene(kind="count", slots=(None, figure, None, None), background=7))
    assert frames.shape == (8, 56, 56, 3)
    assert frames.dtype == np.uint8
    for index, frame in enumerate(frames):
        pixels = coloured(frame, "red")
        if index in (2, 3):
            assert len(pixels) == 24 * 24
            assert pixels.min(0).tolist() == [10, 3]
            assert pixels.max(0).tolist() == [33, 26]
        else:
            assert (frame == 7).all()


def test_the_four_shapes_differ_and_touch_their_box() -> None:
    masks = {}
    for shape in ("square", "circle", "triangle", "cross"):
        figure = Figure(colour="blue", shape=shape, size=30, left=0, top=0)
        pixels = coloured(render(Scene(kind="count", slots=(figure, None, None, None), background=0))[0], "blue")
        assert pixels.min(0).tolist() == [0, 0]
        assert pixels.max(0).tolist() == [29, 29]
        masks[shape] = len(pixels)
    assert masks["square"] == 900
    assert len(set(masks.values())) == 4


@pytest.mark.parametrize(
    ("direction", "axis", "sign"), [("left", 1, -1), ("right", 1, 1), ("up", 0, -1), ("down", 0, 1)]
)
def test_motion_crosses_the_frame_along_one_axis(direction: str, axis: int, sign: int) -> None:
    figure = Figure(colour="green", shape="circle", size=26, left=9, top=14)
    frames = render(Scene(kind="motion", slots=(figure,) * 4, background=0, direction=direction))
    corners = np.stack([coloured(frame, "green").min(0) for frame in frames])
    steps = np.diff(corners, axis=0)
    assert (sign * steps[:, axis] > 0).all()
    assert (steps[:, 1 - axis] == 0).all()
    assert sorted(corners[[0, -1], axis].tolist()) == [0, 30]


def test_a_blank_scene_is_one_grey_level() -> None:
    scene = sample_scene("blank", np.random.default_rng(3))
    assert (render(scene) == scene.background).all()
