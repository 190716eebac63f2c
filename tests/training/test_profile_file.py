import pytest
import torch
from safetensors.torch import save_file

from video_ktr.attribution.profiles import TokenTable
from video_ktr.errors import ConfigError
from video_ktr.training.profile_file import Profile, read_profiles, write_profiles

VISUAL = TokenTable(torch.tensor([3, 8]), torch.tensor([0.1, 1 / 3], dtype=torch.float64), torch.tensor([1, 4]))
TEMPORAL = TokenTable(torch.tensor([8]), torch.tensor([1e-300], dtype=torch.float64), torch.tensor([2]))


def test_what_is_read_is_what_was_written(tmp_path):
    profiles = {
        "a video": Profile({"visual": VISUAL, "temporal": TEMPORAL}, uses=2),
        "a text": Profile({}),
        "an image": Profile({"visual": TEMPORAL}, uses=1),
    }
    path = tmp_path / "checkpoint-3" / "profiles.safetensors"
    write_profiles(path, profiles)
    found = read_profiles(path)
    assert list(found) == list(profiles)
    for key, profile in profiles.items():
        assert found[key].uses == profile.uses
        assert list(found[key].tables) == list(profile.tables)
        for name, table in profile.tables.items():
            assert all(torch.equal(ours, theirs) for ours, theirs in zip(found[key].tables[name], table, strict=True))
            assert found[key].tables[name].sums_N.dtype == torch.float64


def test_no_profile_yet(tmp_path):
    write_profiles(tmp_path / "none.safetensors", {})
    assert read_profiles(tmp_path / "none.safetensors") == {}


def test_a_file_that_is_missing_or_damaged_is_named(tmp_path):
    path = tmp_path / "profiles.safetensors"
    with pytest.raises(ConfigError, match=r"profiles\.safetensors cannot be read, which attribution_every needs"):
        read_profiles(path)
    path.write_bytes(b"not a safetensors file")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_profiles(path)
    save_file({"ids": torch.zeros(1)}, path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_profiles(path)
