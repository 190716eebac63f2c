"""Entry point of `video-ktr`: reads the arguments, runs one verb, turns the user's mistakes into one line."""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from video_ktr import __version__
from video_ktr.cli import (
    analyze,
    answer,
    compare,
    data,
    doctor,
    evaluate,
    explore,
    export,
    quickstart,
    report,
    score,
    serve,
    sft,
    study,
    train,
)
from video_ktr.cli import filter as filter_verb
from video_ktr.cli.parts import add_parts
from video_ktr.cli.settings import parse_overrides
from video_ktr.errors import VideoKTRError

VERBS = {
    "quickstart": quickstart,
    "sft": sft,
    "train": train,
    "study": study,
    "data": data,
    "filter": filter_verb,
    "evaluate": evaluate,
    "answer": answer,
    "explore": explore,
    "serve": serve,
    "score": score,
    "compare": compare,
    "report": report,
    "analyze": analyze,
    "export": export,
    "doctor": doctor,
}
USER_MISTAKE, INTERRUPTED, PIPE_CLOSED = 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code.

    0 done; 2 a mistake the user can mend, told in one line on the error stream; 130 stopped with Ctrl-C; 141 the
    reader of the output went away. Anything else that goes wrong is a defect and keeps its traceback.
    """
    arguments, rest = build_parser().parse_known_args(argv)
    # Notices of libraries to their own callers: nothing that the user of a command can act on.
    warnings.simplefilter("ignore", FutureWarning)
    try:
        VERBS[arguments.verb].run(arguments, parse_overrides(rest))
    except VideoKTRError as error:
        sys.stderr.write(f"video-ktr {arguments.verb}: {' '.join(str(error).split())}\n")
        return USER_MISTAKE
    except KeyboardInterrupt:
        sys.stderr.write("stopped; the same command goes on where it was\n")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has had enough (head, less). What is still to be flushed goes nowhere, without a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return 0


def build_parser() -> argparse.ArgumentParser:
    """The parser of all verbs; what it does not know is left over as overrides of settings."""
    parser = argparse.ArgumentParser(prog="video-ktr", description="Train video language models on key tokens.")
    parser.add_argument("--version", action="version", version=f"video-ktr {__version__}")
    add_parts(parser, VERBS, "verb")
    return parser


if __name__ == "__main__":
    sys.exit(main())
