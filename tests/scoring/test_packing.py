import torch

from video_ktr.scoring import Completions, VisionLanguageModel
from video_ktr.scoring.packing import pack, wanted_hidden
from video_ktr.scoring.prompt_view import view_prompts


def test_layout_of_two_prompts_by_hand(tiny_model, mixed_prompts):
    parts = VisionLanguageModel.of(tiny_model)
    text, image = mixed_prompts[3], mixed_prompts[2]
    views = view_prompts(parts, [text, image])
    # The third row stops at its second token, the last that is wanted; the fourth has none and is left out.
    ids_BT = torch.tensor([[20, 21, 22], [30, 31, 32], [40, 41, 42], [50, 51, 52]])
    mask_BT = torch.tensor([[1, 0, 1], [1, 1, 1], [0, 1, 0], [0, 0, 0]])
    packed = pack(parts, views, Completions(ids_BT, mask_BT, prompt_of_row=[0, 1, 0, 1]))

    first, second = packed.groups
    n_text, n_image = len(text.input_ids_P), len(image.input_ids_P)
    assert (first.start, first.prefix_length, first.row_lengths) == (0, n_text - 1, (3, 2))
    assert (second.start, second.prefix_length, second.row_lengths) == (n_text + 4, n_image - 1, (3,))

    rows = [text.input_ids_P[-1].item(), 20, 21, text.input_ids_P[-1].item(), 40]
    expected_ND = parts.embed_tokens(torch.tensor([*text.input_ids_P[:-1].tolist(), *rows]))
    assert torch.equal(packed.embeddings_ND[: n_text + 4], expected_ND)
    # Text counts on after the prompt; each row starts again at the prompt's last place.
    places = [*range(n_text - 1), n_text - 1, n_text, n_text + 1, n_text - 1, n_text]
    assert packed.positions_3N[:, : n_text + 4].tolist() == [places] * 3
    # In row-major order of the mask: row 0 (two tokens), row 1 (three), row 2 (one).
    image_row = second.rows.start
    assert packed.predictors_K.tolist() == [
        n_text - 1, n_text + 1, image_row, image_row + 1, image_row + 2, n_text + 2 + 1,
    ]  # fmt: skip


def test_a_prompt_of_one_token_has_no_prefix(tiny_model, mixed_prompts):
    parts = VisionLanguageModel.of(tiny_model)
    view = view_prompts(parts, [mixed_prompts[3]])[0]
    one = type(view)(view.input_ids_P[:1], view.mm_types_P[:1], view.positions_3P[:, :1], 1, (), (), ())
    ids_BT = torch.tensor([[20, 21], [22, 23]])
    with torch.no_grad():
        hidden_KD = wanted_hidden(parts, [one], Completions(ids_BT, torch.ones(2, 2), [0, 0]))
        plain = tiny_model.model(input_ids=torch.cat([one.input_ids_P, ids_BT[1, :1]])[None]).last_hidden_state[0]
    torch.testing.assert_close(hidden_KD[2:], plain, atol=1e-4, rtol=1e-4)
