import io

from rich.console import Console
from transformers import TrainerControl, TrainerState, TrainingArguments

from video_ktr.cli.progress import StepProgress


def run_steps(console, tmp_path, steps):
    args, control = TrainingArguments(str(tmp_path), use_cpu=True, report_to="none"), TrainerControl()
    state = TrainerState(max_steps=steps, is_world_process_zero=True)
    progress = StepProgress("train", console)
    progress.on_train_begin(args, state, control)
    for state.global_step in range(1, steps + 1):
        progress.on_step_end(args, state, control)
        progress.on_log(
            args, state, control, logs={"loss": 0.5, "reward": 1.25, "other": 3, "key_tokens/update_ratio": None}
        )
    progress.on_train_end(args, state, control)


def test_a_log_file_gets_ten_lines(tmp_path):
    file = io.StringIO()
    run_steps(Console(file=file, width=200), tmp_path, 40)
    lines = file.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[-1] == "train: step 40 of 40  loss 0.500  reward 1.250"


def test_a_terminal_gets_a_bar(tmp_path):
    file = io.StringIO()
    run_steps(Console(file=file, width=200, force_terminal=True), tmp_path, 3)
    assert "3/3" in file.getvalue()
    assert "reward 1.250" in file.getvalue()
