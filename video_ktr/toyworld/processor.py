"""A real Qwen2.5-VL processor for the toy world: byte-level BPE tokenizer, ChatML template, tiny image sizes.

The tokenizer is trained on the toy words alone, so each of them is one token, and it falls back to bytes, so any other
text still encodes and decodes exactly. The tags <think>, </think>, <answer> and </answer> are single tokens that are
not special: decoding with skip_special_tokens keeps them, as it does for the released Qwen models, which spell them
in several ordinary tokens.
"""

from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import PreTrainedTokenizerFast, Qwen2_5_VLProcessor
from transformers.models.qwen2_vl import Qwen2VLImageProcessor, Qwen2VLVideoProcessor

from video_ktr.toyworld.vocabulary import TAGS, first_words, words

END_OF_TEXT, TURN_START, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
VISION_START, VISION_END = "<|vision_start|>", "<|vision_end|>"
IMAGE_PAD, VIDEO_PAD = "<|image_pad|>", "<|video_pad|>"
SPECIAL_TOKENS = (END_OF_TEXT, TURN_START, TURN_END, VISION_START, VISION_END, IMAGE_PAD, VIDEO_PAD)
MIN_AREA, MAX_AREA = 28 * 28, 56 * 56  # pixels; 56 x 56 frames pass through unresized

CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|im_start|>' + message['role'] + '\n' -}}"
    "{%- if message['content'] is string -%}{{- message['content'] -}}"
    "{%- else -%}{%- for part in message['content'] -%}"
    "{%- if part['type'] == 'video' -%}{{- '<|vision_start|><|video_pad|><|vision_end|>' -}}"
    "{%- elif part['type'] == 'image' -%}{{- '<|vision_start|><|image_pad|><|vision_end|>' -}}"
    "{%- elif part['type'] == 'text' -%}{{- part['text'] -}}"
    "{%- endif -%}{%- endfor -%}{%- endif -%}"
    "{{- '<|im_end|>\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}{%- endif -%}"
)


def build_tokenizer() -> PreTrainedTokenizerFast:
    """Train the tokenizer; deterministic. Padding goes left (saved with it), the turn ends with <|im_end|> (EOS)."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=10_000,  # more than can be merged: every word of the corpus ends as one token
        min_frequency=1,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=list(SPECIAL_TOKENS),
        show_progress=False,
    )
    corpus = [f" {word}" for word in words()] + first_words()
    tokenizer.train_from_iterator(corpus, trainer)
    tokenizer.add_tokens([AddedToken(tag, normalized=False, special=False) for tag in TAGS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=TURN_END,
        pad_token=END_OF_TEXT,
        additional_special_tokens=[TURN_START, VISION_START, VISION_END, IMAGE_PAD, VIDEO_PAD],
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=4096,
        chat_template=CHAT_TEMPLATE,
    )


def build_processor() -> Qwen2_5_VLProcessor:
    """Tokenizer, image and video processor in one; saves and loads with AutoProcessor, no code of ours needed."""
    size = {"shortest_edge": MIN_AREA, "longest_edge": MAX_AREA}
    return Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(size=dict(size)),
        tokenizer=build_tokenizer(),
        video_processor=Qwen2VLVideoProcessor(size=dict(size), cap_pixels_per_frame=False, do_sample_frames=False),
        chat_template=CHAT_TEMPLATE,
    )
