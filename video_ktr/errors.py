"""The mistakes a user can make, as three exceptions.

Each message is one plain line: what was wrong, where, and what to do. The command line prints it and exits with
code 2; anything else that is raised is a defect of ours and keeps its traceback.
"""


class VideoKTRError(Exception):
    """Parent of the errors that are the user's to mend."""


class ConfigError(VideoKTRError, ValueError):
    """A setting is unknown, out of range, or clashes with another."""


class DataError(VideoKTRError, ValueError):
    """A record or a file of records cannot be used."""


class MediaError(VideoKTRError, ValueError):
    """A video or an image is missing, corrupt or not usable."""
