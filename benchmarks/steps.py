"""Every variant's step at one setting: prepared, cut into pieces, and measured."""

import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from comparisons import NAMES, STEPS, ratios
from flops import counted, implied, separate, shared
from measure import Measurement, alternate
from shapes import text_row, video_row
from variants import KINDS, Bench, Setting, Variant

from video_ktr.data.encoding import EncodedPrompt, PromptEncoder
from video_ktr.data.media import MediaConfig, load_video

Work = dict[str, Callable[[], object]]


class VideoPrompt:
    """A question about a video file, and what it takes to read it."""

    def __init__(self, bench: Bench, setting: Setting):
        self.row = video_row(bench.folder, frames=setting.frames, side=setting.side, words=setting.words)
        self.encoder = PromptEncoder(bench.processor, MediaConfig(**bench.media(setting)))
        video, text = self.row["prompt"][0]["content"]
        self.file = video["video"]
        in_memory = {"type": "video", "video": self.decode().frames_FCHW}
        self._messages = [{"role": "user", "content": [in_memory, text]}]
        self.encoded = self.preprocess()
        self.tokens = len(self.encoded.input_ids_P)
        self.grid: list[int] = self.encoded.video_grid[0].tolist()
        """(slots, rows, columns) in patches."""

    def decode(self) -> Any:
        """From the file to frames."""
        return load_video(self.file, self.encoder.media)

    def preprocess(self) -> EncodedPrompt:
        """From frames and text to patches and token ids."""
        return self.encoder.encode(self._messages)

    def text_of_same_length(self) -> dict[str, Any]:
        """A row without a video whose prompt has as many tokens."""
        one_word = len(self.encoder.encode(text_row(1)["prompt"]).input_ids_P)
        return text_row(1 + self.tokens - one_word)


@dataclass(frozen=True)
class Prepared:
    """Variants that have drawn their batch, and the pieces of work to measure."""

    sizes: dict[str, int]
    work: Work
    grid: list[int]


@dataclass(frozen=True)
class Outcome:
    """Everything measured at one setting."""

    sizes: dict[str, int]
    results: dict[str, Measurement]
    flops: dict[str, dict[str, int]]

    @property
    def ratios(self) -> dict[str, float]:
        return ratios(self.results)

    def record(self) -> dict[str, Any]:
        """For JSON."""
        pieces = {name: vars(m) for name, m in self.results.items()}
        return {"sizes": self.sizes, "ratios": self.ratios, "pieces": pieces, "flops": self.flops}


def release(model: torch.nn.Module) -> None:
    """Give back memory that is no longer used."""
    model.zero_grad()
    gc.collect()
    torch.cuda.empty_cache()


def prepare(bench: Bench, setting: Setting, *, kinds: Iterable[str] = KINDS, whole: bool = True) -> Prepared:
    """Let each variant draw its batch; one that does not fit in a GPU's memory is left out, and a line says so."""
    prompt = VideoPrompt(bench, setting)
    work: Work = {"video decode": prompt.decode, "video preprocess": prompt.preprocess}
    for kind in kinds:
        row = prompt.text_of_same_length() if kind == "stock" else prompt.row
        try:
            variant = Variant(bench.trainer(kind, setting, row), row, setting.group)
        except torch.OutOfMemoryError:
            print(f"{NAMES[kind]} is left out: its batch does not fit in the GPU's memory", flush=True)
            release(bench.policy)
            continue
        assert variant.batch["prompt_ids"].shape == (setting.group, prompt.tokens)
        assert variant.batch["completion_mask"].sum() == setting.group * setting.tokens
        own = {piece: phase for phase, piece in STEPS[kind].items() if piece == f"{kind} {phase}"}
        work |= {piece: getattr(variant, phase) for piece, phase in own.items()}
        if whole:
            work[f"{kind} whole step"] = variant.whole_step
    sizes = {
        "parameters": sum(p.numel() for p in bench.policy.parameters()),
        "prompt": prompt.tokens,
        "video": int((prompt.encoded.mm_types_P == 2).sum()),
        "frames": setting.frames,
        "group": setting.group,
        "tokens": setting.tokens,
    }
    return Prepared(sizes, work, prompt.grid)


def fitting(work: Work, model: torch.nn.Module) -> Work:
    """The pieces that fit in a GPU's memory, found by running each once; a line for each that does not."""
    kept = {}
    for name, run in work.items():
        try:
            run()
        except torch.OutOfMemoryError:
            print(f"{name} is left out: it does not fit in the GPU's memory", flush=True)
            release(model)
            continue
        kept[name] = run
    return kept


def measure(prepared: Prepared, bench: Bench, setting: Setting, repeats: int, *, flops: bool = True) -> Outcome:
    """Time and peak memory of every piece in one alternating run, and operations of the passes that matter."""
    work = fitting(prepared.work, bench.policy) if setting.device == "cuda" else prepared.work
    results = alternate(work, repeats, setting.device)
    return Outcome(prepared.sizes, results, _flops(prepared, work, bench, setting) if flops else {})


def _flops(prepared: Prepared, work: Work, bench: Bench, setting: Setting) -> dict[str, dict[str, int]]:
    """Counted; as the closed form says the counter sees it, without checkpointing; and the least needed."""
    sizes, grid, config = (prepared.sizes["prompt"], setting.tokens, setting.group), prepared.grid, bench.policy.config
    plain = implied(config, separate(*sizes, grid, compact_head=setting.device == "cuda"))
    once = implied(config, shared(*sizes, [grid]))
    # Hiding the video costs no vision pass.
    two_passes = implied(config, shared(*sizes, [])) + once
    expected = {
        "plain update": (plain.training_as_run, plain.training),
        "shared update": (once.training_as_run, once.training),
        "ours attribute": (two_passes.forward_as_run, two_passes.forward),
    }
    return {
        name: {"counted": counted(work[name]), "as_run": as_run, "least": least}
        for name, (as_run, least) in expected.items()
        if name in work
    }
