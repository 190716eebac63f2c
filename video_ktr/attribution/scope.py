"""What tokens compete within: their own completion, or all completions of their prompt.

Letters: B rows (completions), T completion tokens, U units that are ranked together, L tokens of a unit.
"""

from typing import Literal

from torch import Tensor

from video_ktr.attribution.checks import require_choice
from video_ktr.errors import ConfigError

SelectionScope = Literal["sequence", "group"]


def rows_to_units(values_BT: Tensor, scope: SelectionScope, group_size: int | None) -> Tensor:
    """View rows as the units whose tokens compete with one another: each row, or each block of `group_size` rows.

    With scope "group" and no `group_size`, all rows are the completions of one prompt, as in the released code.

    Returns:
        (U, L): (B, T) for "sequence", (B / group_size, group_size * T) for "group".

    Raises:
        ConfigError: unknown scope, or a `group_size` that is below 1 or does not divide B.
    """
    require_choice("scope", scope, SelectionScope)
    if scope == "sequence":
        return values_BT
    rows, tokens = values_BT.shape
    group_size = rows if group_size is None else group_size
    if not rows:
        return values_BT
    if group_size < 1:
        raise ConfigError(f"group_size is {group_size}; it is the completions per prompt, 1 or more")
    if rows % group_size:
        raise ConfigError(f"{rows} rows cannot be cut into groups of {group_size}; give whole groups to the selection")
    return values_BT.reshape(rows // group_size, group_size * tokens)
