"""What each completion token scored and weighed, as Parquet files that analyses read.

Letters: B rows, T completion tokens.
"""

from os import PathLike
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor

from video_ktr.attribution import KeyTokens, TokenSignals
from video_ktr.training.config import VideoKTRConfig
from video_ktr.training.generation_record import Generation
from video_ktr.training.seeds import derived_generator

FOLDER = "tokens"
SIGNALS = ("visual", "temporal", "entropy")
COUNTERFACTUALS = ("visual", "temporal")

SCHEMA = pa.schema(
    [
        ("step", pa.int64()),
        ("generation", pa.int64()),
        ("process", pa.int64()),
        ("row", pa.int64()),
        ("prompt_id", pa.string()),
        ("problem_type", pa.string()),
        ("question", pa.string()),
        ("media", pa.list_(pa.string())),
        ("completion", pa.string()),
        ("token_ids", pa.list_(pa.int32())),
        ("tokens", pa.list_(pa.string())),
        ("log_probs", pa.list_(pa.float32())),
        *[(f"{name}_log_probs", pa.list_(pa.float32())) for name in COUNTERFACTUALS],
        *[(f"{name}_score", pa.list_(pa.float32())) for name in SIGNALS],
        *[(f"{name}_selected", pa.list_(pa.bool_())) for name in SIGNALS],
        ("selected", pa.list_(pa.bool_())),
        ("weight", pa.list_(pa.float32())),
        ("rewards", pa.map_(pa.string(), pa.float64())),
        ("advantage", pa.float32()),
    ]
)
"""One row per completion; lists have one entry per token, padding left out. A score is null where the signal is off or
the row does not have it: an image has no temporal one, and a group of equal rewards was not attributed.
Where attribution was reused, visual and temporal scores are null and the selections are the profile's.

`log_probs` are those under the true video, `visual_log_probs` and `temporal_log_probs` those under the two
counterfactuals, null where their scores are. `media` holds the paths of the prompt's images and videos, null for one
given as frames. Rows of equal step, generation, process and prompt_id are one group."""


class TokenRecorder:
    """Writes `tokens/step-000012-0-0-0000.parquet` for a sample of the prompts whose media can be read.

    The numbers are the step, the generation within it, the process, and the first row in the file: where key tokens
    are chosen a micro-batch at a time, so are they recorded.

    Whether a prompt is sampled depends on the seed, the generation and its content alone. A repeated step overwrites
    its files.

    Args:
        args: Gives the output directory, the seed and `token_record_rate`.
        tokenizer: Turns single ids into text.
    """

    def __init__(self, args: VideoKTRConfig, tokenizer: Any):
        self.folder = Path(args.output_dir) / FOLDER
        self.rate = args.token_record_rate
        self.seed = args.seed
        self.tokenizer = tokenizer

    def write(
        self,
        *,
        generation: Generation,
        row_numbers: list[int],
        process: int,
        signals: TokenSignals,
        keys: KeyTokens,
        log_probs_BT: Tensor,
        advantages_B: Tensor,
    ) -> Path | None:
        """Record completions of the sampled prompts; None when no prompt among them was sampled.

        Args:
            generation: What the rows have in common.
            row_numbers: Which row of the generation each row of the tensors is.
        """
        sampled = self._sample(generation)
        scores = {"visual": signals.visual_BT, "temporal": signals.temporal_BT, "entropy": signals.entropy_BT}
        have_it = {"visual": signals.visual_rows_B, "temporal": signals.temporal_rows_B, "entropy": None}
        others = {name: getattr(generation.counterfactuals, name) for name in COUNTERFACTUALS}
        records = []
        for index, number in enumerate(row_numbers):
            if generation.prompt_keys[number] not in sampled or not generation.readable[number]:
                continue
            length = len(generation.token_ids[number])
            attributed = bool(generation.attributed_B[index])
            records.append(
                {
                    **self._facts(generation, number),
                    "process": process,
                    "log_probs": log_probs_BT[index, :length].tolist(),
                    **{
                        f"{name}_log_probs": other
                        and _row(other.scores.log_probs_BT, other.rows_B & generation.attributed_B, index, length)
                        for name, other in others.items()
                    },
                    **{
                        f"{name}_score": _row(scores[name], have_it[name], index, length) if attributed else None
                        for name in SIGNALS
                    },
                    **selections(keys, index, length),
                    "selected": keys.mask_BT[index, :length].tolist(),
                    "weight": keys.weights_BT[index, :length].tolist(),
                    "advantage": float(advantages_B[index]),
                }
            )
        if not records:
            return None
        self.folder.mkdir(parents=True, exist_ok=True)
        step, count = generation.step
        path = self.folder / f"step-{step:06d}-{count}-{process}-{min(row_numbers):04d}.parquet"
        pq.write_table(pa.Table.from_pylist(records, schema=SCHEMA), path)
        return path

    def _sample(self, generation: Generation) -> set[str]:
        keys = set(generation.prompt_keys)
        return {key for key in keys if float(torch.rand(1, generator=self._coin(generation.step, key))) < self.rate}

    def _facts(self, generation: Generation, number: int) -> dict[str, Any]:
        """What does not depend on the key tokens."""
        row, tokens = generation.rows[number], generation.token_ids[number]
        return {
            "step": generation.step[0],
            "generation": generation.step[1],
            "row": number,
            "prompt_id": str(row.get("problem_id") or generation.prompt_keys[number][:16]),
            "problem_type": row.get("problem_type"),
            "question": last_text(row["prompt"]),
            "media": _media_paths(row["prompt"]),
            "completion": self.tokenizer.decode(tokens, skip_special_tokens=True),
            "token_ids": tokens,
            "tokens": [self.tokenizer.decode([token]) for token in tokens],
            "rewards": {name: values[number] for name, values in generation.rewards.items()},
        }

    def _coin(self, generation: tuple[int, int], key: str) -> torch.Generator:
        return derived_generator(self.seed, *generation, key, "record")


def _row(values_BT: Tensor | None, have_it_B: Tensor | None, index: int, length: int) -> list[Any] | None:
    if values_BT is None or (have_it_B is not None and not have_it_B[index]):
        return None
    values: list[Any] = values_BT[index, :length].tolist()
    return values


def selections(keys: KeyTokens, index: int, length: int) -> dict[str, list[bool] | None]:
    """The fields of a record that say which tokens of one row each signal selected; None for a signal that is off."""
    chosen = {"visual": keys.visual_BT, "temporal": keys.temporal_BT, "entropy": keys.entropy_BT}
    return {f"{name}_selected": _row(chosen[name], None, index, length) for name in SIGNALS}


def last_text(messages: list[dict[str, Any]]) -> str:
    """The text of the last message: the question."""
    content = messages[-1]["content"]
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")


def _media_paths(messages: list[dict[str, Any]]) -> list[str | None]:
    parts = [part for message in messages if isinstance(message["content"], list) for part in message["content"]]
    media = [part[part["type"]] for part in parts if part["type"] in ("image", "video")]
    return [str(one) if isinstance(one, str | PathLike) else None for one in media]
