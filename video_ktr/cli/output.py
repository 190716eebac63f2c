"""Where results and messages of the verbs go."""

import sys


def say(text: str) -> None:
    """Write one line of a verb's result to the standard output."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
