"""Writes a page on which one sees what the words of a reply hang on: the picture, the order of events, or chance.

  video-ktr explore --model owner/model --video clip.mp4 --question "Which falls first?" --options "the cup" "the pen"
  video-ktr explore runs/ktr

The first asks a model and looks at its one reply: the words by signal, the frames each hangs on, and what the model
would have said without the video or with its frames in another order. The second shows the newest completions of a
training run, as they were recorded. The page is one file that needs no network.

Further settings go behind, as with `video-ktr answer`: --media.KEY, --key_tokens.KEY (fields of KeyTokenConfig), ...
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from video_ktr.cli.answer import (
    TEXT_ONLY,
    add_question_arguments,
    load_answerer,
    read_config,
    read_key_tokens,
    read_model_settings,
)
from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings
from video_ktr.errors import ConfigError

if TYPE_CHECKING:
    from video_ktr.explorer.page_data import Page

SUMMARY = "page of a reply, or of a training run, as words that hang on the video"
FILE = "explorer.html"
PROMPTS = 12
OF_ONE_REPLY = (
    *("video", "question", "options", "type", "model", "frames"),
    *("prompt_template", "temperature", "max_new_tokens", "seed"),
)
EITHER = "give a run folder, or --model, --video and --question"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    parser.add_argument("run_folder", nargs="?", metavar="RUN_DIR", help="output folder of a training run")
    parser.add_argument("--prompts", type=int, metavar="N", help=f"prompts of the run at most (default {PROMPTS})")
    parser.add_argument("--video", metavar="VIDEO", help="video, image or folder of frames; - for a question of text")
    parser.add_argument("--question", metavar="TEXT", help="the question, in quotes")
    add_question_arguments(parser)
    parser.add_argument("--out", metavar="PAGE", help=f"where the page goes (default RUN_DIR/{FILE} or ./{FILE})")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Run the verb. Raises ConfigError, MediaError or DataError, before the model is loaded where that can be told."""
    if arguments.out is not None and Path(arguments.out).is_dir():
        raise ConfigError(f"--out is {arguments.out}, a folder: give the name of a file, such as {FILE}")
    given = [name for name in OF_ONE_REPLY if getattr(arguments, name)]
    if arguments.run_folder is None:
        page = _one_reply(arguments, overrides)
    elif given or overrides:
        name = (given or list(overrides))[0].replace("_", "-")
        raise ConfigError(f"--{name} belongs to one reply, and {arguments.run_folder} is given as a run: {EITHER}")
    else:
        page = _run(arguments)
    say(f"written: {_write(arguments, page)}")


def _one_reply(arguments: argparse.Namespace, overrides: Settings) -> "Page":
    from video_ktr.cli.questions import load_template
    from video_ktr.evaluation.own_question import question_sample

    for name in ("video", "question"):
        if getattr(arguments, name) is None:
            raise ConfigError(f"--{name} is missing: {EITHER}")
    if arguments.prompts is not None:
        raise ConfigError(f"--prompts belongs to a run, and none is given: {EITHER}")
    settings = read_model_settings(arguments, overrides)
    question = (None if arguments.video == TEXT_ONLY else arguments.video, arguments.question, arguments.options)
    question_sample(*question, arguments.type)
    answerer = load_answerer(read_config(settings), load_template(settings), read_key_tokens(settings))
    from video_ktr.explorer.one_answer import explore_answer

    return explore_answer(answerer, *question, problem_type=arguments.type)


def _run(arguments: argparse.Namespace) -> "Page":
    from video_ktr.explorer.run_pages import explore_run

    return explore_run(arguments.run_folder, prompts=PROMPTS if arguments.prompts is None else arguments.prompts)


def _write(arguments: argparse.Namespace, page: "Page") -> Path:
    from video_ktr.explorer.page import write_page

    target = arguments.out or Path(arguments.run_folder or ".") / FILE
    try:
        return write_page(target, page)
    except OSError as error:
        raise ConfigError(f"{target} cannot be written ({error.strerror}): give another --out") from error
