"""Which generation of a run this is."""


class GenerationCount:
    """Numbers generations by optimizer step and place in it, so that a resumed run comes to the same numbers.

    Example:
        Two generations a step: (0, 0), (0, 1), (1, 0), (1, 1).
    """

    def __init__(self) -> None:
        self._last = (-1, 0)

    def following(self, step: int) -> tuple[int, int]:
        """The number of the generation that begins at optimizer step `step`."""
        last, count = self._last
        self._last = (step, count + 1 if step == last else 0)
        return self._last
