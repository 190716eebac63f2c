"""Published numbers, to stand beside one's own. Percent; the paper is Video-KTR, its tables by number.

What the paper does not tell (prompt and parser for Video-Holmes and for images, the pixels of a frame at each number
of frames) may differ from a run of one's own, so that these rows are for orientation.
"""

from collections.abc import Mapping
from dataclasses import dataclass

REASONING = ("video_holmes", "videommmu", "mmvu")
GENERAL = ("tempcompass", "videomme")
IMAGES = ("mmmu", "ai2d", "mmstar", "chartqa")
_VIDEO = REASONING + GENERAL


@dataclass(frozen=True, kw_only=True)
class PublishedRow:
    """One row of a published table."""

    source: str
    section: str
    model: str
    size: str = ""
    frames: str = ""
    """As printed; Video-RTS has a mean of 51.2."""
    scores: Mapping[str, float]
    """By benchmark; what the table leaves out is not there."""


def _rows(source: str, section: str, columns: tuple[str, ...], table: str) -> tuple[PublishedRow, ...]:
    """Read lines of "model | size | frames | score score ..."; "-" is no number."""
    rows = []
    for line in table.strip().splitlines():
        model, size, frames, numbers = (part.strip() for part in line.split("|"))
        scores = {c: float(n) for c, n in zip(columns, numbers.split(), strict=True) if n != "-"}
        rows.append(PublishedRow(source=source, section=section, model=model, size=size, frames=frames, scores=scores))
    return tuple(rows)


TABLE_1 = (
    *_rows("Table 1", "Proprietary", _VIDEO, """
        GPT-4o         | | | 42.0 61.2 75.4 73.8 71.9
        GPT-5          | | | 46.7 84.6 82.6 83.3 86.7
        Gemini-1.5-Pro | | | 41.3 53.4 71.2 67.1 75.0
        Gemini-2.5-Pro | | | 45.0 83.6 78.4 84.3 84.3
    """),
    *_rows("Table 1", "Open-source", _VIDEO, """
        LLaVA-OV   | 7B | 64   | -    33.8 49.2 64.2 58.2
        VILA-1.5   | 8B | 64   | -    33.8 49.2 58.8 58.2
        Qwen2.5-VL | 7B |      | 27.8 47.4 59.2 67.9 65.1
        Video-R1   | 7B | 32   | 36.5 52.3 63.8 73.2 59.3
        Video-RTS  | 7B | 51.2 | 40.7 52.7 66.4 -    63.0
        TW-GRPO    | 7B | 16   | 32.9 51.3 65.8 73.3 55.1
    """),
    *_rows("Table 1", "SFT and Video-KTR", _VIDEO, """
        Qwen2.5-VL-SFT | 7B | 16 | 31.7 47.4 61.3 69.2 52.8
        Qwen2.5-VL-SFT | 7B | 32 | 33.9 49.4 63.5 69.9 55.4
        Qwen2.5-VL-SFT | 7B | 64 | 33.7 49.4 61.6 70.0 58.8
        Video-KTR      | 7B | 16 | 40.7 51.3 65.7 73.3 57.3
        Video-KTR      | 7B | 32 | 41.6 52.6 65.9 73.4 60.3
        Video-KTR      | 7B | 64 | 42.7 53.1 66.6 73.5 62.5
    """),
)  # fmt: skip
"""Video benchmarks. The table stars some numbers of GPT-5 and Gemini-2.5-Pro as measured by the paper's authors."""

TABLE_3 = _rows("Table 3", "Images", IMAGES, """
    Qwen2.5-VL-SFT         | | | 42.89 75.68 53.07 69.92
    Vanilla GRPO           | | | 44.33 76.30 53.60 73.08
    T-GRPO                 | | | 44.67 77.51 54.32 77.04
    KTR-Visual Tokens Only | | | 46.44 79.27 57.38 77.08
    Video-KTR              | | | 47.33 80.34 57.77 80.68
""")  # fmt: skip
"""Image benchmarks."""

TABLE_5 = _rows("Table 5", "Smaller model", _VIDEO, """
    Vanilla GRPO | 3B | 16 | 32.0 44.0 58.4 65.2 51.8
    Video-KTR    | 3B | 16 | 33.2 45.1 60.0 67.2 53.0
    Vanilla GRPO | 3B | 32 | 33.1 44.7 59.5 66.7 54.1
    Video-KTR    | 3B | 32 | 36.2 45.3 61.0 67.9 56.2
    Vanilla GRPO | 3B | 64 | 34.1 45.0 60.3 66.8 56.0
    Video-KTR    | 3B | 64 | 36.3 46.8 61.3 68.0 57.5
""")  # fmt: skip
"""Video benchmarks with the 3B model."""

SUBTASKS = {
    "video_holmes": {
        "Qwen2.5-VL 7B (Video-Holmes README)": {
            "SR": 38.4, "IMC": 34.8, "TCI": 17.6, "TA": 30.0, "MHR": 27.1, "PAR": 18.6, "CTI": 25.2,
        },
    },
}  # fmt: skip
"""Benchmark -> model -> subtask -> percent. The bars of Figure 3b are printed without numbers."""
