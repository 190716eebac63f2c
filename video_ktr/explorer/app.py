"""A web app on one's own machine: upload a video, ask, and see what the reply hangs on."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from video_ktr.errors import ConfigError, VideoKTRError
from video_ktr.evaluation.answering import Answerer
from video_ktr.evaluation.own_question import question_sample
from video_ktr.explorer.app_guards import guards
from video_ktr.explorer.local_names import without_folders
from video_ktr.explorer.one_answer import explore_drawn
from video_ktr.explorer.page import render_page
from video_ktr.explorer.upload_limits import UploadLimits, require_short

PAGE_NAME = "video-ktr-reply.html"
NOTHING = ("", "", gr.update(value=None, interactive=False))
DELETE_EVERY, DELETE_AFTER = 60, 3600
"""Seconds: how often uploads and pages are looked through, and how old those are that are deleted."""


class UploadsOnly(gr.Blocks):
    """Blocks that take files the browser sent. An address in their place is refused, where Gradio would fetch it."""

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """As in Gradio, which calls it before it looks for files. Raises gr.Error for an address."""
        super().validate_inputs(block_fn, inputs)
        _require_sent(inputs)


def build_app(answerer: Answerer, limits: UploadLimits) -> gr.Blocks:
    """The app. One question is answered at a time, the others wait in line; one more than the line holds is refused.

    Uploads and pages lie in Gradio's folder (the environment variable GRADIO_TEMP_DIR) until they are deleted.
    """

    def ask(video: str | None, question: str, options: str) -> Iterator[tuple[Any, Any, Any]]:
        try:
            yield from _answered(answerer, limits, video, question, options)
        except VideoKTRError as error:
            raise gr.Error(_for_users(error, video), duration=None, print_exception=False) from error

    app: gr.Blocks = UploadsOnly(title="Video-KTR", analytics_enabled=False, delete_cache=(DELETE_EVERY, DELETE_AFTER))
    with app:
        gr.Markdown("# Video-KTR\nWhich words of a reply hang on the video, and which on the order of its frames.")
        with gr.Row():
            with gr.Column(scale=2):
                label = f"Video, at most {limits.megabytes} MB and {limits.seconds:g} seconds"
                video = gr.Video(label=label, sources=["upload"], include_audio=True)
            with gr.Column(scale=3):
                question = gr.Textbox(label="Question", max_length=4000)
                options = gr.Textbox(label="Options, one a line; none for an open question", lines=4, max_length=4000)
                button = gr.Button("Ask", variant="primary")
                reply = gr.Textbox(label="Reply", lines=4, interactive=False)
                download = gr.DownloadButton("Download the page", interactive=False)
        page = gr.HTML()
        button.click(ask, [video, question, options], [reply, page, download], api_name="ask", concurrency_limit=1)
    app.queue(max_size=limits.waiting, api_open=False)
    return app


def start_app(app: gr.Blocks, limits: UploadLimits, *, host: str, port: int) -> str:
    """Serve in threads of this process, and return the address.

    Nothing is shared or reported to anyone, and pages make no request but to this server.

    Raises ConfigError when the address or port cannot be had.
    """
    theme = gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
    try:
        _, address, _ = app.launch(
            server_name=host,
            server_port=port,
            max_file_size=limits.megabytes * 2**20,
            theme=theme,
            app_kwargs={"middleware": guards(host), "openapi_url": None},
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            inbrowser=False,
            show_error=False,
            footer_links=[],
            run_history=False,
            enable_monitoring=False,
            mcp_server=False,
            ssr_mode=False,
            pwa=False,
        )
    except OSError as error:
        raise ConfigError(f"{host}:{port} cannot be served on, the port may be taken: give another --port") from error
    return str(address)


def _answered(
    answerer: Answerer, limits: UploadLimits, video: str | None, question: str, options: str
) -> Iterator[tuple[Any, Any, Any]]:
    """Nothing of the question before, then the reply, then with it the page: (reply, page, download)."""
    yield NOTHING
    choices = [line.strip() for line in options.splitlines() if line.strip()]
    if video is None:
        raise ConfigError("there is no video: upload one first")
    require_short(Path(video), limits, answerer.model.encoder.media.time_limit_seconds)
    sample = question_sample(video, question, choices)
    drawn = answerer.draw(sample)
    output = drawn.answer.output
    yield output, *NOTHING[1:]
    html = render_page(explore_drawn(answerer, sample, drawn))
    file = save_bytes_to_cache(html.encode(), PAGE_NAME, get_upload_folder())
    yield output, framed(html), gr.update(value=file, interactive=True)


def framed(html: str) -> str:
    """A page in a frame of its own: it may run its script, but reaches neither the app nor the browser's storage."""
    style = "width: 100%; height: 90vh; border: 0"
    return f'<iframe title="Explorer" sandbox="allow-scripts" style="{style}" srcdoc="{escape(html)}"></iframe>'


def _require_sent(value: Any) -> None:
    """What the browser sent lies at a full path; Gradio itself checks that it is one of the folder of uploads."""
    if isinstance(value, dict):
        path = value.get("path")
        if isinstance(path, str) and not Path(path).is_absolute():
            raise gr.Error("addresses are not fetched: upload the video", print_exception=False)
        value = list(value.values())
    for each in value if isinstance(value, list) else []:
        _require_sent(each)


def _for_users(error: VideoKTRError, video: str | None) -> str:
    """The message with the file's own name in place of where it lies on this machine."""
    return escape(without_folders(" ".join(str(error).split()), [video] if video else []), quote=False)
