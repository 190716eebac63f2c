import pytest
from datasets import Dataset

from video_ktr.attribution import KeyTokenConfig
from video_ktr.errors import ConfigError
from video_ktr.training.donors import require_index


def test_other_rows_need_a_dataset_with_an_index():
    dataset = Dataset.from_list([{"prompt": "a"}])
    replace = KeyTokenConfig(visual_perturbation="replace")
    require_index(replace, dataset)
    require_index(KeyTokenConfig(), dataset.to_iterable_dataset())
    with pytest.raises(ConfigError, match="an iterable dataset has no index"):
        require_index(replace, dataset.to_iterable_dataset())
