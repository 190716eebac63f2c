"""Scenes drawn as frames. F frames, H = W = 56 pixels, 3 colour channels."""

import numpy as np
from numpy.typing import NDArray

from video_ktr.toyworld.world import FRAME_SIZE, FRAMES_PER_SLOT, NUM_FRAMES, Figure, Scene

RGB: dict[str, tuple[int, int, int]] = {
    "red": (225, 35, 35),
    "green": (35, 200, 60),
    "blue": (50, 80, 235),
    "yellow": (235, 215, 45),
}


def render(scene: Scene) -> NDArray[np.uint8]:
    """Draw a scene: uint8 frames (F, H, W, 3) = (8, 56, 56, 3).

    A moving figure starts at the edge it moves away from and reaches the opposite one in the last frame.
    """
    frames = np.full((NUM_FRAMES, FRAME_SIZE, FRAME_SIZE, 3), scene.background, dtype=np.uint8)
    for index, frame in enumerate(frames):
        figure = scene.slots[index // FRAMES_PER_SLOT]
        if figure is None:
            continue
        left, top = _position(figure, scene.direction, index)
        patch = frame[top : top + figure.size, left : left + figure.size]
        patch[_stencil(figure)] = RGB[figure.colour]
    return frames


def _position(figure: Figure, direction: str | None, index: int) -> tuple[int, int]:
    """Left and top pixel of a figure in frame `index`."""
    if direction is None:
        return figure.left, figure.top
    room = FRAME_SIZE - figure.size
    travelled = round(room * index / (NUM_FRAMES - 1))
    if direction in ("left", "right"):
        return (travelled if direction == "right" else room - travelled), figure.top
    return figure.left, (travelled if direction == "down" else room - travelled)


def _stencil(figure: Figure) -> NDArray[np.bool_]:
    """Which pixels of its bounding square a shape covers: bool (size, size)."""
    centre = (figure.size - 1) / 2
    row, column = np.mgrid[: figure.size, : figure.size] - centre
    half = figure.size / 2
    masks = {
        "square": np.ones_like(row, dtype=bool),
        "circle": row**2 + column**2 <= half**2,
        "triangle": np.abs(column) <= (row + half + 0.5) / 2,
        "cross": (np.abs(row) <= half / 3) | (np.abs(column) <= half / 3),
    }
    return np.asarray(masks[figure.shape])
