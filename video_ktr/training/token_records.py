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
    """Writes `tokens/step-000012-0.parquet`: one file a generation and process, for a sample of the prompts.

    Whether a prompt is sampled depends on the seed, the step and its id alone. A repeated step overwrites its file.

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
        step: int,
        process: int,
        rows: list[dict[str, Any]],
        output: dict[str, Any],
        signals: TokenSignals,
        keys: KeyTokens,
        log_probs_BT: Tensor,
        rewards: dict[str, list[float]],
        advantages_B: Tensor,
    ) -> Path | None:
        """Record the sampled prompts' completions; None when no prompt of the batch was sampled."""
        ids = [str(row.get("problem_id", index)) for index, row in enumerate(rows)]
        sampled = {i for i in set(ids) if float(torch.rand(1, generator=self._coin(step, i))) < self.rate}
        records = []
        scores = {"visual": signals.visual_BT, "temporal": signals.temporal_BT, "entropy": signals.entropy_BT}
        chosen = {"visual": keys.visual_BT, "temporal": keys.temporal_BT, "entropy": keys.entropy_BT}
        for index, row in enumerate(rows):
            if ids[index] not in sampled:
                continue
            length = int(output["completion_mask"][index].sum())
            token_ids = output["completion_ids"][index, :length].tolist()
            records.append(
                {
                    "step": step,
                    "row": index,
                    "prompt_id": ids[index],
                    "problem_type": row.get("problem_type"),
                    "question": _last_text(row["prompt"]),
                    "completion": self.tokenizer.decode(token_ids, skip_special_tokens=True),
                    "token_ids": token_ids,
                    "tokens": [self.tokenizer.decode([token]) for token in token_ids],
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
        path = self.folder / f"step-{step:06d}-{process}.parquet"
        pq.write_table(pa.Table.from_pylist(records, schema=SCHEMA), path)
        return path

    def _coin(self, step: int, prompt_id: str) -> torch.Generator:
        return derived_generator(self.seed, step, prompt_id, "record")


def _row(values_BT: Tensor | None, index: int, length: int) -> list[Any] | None:
    return None if values_BT is None else values_BT[index, :length].tolist()


def _last_text(messages: list[dict[str, Any]]) -> str:
    content = messages[-1]["content"]
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")
