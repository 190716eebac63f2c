"""The real vLLM on a CPU: `make test-vllm` makes the environment these tests need."""

import gc
from dataclasses import replace

import pytest
from transformers import AutoTokenizer

from tests.generation.telling_checkpoints import prompts_of_all_kinds, save_checkpoint
from video_ktr.errors import ConfigError, DataError
from video_ktr.generation import build_engine, checkpoint_sampling
from video_ktr.toyworld.processor import build_processor

pytestmark = pytest.mark.vllm

ROOM = 512
ROWS = [0, 1, 2, 3, 4, 5, 6, 2, 0]
SEEDS = [2**63 - 1, 1, 2, 3, 4, 5, 6, 7, 8]


@pytest.fixture(scope="module", params=["qwen2_5_vl", "qwen2_vl"])
def folder(request, tmp_path_factory):
    return save_checkpoint(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def engine(folder):
    with pytest.MonkeyPatch.context() as patch:
        # One process, a small cache, and no counting of users.
        patch.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
        patch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
        patch.setenv("VLLM_NO_USAGE_STATS", "1")
        built = build_engine("vllm", folder, dtype="float32", enforce_eager=True, max_model_len=ROOM)
        yield built
        # Gone before the next one starts: they share the process's parallel state.
        del built.llm
        gc.collect()


@pytest.fixture(scope="module")
def reference(folder):
    return build_engine("transformers", folder, dtype="float32")


@pytest.fixture(scope="module")
def sampling(folder):
    def build(**settings):
        tokenizer = AutoTokenizer.from_pretrained(folder)
        return checkpoint_sampling(folder, tokenizer, **{"max_new_tokens": 16, **settings})

    return build


@pytest.fixture(scope="module")
def prompts():
    return prompts_of_all_kinds()


def test_greedy_tokens_are_those_of_the_transformers_engine(engine, reference, prompts, sampling):
    greedy = sampling(temperature=0.0)
    expected = reference.generate(prompts, ROWS, greedy).token_ids
    rollouts = engine.generate(prompts, ROWS, greedy)
    assert rollouts.token_ids == expected
    assert (rollouts.log_probs_BT, rollouts.entropies_BT, rollouts.views) == (None, None, None)
    # Every prompt has an answer of its own, or equal tokens would say little. Qwen2-VL does not see seconds.
    seconds_matter = engine.llm.llm_engine.model_config.hf_config.model_type == "qwen2_5_vl"
    assert len({tuple(tokens) for tokens in expected}) == len(prompts) - (not seconds_matter)
    assert (expected[0] != expected[2]) == seconds_matter


def test_a_row_is_a_function_of_its_prompt_and_seed(engine, prompts, sampling):
    drawn = engine.generate(prompts, ROWS, sampling(), row_seeds=SEEDS).token_ids
    assert drawn[0] != drawn[-1]
    for row in (0, 5, 8):
        alone = engine.generate([prompts[ROWS[row]]], [0], sampling(), row_seeds=[SEEDS[row]])
        assert alone.token_ids == [drawn[row]]
    backwards = engine.generate(prompts, ROWS[::-1], sampling(), row_seeds=SEEDS[::-1])
    assert backwards.token_ids == drawn[::-1]


def test_a_long_batch_does_not_disturb_the_draws(engine, prompts, sampling):
    # Together more tokens than one step of the engine takes.
    few = engine.generate(prompts, [5] * 3, sampling(), row_seeds=range(3)).token_ids
    many = engine.generate(prompts, [5] * 120, sampling(), row_seeds=range(120)).token_ids
    assert many[:3] == few


def test_tokens_come_as_often_as_the_model_says(engine, reference, prompts, sampling):
    # Probabilities of first tokens by the transformers engine, frequencies by vLLM, within five standard errors.
    count = 2000
    one = sampling(max_new_tokens=1, temperature=0.5, top_k=3)
    exact = reference.generate(prompts, [0] * 200, one, row_seeds=range(200))
    drawn = [tokens[0] for tokens in engine.generate(prompts, [0] * count, one, row_seeds=range(count)).token_ids]
    pairs = zip(exact.token_ids, exact.log_probs_BT, strict=True)
    weights = {tokens[0]: log_probs_T[0].exp().item() for tokens, log_probs_T in pairs}
    assert set(drawn) == set(weights)
    assert len(weights) == 3
    for token, weight in weights.items():
        share = weight / sum(weights.values())
        assert abs(drawn.count(token) / count - share) < 5 * (share * (1 - share) / count) ** 0.5


@pytest.mark.parametrize("settings", [{"top_k": 1}, {"top_p": 1e-6}, {"min_p": 1.0}])
def test_each_cut_down_to_one_token_is_greedy(engine, prompts, sampling, settings):
    greedy = engine.generate(prompts, ROWS, sampling(temperature=0.0)).token_ids
    assert engine.generate(prompts, ROWS, sampling(**settings), row_seeds=SEEDS).token_ids == greedy


def of_eight_tokens(sampling, **settings):
    """Greedy among eight tokens, two of them in the prompt, so that tokens come again."""
    question = build_processor().tokenizer(" colour circle")["input_ids"]
    allowed = {*question, *range(100, 106)}
    rest = tuple(token for token in range(len(build_processor().tokenizer)) if token not in allowed)
    return replace(sampling(temperature=0.0, **settings), forbidden_token_ids=rest)


def test_the_repetition_penalty_counts_prompt_and_completion(engine, reference, prompts, sampling):
    penalised = of_eight_tokens(sampling, repetition_penalty=1.8)
    expected = reference.generate(prompts[:1], [0], penalised).token_ids
    assert engine.generate(prompts[:1], [0], penalised).token_ids == expected
    assert expected != reference.generate(prompts[:1], [0], of_eight_tokens(sampling)).token_ids


def test_forbidden_tokens_are_never_drawn(engine, reference, prompts, sampling):
    greedy = sampling(temperature=0.0)
    favourites = {token for tokens in engine.generate(prompts, ROWS, greedy).token_ids for token in tokens}
    without = replace(greedy, forbidden_token_ids=tuple(favourites))
    others = engine.generate(prompts, ROWS, without).token_ids
    assert not {token for tokens in others for token in tokens} & favourites
    assert others == reference.generate(prompts, ROWS, without).token_ids


def test_our_end_tokens_end_a_completion_and_no_others(engine, prompts, sampling):
    greedy = sampling(temperature=0.0)
    free = engine.generate(prompts[:1], [0], greedy).token_ids[0]
    ending = replace(greedy, end_token_ids=(free[3],))
    assert engine.generate(prompts[:1], [0], ending).token_ids == [free[: free.index(free[3]) + 1]]
    # The checkpoint's own end token, the only one allowed here, is a token like any other when it is not among ours.
    own = greedy.end_token_ids[0]
    rest = tuple(token for token in range(len(build_processor().tokenizer)) if token != own)
    endless = replace(greedy, end_token_ids=(free[3],), forbidden_token_ids=rest)
    assert engine.generate(prompts[:1], [0], endless).token_ids == [[own] * endless.max_new_tokens]


def test_a_prompt_without_room_is_refused(engine, prompts, sampling):
    length = len(prompts[0].input_ids_P)
    assert engine.generate(prompts[:1], [0], sampling(max_new_tokens=ROOM - length, temperature=0.0)).token_ids
    with pytest.raises(DataError, match=f"prompt of {length} tokens .* exceed vLLM's max_model_len={ROOM}"):
        engine.generate(prompts[:1], [0], sampling(max_new_tokens=ROOM - length + 1))


def test_a_prompt_that_vllm_expands_otherwise_is_refused(engine, prompts, sampling, monkeypatch):
    from video_ktr.generation import vllm_engine

    monkeypatch.setattr(vllm_engine, "UNCHANGED", {})  # the checkpoint's processor then shrinks the frames
    with pytest.raises(RuntimeError, match="processor expands media in another way"):
        engine.generate(prompts[:1], [0], sampling())


def test_what_vllm_would_change_or_refuse_is_named(engine, prompts, sampling):
    for settings, message in [
        ({"temperature": 0.001}, "temperature is 0.001"),
        ({"extra": {"seed": 3}}, "seed is set in generation_kwargs"),
        ({"extra": {"typical_p": 0.9}}, "typical_p"),
        ({"temperature": 3.0}, "vLLM cannot draw as asked: temperature must be in"),
    ]:
        with pytest.raises(ConfigError, match=message):
            engine.generate(prompts[:1], [0], sampling(**settings))


def test_settings_in_vllms_words_reach_it(engine, prompts, sampling):
    plain = engine.generate(prompts[:1], [0], of_eight_tokens(sampling)).token_ids
    extra = {"presence_penalty": 2.0, "frequency_penalty": 2.0}
    assert engine.generate(prompts[:1], [0], of_eight_tokens(sampling, extra=extra)).token_ids != plain


def test_settings_and_models_that_do_not_exist_are_named(folder, tmp_path):
    with pytest.raises(ConfigError, match="no engine setting gpu_memory_utilisation"):
        build_engine("vllm", folder, gpu_memory_utilisation=0.5)
    with pytest.raises(ConfigError, match=r"nowhere.*configuration cannot be read"):
        build_engine("vllm", str(tmp_path / "nowhere"))
