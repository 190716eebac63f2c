"""How signals look: a colour each, and a mark that says the same without colour."""

COLOURS = {"visual": "#e69f00", "temporal": "#56b4e9", "entropy": "#cc79a7"}
"""Okabe and Ito's palette, told apart with any colour vision; black text is readable on each."""
MARKS = {"visual": "ᵛ", "temporal": "ᵗ", "entropy": "ᵘ"}
