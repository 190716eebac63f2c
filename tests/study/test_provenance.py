from dataclasses import replace

from video_ktr.study.provenance import here_and_now, made_with


def test_what_differs_between_cells_is_all_told(cell):
    first = cell("grpo", "a", 0, [1])
    second = replace(
        first, environment={**first.environment, "commit": "def", "date": "2000-01-03", "gpus": ["X", "X"]}
    )
    assert made_with([second, first]) == (
        "Commit def and abc; torch 1, transformers 2, trl 3; a processor with 2 cores, 1 of them a cell; "
        "X, X and no GPU; 2000-01-01 to 2000-01-03."
    )


def test_this_machine():
    found = here_and_now()
    assert found["cpu"]
    assert found["cores"] >= 1
    assert len(found["date"]) == 10
