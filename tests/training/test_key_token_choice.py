import math

import pytest
import torch

from video_ktr.attribution import TokenSignals
from video_ktr.errors import ConfigError
from video_ktr.training import VideoKTRConfig
from video_ktr.training.generation_record import Generation
from video_ktr.training.key_token_choice import KeyTokenChoice

IDS = torch.tensor([[7, 8, 9, 5, 6], [7, 8, 9, 5, 6], [5, 5, 6, 7, 8], [9, 9, 9, 9, 9]])
MASK = torch.ones(4, 5)
VISUAL = torch.tensor([[9.0, 0, 0, 0, 0], [0, 9, 0, 0, 0], [0, 0, 9, 0, 0], [0, 0, 0, 9, 0]])
VISUAL_ONLY = {"visual_ratio": 0.2, "temporal_ratio": None, "entropy_ratio": None}


def choice(*, seed=0, process=0, rewards=("accuracy_reward",), attribution_every=1, **key_tokens):
    args = VideoKTRConfig(
        output_dir="unused",
        bf16=False,
        use_cpu=True,
        report_to=[],
        seed=seed,
        num_generations=2,
        per_device_train_batch_size=4,
        attribution_every=attribution_every,
        key_tokens={**VISUAL_ONLY, **key_tokens},
    )
    return KeyTokenChoice(args, rewards, process)


def generation(*, step=(3, 0), keys=("a", "a", "b", "b"), accuracy=(1.0, 0.0, 1.0, 0.0), measured=True):
    return Generation(
        step=step,
        rows=[{}] * 4,
        prompt_keys=list(keys),
        token_ids=IDS.tolist(),
        rewards={"accuracy_reward": list(accuracy)},
        readable=[True] * 4,
        attributed_B=torch.ones(4).bool(),
        measured_B=torch.full((4,), measured),
    )


def choose(made, of=None, rows=(0, 1, 2, 3)):
    rows = list(rows)
    signals = TokenSignals(visual_BT=VISUAL[rows])
    found = generation() if of is None else of
    return made.choose(signals, MASK[rows], IDS[rows], rows, found.take(torch.tensor(rows)))


def test_the_random_draw_is_of_the_seed_the_step_the_prompt_the_process_and_the_row():
    def drawn(of=None, **settings):
        return choose(choice(control="random", visual_ratio=0.6, **settings), of)[0].mask_BT.tolist()

    first = drawn()
    assert first == drawn()
    assert first != drawn(seed=1)
    assert first != drawn(process=1)
    assert first != drawn(generation(step=(4, 0)))
    assert first != drawn(generation(step=(3, 1)))
    other = drawn(generation(keys=("a", "a", "c", "c")))
    assert first[:2] == other[:2]
    assert first[2:] != other[2:]


def test_a_micro_batch_draws_what_the_whole_batch_does():
    made = choice(control="random", visual_ratio=0.6)
    whole, part = choose(made)[0].mask_BT, choose(made, rows=(2, 3))[0].mask_BT
    assert torch.equal(whole[2:], part)


def test_accuracy_of_the_named_reward_sets_the_adaptive_ratio():
    # One token of each group holds all of a completion's score: two of ten hold 9 + 9, one holds half. Share 1/10.
    # 0.8 * (1.5 - p) * 0.1 / 0.2 is 0.6 at p = 0 and 0.2 at p = 1.
    found, values = choose(
        choice(ratio_rule="adaptive", visual_ratio=0.8, ratio_max=0.7), generation(accuracy=(0, 0, 1, 1))
    )
    assert found.mask_BT.sum(1).tolist() == [3, 3, 1, 1]
    assert values["visual/asked_ratio"] == pytest.approx(0.4)
    assert "visual/asked_ratio" not in choose(choice())[1]


def test_an_adaptive_ratio_needs_its_reward():
    with pytest.raises(ConfigError, match=r"accuracy_reward 'accuracy' is none of the rewards.*name one of format"):
        choice(ratio_rule="adaptive", rewards=("format_reward",))
    assert choice(rewards=("format_reward",)).accuracy is None


def test_agreement_of_a_profile_with_what_is_measured():
    made = choice(attribution_every=2)
    first = choose(made)[1]
    assert math.isnan(first["reuse/visual_agreement"])
    made.reuse.exchange()
    # By the profile of "a", tokens 7 and 8 score 4.5 and the others 0, so both its rows select the earlier, token 7;
    # of "b", token 6 scores 9 and 9 scores 9 / 5: the first of five in its second row. Selected were 7, 8, 6 and the
    # fourth 9: two of four rows agree, one token each, and the union is 2 + 2 * 2 = 6 tokens.
    second = choose(made)[1]
    assert second["reuse/visual_agreement"] == pytest.approx(2 / 6)
    assert second["measured_rows"] == 4


def test_rows_that_are_not_measured_select_by_their_profile():
    made = choice(attribution_every=2)
    choose(made)
    made.reuse.exchange()
    nothing = TokenSignals(visual_BT=torch.zeros(4, 5), visual_rows_B=torch.zeros(4).bool())
    rows = [0, 1, 2, 3]
    found, values = made.choose(nothing, MASK, IDS, rows, generation(measured=False))
    assert found.mask_BT.nonzero().tolist() == [[0, 0], [1, 0], [2, 2], [3, 0]]
    assert values["measured_rows"] == 0
    assert math.isnan(values["reuse/visual_agreement"])


def test_metrics_of_a_generation_that_teaches_nothing_are_left_out_of_means():
    still = generation()
    still.attributed_B, still.measured_B = torch.zeros(4).bool(), torch.zeros(4).bool()
    _, values = choice().choose(TokenSignals(visual_BT=VISUAL), MASK * 0, IDS, [0, 1, 2, 3], still)
    assert all(math.isnan(values[name]) for name in ("update_ratio", "empty_rows", "visual/ratio"))


def test_random_controls_weigh_as_many_tokens_of_each_completion(build_trainer, rollouts, rows):
    weighed = {}
    for control in ("none", "random", "inverted"):
        trainer = build_trainer(key_tokens={"control": control}, per_device_train_batch_size=12)
        torch.manual_seed(5)
        batch = rollouts(trainer, rows[:3])
        weighed[control] = batch["advantages"] != 0
        logged = trainer._metrics["train"]
        if control == "none":
            assert "key_tokens/control_overlap" not in logged
        else:
            overlap = (weighed[control] & weighed["none"]).sum() / weighed[control].sum()
            assert logged["key_tokens/control_overlap"] == [pytest.approx(float(overlap))]
    counts = {control: mask.sum(1) for control, mask in weighed.items()}
    assert counts["none"].sum() > 0
    assert counts["random"].tolist() == counts["none"].tolist()
    lengths = batch["completion_mask"].sum(1) * (counts["none"] > 0)
    assert counts["inverted"].tolist() == torch.minimum(counts["none"], lengths - counts["none"]).tolist()
    assert not (weighed["inverted"] & weighed["none"]).any()
