from video_ktr.study.arm_tables import accuracy_table, cell_table, cost_table, curve_table, label


def row(table, name):
    (found,) = [dict(zip(table.columns, row, strict=True)) for row in table.rows if row[0].split(" ")[0] == name]
    return found


def test_accuracy_by_hand(plan, all_cells, cell):
    changed = [*all_cells[:-1], cell("random", "b", 1, [1, 1, 1, 1])]
    table = accuracy_table(plan, [cell("start", "a", 0, [0, 1, 0, 1]), *changed])
    assert row(table, "ktr") == {
        "arm": "ktr",
        "cells": "4",
        "all": "75.0",
        "SD of cells": "0.0",
        "motion": "100.0",
        "order": "50.0",
        "right format": "100.0",
    }
    # 25, 25, 25, 100: mean 43.75, deviation 37.5
    assert (row(table, "random")["all"], row(table, "random")["SD of cells"]) == ("43.8", "37.5")
    assert (row(table, "start")["order"], row(table, "start")["SD of cells"]) == ("100.0", "-")


def test_parts_in_the_study(plan):
    assert [label(plan, name) for name in ("grpo", "ktr", "random", "start")] == [
        "grpo (baseline)",
        "ktr",
        "random (control)",
        "start (untrained)",
    ]


def test_cost_by_hand(plan, all_cells, cell):
    # 4 seconds for 2 steps
    assert row(cost_table(plan, all_cells), "ktr")["a step, s"] == "2.00"
    assert row(cost_table(plan, all_cells[:1]), "ktr")["a step, s"] == "-"
    assert row(cost_table(plan, [cell("ktr", "a", 0, [1], curve=())]), "ktr")["a step, s"] == "2.00"


def test_curves_by_hand(plan, all_cells):
    assert row(curve_table(plan, all_cells), "grpo") == {
        "arm": "grpo (baseline)",
        "cells": "4",
        "mean height": "0.500",
        "SD of cells": "0.000",
        "metric": "rewards/accuracy_reward/mean",
    }


def test_every_cell_has_its_row(all_cells):
    table = cell_table(all_cells)
    assert len(table.rows) == len(all_cells) == 12
    assert table.rows[0] == ["grpo", "a", "0", "4", "25.0", "50.0", "0.0", "100.0", "0.500", "4.0"]
