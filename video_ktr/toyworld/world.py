"""Scenes of the toy world: what is shown, in which of the four time slots, and how it moves.

A video has 8 frames; frames 2s and 2s + 1 belong to slot s, because Qwen merges frames in pairs. All randomness comes
from the `numpy.random.Generator` handed in, so a seed fixes a world.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

COLOURS: tuple[str, ...] = ("red", "green", "blue", "yellow")
SHAPES: tuple[str, ...] = ("square", "circle", "triangle", "cross")
DIRECTIONS: tuple[str, ...] = ("left", "right", "up", "down")
NUM_SLOTS = 4
FRAMES_PER_SLOT = 2
NUM_FRAMES = NUM_SLOTS * FRAMES_PER_SLOT
FRAME_SIZE = 56
FRAMES_PER_SECOND = 2.0
MIN_FIGURE_SIZE, MAX_FIGURE_SIZE = 24, 35
MAX_BACKGROUND = 39
MAX_BLANK_LEVEL = 160

SceneKind = Literal["parade", "count", "motion", "blank"]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One coloured shape; `left` and `top` are the pixel coordinates of its bounding square of `size` pixels."""

    colour: str
    shape: str
    size: int
    left: int
    top: int


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What one video shows: for every slot a figure or nothing, over a grey background of one level.

    In a `motion` scene all slots hold the same figure, which crosses the middle of the frame in `direction` from edge
    to edge during the 8 frames; its `left` and `top` are those of the middle. A `parade` fills all four slots with four
    different colours, a `count` scene one to four of them, and a `blank` scene none (a covered lens: its grey level
    reaches further up than that of other scenes).

    Example: Scene(kind="count", slots=(Figure(colour="red", shape="cross", size=30, left=4, top=9), None, None, None),
    background=12)
    """

    kind: SceneKind
    slots: tuple[Figure | None, ...]
    background: int
    direction: str | None = None

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures in order of appearance, empty slots left out."""
        return tuple(figure for figure in self.slots if figure is not None)


def sample_scene(kind: SceneKind, rng: np.random.Generator) -> Scene:
    """Draw a scene of the given kind; equal generators give equal scenes.

    Colours never repeat within a scene, shapes may. Raises KeyError on an unknown kind.
    """
    return {"parade": _parade, "count": _count, "motion": _motion, "blank": _blank}[kind](rng)


def _figure(colour: str, rng: np.random.Generator) -> Figure:
    size = int(rng.integers(MIN_FIGURE_SIZE, MAX_FIGURE_SIZE + 1))
    left, top = (int(value) for value in rng.integers(0, FRAME_SIZE - size + 1, size=2))
    return Figure(colour=colour, shape=SHAPES[rng.integers(len(SHAPES))], size=size, left=left, top=top)


def _background(rng: np.random.Generator) -> int:
    return int(rng.integers(MAX_BACKGROUND + 1))


def _parade(rng: np.random.Generator) -> Scene:
    colours = rng.permutation(COLOURS)
    return Scene(
        kind="parade", slots=tuple(_figure(str(colour), rng) for colour in colours), background=_background(rng)
    )


def _count(rng: np.random.Generator) -> Scene:
    number = int(rng.integers(1, NUM_SLOTS + 1))
    filled = set(rng.permutation(NUM_SLOTS)[:number].tolist())
    colours = iter(rng.permutation(COLOURS).tolist())
    slots = tuple(_figure(next(colours), rng) if slot in filled else None for slot in range(NUM_SLOTS))
    return Scene(kind="count", slots=slots, background=_background(rng))


def _motion(rng: np.random.Generator) -> Scene:
    figure = _figure(str(rng.choice(COLOURS)), rng)
    middle = (FRAME_SIZE - figure.size) // 2
    # Off the middle, a figure near a corner looks much the same for two directions, and the tiny model takes three
    # times as long to tell them apart.
    figure = replace(figure, left=middle, top=middle)
    direction = str(rng.choice(DIRECTIONS))
    return Scene(kind="motion", slots=(figure,) * NUM_SLOTS, background=_background(rng), direction=direction)


def _blank(rng: np.random.Generator) -> Scene:
    return Scene(kind="blank", slots=(None,) * NUM_SLOTS, background=int(rng.integers(MAX_BLANK_LEVEL + 1)))
