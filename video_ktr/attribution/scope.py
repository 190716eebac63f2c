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

    Returns:
        (U, L): (B, T) for "sequence", (B / group_size, group_size * T) for "group".

    Raises:
        ConfigError: unknown scope, or a group scope whose `group_size` is missing or does not divide B.
    """
    require_choice("scope", scope, SelectionScope)
    if scope == "sequence":
        return values_BT
    rows, tokens = values_BT.shape
    if group_size is None or group_size < 1:
        raise ConfigError(f"scope 'group' needs group_size, the completions per prompt (1 or more); got {group_size}")
    if rows % group_size:
        raise ConfigError(f"{rows} rows cannot be cut into groups of {group_size}; give whole groups to the selection")
    return values_BT.reshape(rows // group_size, group_size * tokens)
