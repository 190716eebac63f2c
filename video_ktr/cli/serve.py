"""A small web app on this machine: upload a video, ask a model, and see what the words of its reply hang on.

  video-ktr serve --model owner/model

Open the address that it prints in a browser. The page of a reply can be downloaded; uploads and pages are deleted after
an hour, and when the app ends. One question is answered at a time, up to --max-waiting others wait.

Further settings go behind, as with `video-ktr answer`: --media.KEY, --key_tokens.KEY (fields of KeyTokenConfig), ...
"""

import argparse
import os
import signal
import socket
import threading
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from video_ktr.cli.answer import (
    add_model_arguments,
    load_answerer,
    read_config,
    read_key_tokens,
    read_model_settings,
)
from video_ktr.cli.output import say
from video_ktr.cli.settings import Settings
from video_ktr.errors import ConfigError

if TYPE_CHECKING:
    from video_ktr.evaluation.answering import Answerer
    from video_ktr.explorer.upload_limits import UploadLimits

SUMMARY = "web app on this machine: upload a video, ask, see what the words hang on"
HOST, PORT = "127.0.0.1", 7860
LIMITS = {"max_upload_mb": "megabytes", "max_seconds": "seconds", "max_waiting": "waiting"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's arguments."""
    add_model_arguments(parser)
    parser.add_argument("--host", default=HOST, metavar="ADDRESS", help=f"address to listen on (default {HOST})")
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help=f"port to listen on (default {PORT})")
    parser.add_argument("--max-upload-mb", type=int, metavar="N", help="size of a video at most (default 200)")
    parser.add_argument("--max-seconds", type=float, metavar="S", help="length of a video at most (default 120)")
    parser.add_argument("--max-waiting", type=int, metavar="N", help="questions that wait at most (default 8)")


def run(arguments: argparse.Namespace, overrides: Settings) -> None:
    """Serve until Ctrl-C. Raises ConfigError before the model is loaded where that can be told."""
    from video_ktr.cli.questions import load_template
    from video_ktr.explorer.upload_limits import UploadLimits

    _require_gradio()
    _require_free(arguments.host, arguments.port)
    given = {field: value for name, field in LIMITS.items() if (value := getattr(arguments, name)) is not None}
    limits = UploadLimits(**given)
    settings = read_model_settings(arguments, overrides)
    answerer = load_answerer(read_config(settings), load_template(settings), read_key_tokens(settings))
    # A plain kill ends the app as Ctrl-C does, so that nothing of what was uploaded stays behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with TemporaryDirectory(prefix="video-ktr-serve-") as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder
        serve(answerer, limits, host=arguments.host, port=arguments.port)


def serve(answerer: "Answerer", limits: "UploadLimits", *, host: str, port: int) -> None:
    """Start the app, say where it is, and wait for Ctrl-C. Raises ConfigError when the port cannot be had."""
    from video_ktr.explorer.app import build_app, start_app

    app = build_app(answerer, limits)
    address = start_app(app, limits, host=host, port=port)
    for line in welcome(address, host):
        say(line)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        say("stopped")
    finally:
        app.close(verbose=False)


def welcome(address: str, host: str) -> list[str]:
    """What is said once the app runs: where it is, and first, where it is so, that others can reach it."""
    from video_ktr.explorer.app_guards import is_local

    line = f"open {address} in a browser; Ctrl-C ends the app"
    if is_local(host):
        return [line]
    return [f"WARNING: {host} can be reached from other machines, and whoever reaches it can use the app", line]


def _require_gradio() -> None:
    try:
        import gradio  # noqa: F401
    except ImportError as error:
        raise ConfigError("the app needs the package gradio: pip install 'video-ktr[serve]'") from error


def _require_free(host: str, port: int) -> None:
    try:
        with socket.create_server((host, port)):
            pass
    except (OSError, OverflowError) as error:
        raise ConfigError(f"{host}:{port} cannot be listened on ({error}): give another --port or --host") from error
