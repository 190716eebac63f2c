"""How the operations of a step grow with the prompt, the group and the completions, with the prompt shared and without.

    python benchmarks/flop_growth.py --shape 7b

By the closed form of flops.py, which the tests hold equal to torch's counter. A step is the old policy's and the
reference's pass, the two counterfactual ones where there are any, and the update (three times a forward); "plain" and
"naive Video-KTR" run a copy of prompt and video per completion, "ours" shares them.
"""

import argparse
import sys

from flops import Pass, implied, separate, shared
from shapes import SHAPES, build_model

from video_ktr.toyworld.processor import build_processor

BASE = {"frames": 16, "group": 8, "tokens": 256}
SWEEPS = {"frames": (4, 8, 16, 32, 64), "group": (2, 4, 8, 16), "tokens": (64, 128, 256, 512, 768)}


def step(config, *, frames, group, tokens, side, words):
    """Prompt tokens, and TFLOP of a step's passes: plain, naive, shared, ours."""
    cells = side // 14
    grid = (frames // 2, cells, cells)
    prompt = frames // 2 * (cells // 2) ** 2 + words

    def of(run: Pass) -> float:
        return implied(config, run).forward / 1e12

    copy = of(separate(prompt, tokens, group, grid, compact_head=True))
    once, hidden = of(shared(prompt, tokens, group, [grid])), of(shared(prompt, tokens, group, []))
    # Generation has encoded the video for the old policy already.
    passes = hidden + once + 3 * once
    return prompt, 5 * copy, 7 * copy, passes, passes + hidden + once


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shape", choices=SHAPES, default="7b")
    parser.add_argument("--side", type=int, default=308, help="height and width of a frame in pixels")
    parser.add_argument("--words", type=int, default=62, help="text tokens of the prompt")
    options = parser.parse_args(argv)
    config = build_model(SHAPES[options.shape], build_processor().tokenizer, device="meta").config
    print("| varied | prompt | G | T | plain | naive Video-KTR | shared | ours | ours / plain |")
    print("|---" * 9 + "|")
    for name, values in SWEEPS.items():
        for value in values:
            sizes = {**BASE, name: value}
            prompt, *tera = step(config, **sizes, side=options.side, words=options.words)
            cells = " | ".join(f"{value:.3g}" for value in tera)
            label = "prompt" if name == "frames" else name
            print(f"| {label} | {prompt} | {sizes['group']} | {sizes['tokens']} | {cells} | {tera[3] / tera[0]:.2f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
