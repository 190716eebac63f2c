import pytest
import torch


@pytest.mark.usefixtures("benchmark_modules")
def test_a_piece_that_does_not_fit_is_left_out_with_a_line(capsys):
    from steps import fitting

    model = torch.nn.Linear(2, 2)

    def too_large():
        model.weight.grad = torch.zeros(2, 2)
        raise torch.OutOfMemoryError

    kept = fitting({"small": list, "large": too_large}, model)
    assert set(kept) == {"small"}
    assert capsys.readouterr().out == "large is left out: it does not fit in the GPU's memory\n"
    assert model.weight.grad is None
