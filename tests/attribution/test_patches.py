import pytest
import torch
from transformers import Qwen2VLVideoProcessor

from video_ktr.attribution import frame_order, reorder_frames, resample_patches, uniform_patches

PIXELS = {"shortest_edge": 784, "longest_edge": 3136}


@pytest.fixture(scope="module")
def processor():
    return Qwen2VLVideoProcessor(size=PIXELS, cap_pixels_per_frame=False)


def frames(count: int, height: int = 56, width: int = 56, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (count, 3, height, width), dtype=torch.uint8, generator=generator)


def patchify(processor, frames_fchw):
    made = processor(videos=[frames_fchw], do_sample_frames=False, return_tensors="pt")
    return made["pixel_values_videos"], made["video_grid_thw"][0]


@pytest.mark.parametrize("count", [2, 3, 4, 5, 8])
@pytest.mark.parametrize("kind", ["shuffle", "reverse"])
def test_reordered_patches_are_the_patches_of_reordered_frames(processor, count, kind):
    video = frames(count)
    patches, grid = patchify(processor, video)
    kept = patches.clone()
    order = frame_order(count, kind, generator=torch.Generator().manual_seed(count))
    expected, _ = patchify(processor, video[order])
    assert torch.equal(reorder_frames(patches, grid, order, num_frames=count), expected)
    assert not torch.equal(expected, patches)
    assert torch.equal(patches, kept)


def test_reordering_a_video_that_is_not_square(processor):
    video = frames(6, 28, 84)
    patches, grid = patchify(processor, video)
    assert grid.tolist() == [3, 2, 6]
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    assert torch.equal(
        reorder_frames(patches, grid.tolist(), order, num_frames=6), patchify(processor, video[order])[0]
    )


def test_wrong_sizes_are_refused(processor):
    patches, grid = patchify(processor, frames(4))
    with pytest.raises(ValueError, match="6 frames do not fill 2 slots"):
        reorder_frames(patches, grid, torch.arange(6), num_frames=6)
    with pytest.raises(ValueError, match="do not fill a grid of 3 x 4 x 4"):
        reorder_frames(patches, [3, 4, 4], torch.arange(4), num_frames=4)
    with pytest.raises(ValueError, match=r"each of 0\.\.3 once"):
        reorder_frames(patches, grid, torch.tensor([0, 0, 1, 2]), num_frames=4)


@pytest.mark.parametrize("shade", [0, 200])
def test_uniform_patches_are_those_of_a_video_of_one_colour(processor, shade):
    patches, _ = patchify(processor, frames(4))
    expected, _ = patchify(processor, torch.full((4, 3, 56, 56), shade, dtype=torch.uint8))
    mean, std = torch.tensor(processor.image_mean), torch.tensor(processor.image_std)
    torch.testing.assert_close(uniform_patches(patches, (shade / 255 - mean) / std), expected)


def test_uniform_patches_need_a_value_a_channel():
    with pytest.raises(ValueError, match="each of 3 channels"):
        uniform_patches(torch.zeros(4, 12), [0.0])


def test_uniform_patches_keep_the_type():
    grey = uniform_patches(torch.ones(4, 12, dtype=torch.bfloat16), [0.0, 0.0, 0.0])
    assert grey.dtype == torch.bfloat16
    assert (grey == 0).all()


def test_equal_grids_give_an_equal_copy(processor):
    patches, grid = patchify(processor, frames(4))
    copy = resample_patches(patches, grid, grid)
    assert torch.equal(copy, patches)
    copy.fill_(0)
    assert not torch.equal(copy, patches)


@pytest.mark.parametrize(
    ("given", "wanted", "nearest"), [(8, 4, [1, 3, 5, 7]), (2, 4, [0, 0, 1, 1]), (4, 6, [0, 1, 1, 2, 3, 3])]
)
def test_time_is_resampled_to_the_nearest_frame(processor, given, wanted, nearest):
    video = frames(given)
    patches, grid = patchify(processor, video)
    expected, target = patchify(processor, video[nearest])
    assert target[0] * 2 == wanted
    assert torch.equal(resample_patches(patches, grid, target), expected)


@pytest.mark.parametrize("target_size", [(28, 28), (28, 84), (56, 28)])
def test_space_is_resized_bilinearly(processor, target_size):
    video = frames(4)
    patches, grid = patchify(processor, video)
    mean, std = (torch.tensor(values)[:, None, None] for values in (processor.image_mean, processor.image_std))
    normalised = (video.float() / 255 - mean) / std
    resized = torch.nn.functional.interpolate(normalised, target_size, mode="bilinear", antialias=True)
    expected, target = patchify_normalised(resized)
    torch.testing.assert_close(resample_patches(patches, grid, target), expected, atol=1e-5, rtol=1e-5)


def patchify_normalised(frames_fchw):
    exact = Qwen2VLVideoProcessor(
        size=PIXELS, cap_pixels_per_frame=False, do_resize=False, do_rescale=False, do_normalize=False
    )
    return patchify(exact, frames_fchw)


def test_a_donor_of_one_colour_stays_so(processor):
    patches, grid = patchify(processor, torch.full((6, 3, 28, 84), 90, dtype=torch.uint8))
    expected, target = patchify(processor, torch.full((4, 3, 56, 56), 90, dtype=torch.uint8))
    moved = resample_patches(patches.bfloat16(), grid, target)
    assert moved.dtype == torch.bfloat16
    torch.testing.assert_close(moved, expected.bfloat16())


def test_patches_that_do_not_fit_are_refused(processor):
    patches, grid = patchify(processor, frames(4))
    with pytest.raises(ValueError, match=r"not 3x2x16\^2"):
        resample_patches(patches, grid, grid, patch_size=16)
    with pytest.raises(ValueError, match="not a multiple of the merge size 2"):
        resample_patches(patches, grid, [2, 3, 4])
