"""What each completion token scored and weighed, as Parquet files that analyses read.

Letters: B rows, T completion tokens.
"""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor

from video_ktr.attribution import KeyTokens, TokenSignals
from video_ktr.training.config import VideoKTRConfig
from video_ktr.training.seeds import derived_generator

FOLDER = "tokens"
SIGNALS = ("visual", "temporal", "entropy")

SCHEMA = pa.schema(
    [
        ("step", pa.int64()),
        ("row", pa.int64()),
        ("prompt_id", pa.string()),
        ("problem_type", pa.string()),
        ("question", pa.string()),
        ("completion", pa.string()),
        ("token_ids", pa.list_(pa.int32())),
        ("tokens", pa.list_(pa.string())),
        ("log_probs", pa.list_(pa.float32())),
        *[(f"{name}_score", pa.list_(pa.float32())) for name in SIGNALS],
        *[(f"{name}_selected", pa.list_(pa.bool_())) for name in SIGNALS],
        ("selected", pa.list_(pa.bool_())),
        ("weight", pa.list_(pa.float32())),
        ("rewards", pa.map_(pa.string(), pa.float64())),
        ("advantage", pa.float32()),
    ]
)
"""One row per completion; lists have one entry per token, padding left out; a signal that is off is null."""


class TokenRecorder:
    """Writes `tokens/step-000012-0-0.parquet` (step, generation within it, process) for a sample of the prompts.

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
        generation: tuple[int, int],
        process: int,
        rows: list[dict[str, Any]],
        prompt_keys: list[str],
        token_ids: list[list[int]],
        signals: TokenSignals,
        keys: KeyTokens,
        log_probs_BT: Tensor,
        rewards: dict[str, list[float]],
        advantages_B: Tensor,
    ) -> Path | None:
        """Record the sampled prompts' completions; None when no prompt of the batch was sampled.

        Args:
            generation: The step, and how many generations came before in it.
            prompt_keys: A digest of each row's prompt, which names it where the row has no "problem_id".
            token_ids: Each row's whole completion, also where its mask is 0 because it was cut off.
        """
        sampled = {
            key for key in set(prompt_keys) if float(torch.rand(1, generator=self._coin(generation, key))) < self.rate
        }
        records = []
        scores = {"visual": signals.visual_BT, "temporal": signals.temporal_BT, "entropy": signals.entropy_BT}
        chosen = {"visual": keys.visual_BT, "temporal": keys.temporal_BT, "entropy": keys.entropy_BT}
        for index, row in enumerate(rows):
            if prompt_keys[index] not in sampled:
                continue
            tokens = token_ids[index]
            length = len(tokens)
            records.append(
                {
                    "step": generation[0],
                    "row": index,
                    "prompt_id": str(row.get("problem_id") or prompt_keys[index][:16]),
                    "problem_type": row.get("problem_type"),
                    "question": _last_text(row["prompt"]),
                    "completion": self.tokenizer.decode(tokens, skip_special_tokens=True),
                    "token_ids": tokens,
                    "tokens": [self.tokenizer.decode([token]) for token in tokens],
                    "log_probs": log_probs_BT[index, :length].tolist(),
                    **{f"{name}_score": _row(scores[name], index, length) for name in SIGNALS},
                    **{f"{name}_selected": _row(chosen[name], index, length) for name in SIGNALS},
                    "selected": keys.mask_BT[index, :length].tolist(),
                    "weight": keys.weights_BT[index, :length].tolist(),
                    "rewards": {name: values[index] for name, values in rewards.items()},
                    "advantage": float(advantages_B[index]),
                }
            )
        if not records:
            return None
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"step-{generation[0]:06d}-{generation[1]}-{process}.parquet"
        pq.write_table(pa.Table.from_pylist(records, schema=SCHEMA), path)
        return path

    def _coin(self, generation: tuple[int, int], key: str) -> torch.Generator:
        return derived_generator(self.seed, *generation, key, "record")


def _row(values_BT: Tensor | None, index: int, length: int) -> list[Any] | None:
    return None if values_BT is None else values_BT[index, :length].tolist()


def _last_text(messages: list[dict[str, Any]]) -> str:
    content = messages[-1]["content"]
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")
