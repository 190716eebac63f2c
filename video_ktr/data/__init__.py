"""Questions, prompts and media: from files to what a processor takes.

Import the modules themselves (``video_ktr.data.sample``, ``.prompts``, ``.media``), so that reading a question file
does not load the video decoder.
"""
