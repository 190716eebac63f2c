"""Asks a model one question about a video, an image or a folder of frames, and shows the reply as it comes.

  video-ktr answer clip.mp4 "Which falls first?" --options "the cup" "the pen" --model owner/model

Options without letters get them. The reasoning and the answer are shown apart. --explain marks the tokens that hang on
the video (visual) or on the order of its frames (temporal), and those drawn where the model was unsure (uncertain), as
training would choose them.

Further settings go behind the question: --top_p, --top_k, --max_prompt_tokens, --media.KEY (fields of MediaConfig),
--engine_kwargs.KEY (device, dtype, ...), and with --explain --key_tokens.KEY (fields of KeyTokenConfig).
"""

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings, check_keys, merged, parse_value
from video_ktr.errors import ConfigError

if TYPE_CHECKING:
    from video_ktr.attribution import KeyTokenConfig
    from video_ktr.evaluation.answer_settings import AnswerSettings
    from video_ktr.evaluation.answering import Answerer
    from video_ktr.evaluation.own_answer import Answer

SUMMARY = "ask a model about one video or image"
TEXTS, NUMBERS = ("model", "prompt_template"), ("temperature", "max_new_tokens", "seed")
OWN_KEYS = ("prompt_template", "media_first", "key_tokens")
TEXT_ONLY = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("video", metavar="VIDEO", help="video, image or folder of frames; - for a question of text")
    parser.add_argument("question", metavar="QUESTION", help="the question, in quotes")
    add_question_arguments(parser)
    parser.add_argument("--explain", action="store_true", help="mark visual, temporal and uncertain tokens")
    parser.add_argument("--json", action="store_true", help="one JSON object, when the reply is complete")


def add_question_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what every verb that asks one question takes, beside the video and the question."""
    parser.add_argument("--options", nargs="+", default=[], metavar="TEXT", help="the choices, each in quotes")
    kinds = (
        "multiple choice (with options), free-form (without), numerical, regression, OCR, temporal grounding, caption"
    )
    parser.add_argument("--type", metavar="TYPE", help=kinds)
    add_model_arguments(parser)


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what decides which model answers, and how; `read_model_settings` reads it."""
    parser.add_argument("--model", metavar="MODEL", help="checkpoint folder or hub name")
    parser.add_argument("--frames", metavar="N", help="frames at most (default 16)")
    parser.add_argument("--prompt-template", metavar="NAME", help="reasoning (default), plain, or a file")
    parser.add_argument("--temperature", metavar="T", help="0 takes the most likely token (default)")
    parser.add_argument("--max-new-tokens", metavar="N", help="length limit of the reply (default 1024)")
    parser.add_argument("--seed", metavar="N", help="decides what is drawn (default 0)")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb. Raises ConfigError or MediaError before the model is loaded where that can be told."""
    settings = read_model_settings(arguments, overrides)
    if settings.get("key_tokens") and not arguments.explain:
        raise ConfigError("key_tokens has no effect without --explain: add it")
    ask(arguments, settings)


def read_model_settings(arguments: argparse.Namespace, overrides: Settings) -> Settings:
    """The settings given by `add_model_arguments` and behind them. Raises ConfigError where no model is given."""
    given = {key: value for key in TEXTS if (value := getattr(arguments, key)) is not None}
    for key in NUMBERS:
        if (text := getattr(arguments, key)) is not None:
            given[key] = parse_value(text, f"--{key.replace('_', '-')}")
    if arguments.frames is not None:
        given["media"] = {"max_frames": _frames(arguments.frames)}
    settings = merged(overrides, given)
    if not settings.get("model"):
        raise ConfigError("no model is given: add --model and a checkpoint folder or a hub name such as owner/model")
    return settings


def ask(arguments: argparse.Namespace, settings: Settings) -> None:
    """Ask, and show the reply in the way that `arguments` wish."""
    from video_ktr.cli.questions import load_template
    from video_ktr.evaluation.own_question import question_sample

    video = None if arguments.video == TEXT_ONLY else arguments.video
    question = (video, arguments.question, arguments.options)
    question_sample(*question, arguments.type)
    config, template, key_tokens = read_config(settings), load_template(settings), read_key_tokens(settings)
    answerer = load_answerer(config, template, key_tokens)
    if arguments.json:
        reply = answerer.answer(*question, problem_type=arguments.type, explain=arguments.explain)
        # ASCII alone, so that nothing in the reply reaches a terminal as a control character.
        say(json.dumps(asdict(reply)))
        return
    show(answerer, question, arguments)


def show(answerer: "Answerer", question: tuple[Any, ...], arguments: argparse.Namespace) -> None:
    """Stream the reply to the terminal, and then its key tokens where wished."""
    from rich.console import Console

    from video_ktr.cli.reply_screen import ReplyScreen, coloured_tokens

    screen = ReplyScreen()
    reply = answerer.answer(*question, problem_type=arguments.type, explain=arguments.explain, on_text=screen.push)
    screen.finish()
    if reply.tokens is not None:
        say("\nKey tokens:")
        Console(highlight=False).print(coloured_tokens(reply.tokens), soft_wrap=True)
    say(f"\n{footer(reply)}")


def footer(reply: "Answer") -> str:
    """One line on what was shown and how long it took; in it, that the reply was cut."""
    media = {"text": "text alone", "image": "1 image", "video": f"{reply.media.frames} frames"}[reply.media.kind]
    if reply.media.seconds is not None:
        media += f" of {reply.media.seconds:.1f} s"
    cut = ", cut at the limit: raise --max-new-tokens" if reply.truncated else ""
    return f"({media}; {reply.num_tokens} tokens in {reply.seconds:.1f} s{cut})"


def read_config(settings: Settings) -> "AnswerSettings":
    """The settings of the model. Raises ConfigError for an unknown setting or a value that does not fit."""
    from video_ktr.cli.model_settings import build_model_settings
    from video_ktr.data.media import MediaConfig
    from video_ktr.evaluation.answer_settings import MEDIA_PRESET, AnswerSettings

    preset = asdict(MediaConfig.preset(MEDIA_PRESET))
    section = settings.get("media")
    most = section.get("max_frames") if isinstance(section, dict) else None
    if isinstance(most, int):
        # Fewer frames than the rule's usual least are what was asked for.
        preset["min_frames"] = max(1, min(preset["min_frames"], most))
    return build_model_settings(AnswerSettings, settings, own=OWN_KEYS, media=preset)


def read_key_tokens(settings: Settings) -> "KeyTokenConfig":
    """How key tokens are chosen. Raises ConfigError for an unknown setting or a value that does not fit."""
    from video_ktr.attribution import KeyTokenConfig
    from video_ktr.cli.config_building import build_config, field_names

    section = settings.get("key_tokens") or {}
    if not isinstance(section, dict):
        raise ConfigError(f"key_tokens is {section!r}: expected a section of settings")
    check_keys(section, field_names(KeyTokenConfig), "key_tokens")
    return build_config(KeyTokenConfig, section, "key_tokens")


def load_answerer(config: "AnswerSettings", template: Any, key_tokens: "KeyTokenConfig") -> "Answerer":
    """Load the model. Raises ConfigError when there is none of that name, or of no supported family."""
    from video_ktr.cli.models import check_model, load_processor
    from video_ktr.evaluation.answering import Answerer

    check_model(config.model)
    load_processor(config.model)
    return Answerer.of(config, template, key_tokens)


def _frames(text: str) -> int:
    number = parse_value(text, "--frames")
    if type(number) is not int or number < 1:
        raise ConfigError(f"--frames is {text}: give a whole number above 0")
    return number
