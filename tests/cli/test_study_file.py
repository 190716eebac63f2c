from pathlib import Path

import pytest
import yaml

from video_ktr.cli.study_file import read_study
from video_ktr.errors import ConfigError
from video_ktr.study.plan import CellKey

STUDY = {
    "recipe": "recipe.yaml",
    "overrides": {"max_steps": 3, "preset": None},
    "arms": {"grpo": {"method": "grpo"}, "kl": {"key_tokens": {"distance": "kl"}}},
    "baseline": "grpo",
    "seeds": [4],
    "starts": {"a": {"model": "checkpoint", "questions": "own.jsonl", "evaluation_questions": "held_out.jsonl"}},
    "output_dir": "out",
}


@pytest.fixture
def write(tmp_path):
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump({"method": "video_ktr", "preset": "paper", "beta": 0.1}))

    def made(**changes):
        file = tmp_path / "small.yaml"
        file.write_text(yaml.safe_dump({**STUDY, **changes}))
        return file

    return made


def test_settings_of_a_cell(write):
    study = read_study(write(), {"overrides": {"max_steps": 5}})
    assert study.plan.name == "small"
    key = CellKey(arm="kl", start="a", seed=4)
    # What is null is left out, so that each method takes its own default.
    assert study.train_settings(key, study.starts["a"]) == {
        "method": "video_ktr",
        "beta": 0.1,
        "max_steps": 5,
        "key_tokens": {"distance": "kl"},
        "model": "checkpoint",
        "questions": "own.jsonl",
        "seed": 4,
        "output_dir": "out/cells/kl/a-seed4/run",
    }


def test_studies_may_share_cells(write):
    assert read_study(write(cells_dir="all"), {}).cell_folder(CellKey(arm="x", start="a", seed=1)) == Path(
        "all/x/a-seed1"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arm": {}}, "unknown setting arm: did you mean arms"),
        ({"arms": {"a": 3}}, "arms.a is 3: expected a section"),
        ({"arms": {"../a": {}, "b": {}}}, "'../a' names a folder"),
        ({"arms": {**STUDY["arms"], "b": {"seed": 3}}}, "arms.b.seed: is given by the study"),
        ({"overrides": {"model": "x"}}, "overrides.model: is given by the study"),
        ({"seeds": ["x"]}, "seeds: 'x' is no seed"),
        ({"starts": {"a": {}}}, "starts.a: give either toy_seed or model"),
        ({"starts": {"a": {"toy_seed": 0, "questions": "x"}}}, "starts.a: a toy start makes its own questions"),
        ({"starts": {"a": {"toy_seed": -1}}}, "starts.a.toy_seed: -1 is no seed"),
        ({"starts": {"a": {"modle": "x"}}}, "unknown setting starts.a.modle: did you mean model"),
        ({"also_compare": ["grpo"]}, "also_compare: 'grpo' is no pair"),
        ({"ray": {"cpus": 1}}, "unknown setting ray.cpus"),
        ({"recipe": "none.yaml"}, "none.yaml: cannot be read"),
        ({"output_dir": ""}, "the setting 'output_dir' is missing"),
    ],
)
def test_mistakes(write, change, message):
    with pytest.raises(ConfigError, match=message):
        read_study(write(**change), {})
