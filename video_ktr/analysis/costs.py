"""What training cost: time, memory, speed and operations, by phase (paper section B.3, table 4)."""

from collections.abc import Iterator, Sequence

from video_ktr.analysis.run_data import RunData
from video_ktr.analysis.run_facts import differences
from video_ktr.analysis.sections import Missing, Section
from video_ktr.analysis.tables import Table, Value
from video_ktr.records.run_records import Record, curve

TITLE = "What training cost"
PHASES = {
    "generate": "completions are drawn",
    "score": "old policy, reference, and the true video where no other pass can stand for it",
    "attribute": "counterfactual passes and the choice of tokens",
    "update": "forward, backward, optimizer",
}
CONDITIONS = (
    *("model", "questions", "max_steps", "num_generations", "num_iterations", "steps_per_generation"),
    *("per_device_train_batch_size", "gradient_accumulation_steps", "max_completion_length", "beta", "share_prefix"),
    *("media", "bf16", "fp16", "tf32", "gradient_checkpointing", "use_cpu", "peft", "dataloader_num_workers", "optim"),
    *("num_train_epochs", "model_init_kwargs", "deepspeed", "fsdp", "fsdp_config", "torch_compile"),
    *("log_gradient_decomposition", "log_flops", "logging_steps", "save_strategy", "save_steps"),
    *("eval_strategy", "eval_steps"),
)
"""Settings that cost something whatever the method."""
GIGA, TERA = 1e9, 1e12


def cost_section(run: RunData, other: RunData | None) -> Section | Missing:
    """The section of the report; beside another run, its costs and the ratios to them."""
    if not _values(run, "update_seconds") and not _values(run, "update_flops"):
        return Missing(title=TITLE, reason="metrics.jsonl holds no cost/ metrics: train with this package's trainers")
    runs = [run, *([] if other is None else [other])]
    text = [
        "Times are means over steps and processes; on a GPU the clock waits for the device between phases. A step is "
        "more than its four phases: videos are read and rewards computed between them. Forward latency is what one "
        "micro-batch waits for until its loss can be formed: its forward pass with gradients and its share of the "
        "step's attribution; the paper does not say what its own holds. Steps in which operations were counted have no "
        "times.",
        "Operations are those of torch's counter: matrix products, convolutions and attention, the pairs that a mask "
        "hides included, a mean over counted steps and per process. A counted step without a generation counts none "
        "for it: choose log_flops so that steps of both kinds are met.",
    ]
    if other is not None:
        text.append(_conditions(run, other))
    return Section(
        id="costs", title=TITLE, text=tuple(text), tables=(_overall(runs), _by_phase(runs, "seconds"), *_counted(runs))
    )


def training_hours(metrics: list[Record]) -> float | None:
    """Wall time since the last start, evaluation and checkpoints included; None for a run that has not ended."""
    seconds = [value for _, value in curve(metrics, "train_runtime")]
    return seconds[-1] / 3600 if seconds else None


def speed(metrics: list[Record]) -> float | None:
    """Completions a second over all logged steps of equally many completions: the harmonic mean of their speeds."""
    found = [value for _, value in curve(metrics, "cost/samples_per_second") if value > 0]
    return len(found) / sum(1 / value for value in found) if found else None


def _conditions(run: RunData, other: RunData) -> str:
    """In what the two runs' conditions differ, beside the method."""
    keys = ("gpus", "processes", "platform", "cpu_threads", "python", "packages", "commit")
    found: list[Value] = [key for key in keys if run.environment.get(key) != other.environment.get(key)]
    found += [name for name, _, _ in differences(run, other) if str(name).split(".", 1)[0] in CONDITIONS]
    if not run.environment or not other.environment:
        return "A run without environment.json: whether the two ran on the same hardware is not known."
    if not found:
        return "Both runs had the same hardware, software and settings of size; the ratios are the method's."
    return f"The ratios are not the method's alone. The two runs differ in: {', '.join(map(str, found))}."


def _overall(runs: list[RunData]) -> Table:
    quantities = {
        "training time, hours": [training_hours(run.metrics) for run in runs],
        "peak memory, GB": [_scaled(max(_values(run, "peak_memory_bytes"), default=None), GIGA) for run in runs],
        "samples a second": [speed(run.metrics) for run in runs],
        "forward latency, seconds": [_mean(_values(run, "forward_seconds")) for run in runs],
        "forward operations, TFLOP": [_scaled(_mean(_values(run, "forward_flops")), TERA) for run in runs],
    }
    return Table(
        name="costs",
        title="Cost of training",
        columns=_columns("what", runs),
        rows=tuple((name, *_with_ratio(values)) for name, values in quantities.items()),
        note="The paper's table 4, on 32 GPUs of another kind: plain GRPO 4.7 h, 77.9 GB, 0.946 samples a second, "
        "4.70 s, 116.6 T; Video-KTR 5.2 h, 78.5 GB, 0.855, 4.92 s, 129.9 T. Training time is since a run's last start. "
        "Memory is of the process that held most: torch's on a GPU, else resident.",
    )


def _by_phase(runs: list[RunData], unit: str) -> Table:
    scale = {"seconds": 1.0, "flops": TERA}[unit]
    found = {phase: [_scaled(_mean(_values(run, f"{phase}_{unit}")), scale) for run in runs] for phase in PHASES}
    rows = [(f"{phase}: {PHASES[phase]}", *_with_ratio(values)) for phase, values in found.items()]
    sums = [_sum([values[place] for values in found.values()]) for place in range(len(runs))]
    title = {"seconds": "Seconds a step, by phase", "flops": "TFLOP a step and process, by phase"}[unit]
    return Table(
        name=f"cost_{unit}",
        title=title,
        columns=_columns("phase", runs),
        rows=(*rows, ("all four", *_with_ratio(sums))),
    )


def _counted(runs: list[RunData]) -> Iterator[Table]:
    if any(_values(run, "update_flops") for run in runs):
        yield _by_phase(runs, "flops")


def _columns(first: str, runs: list[RunData]) -> tuple[str, ...]:
    return (first, *(run.name for run in runs), *(["ratio"] if len(runs) > 1 else []))


def _with_ratio(values: Sequence[float | None]) -> tuple[Value, ...]:
    """The values, and with two of them the first over the second."""
    if len(values) == 1:
        return tuple(values)
    ours, theirs = values
    return ours, theirs, (ours / theirs if ours is not None and theirs else None)


def _values(run: RunData, name: str) -> list[float]:
    return [value for _, value in curve(run.metrics, f"cost/{name}")]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _scaled(value: float | None, unit: float) -> float | None:
    return None if value is None else value / unit
