"""Verbs, and the parts of a verb: modules with SUMMARY, add_arguments and run, each behind a name."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any


class PartParser(argparse.ArgumentParser):
    """A parser that leaves over what it does not know, for settings, each value with its key.

    argparse leaves over the key alone and takes the value for an argument without a name, where one is still wanting.
    """

    def parse_known_args(  # type: ignore[override]  # one of the library's overloads, the one it calls itself
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """As the library's, after each unknown key was joined with its value."""
        if args is not None and self._subparsers is None:
            args = self._joined(args)
        return super().parse_known_args(args, namespace)

    def _joined(self, words: Sequence[str]) -> list[str]:
        joined: list[str] = []
        key_waits = False
        for word in words:
            is_key = word.startswith("--")
            if key_waits and not is_key:
                joined[-1] += f"={word}"
            else:
                joined.append(word)
            key_waits = is_key and word != "--" and "=" not in word and word not in self._option_string_actions
        return joined


def add_parts(parser: argparse.ArgumentParser, modules: Mapping[str, Any], dest: str) -> None:
    """Let `parser` take one of the names, each with the arguments of its module; the name goes to `dest`."""
    parts = parser.add_subparsers(dest=dest, required=True, metavar=dest.upper(), parser_class=PartParser)
    for name, module in modules.items():
        part = parts.add_parser(
            name,
            help=module.SUMMARY,
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(part)
