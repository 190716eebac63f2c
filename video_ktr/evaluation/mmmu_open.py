"""MMMU's rule for open questions: numbers and short texts looked for near the words that announce a result."""

import ast
import math
import re

from video_ktr.evaluation.extraction import numbers

# After the last of these words in a sentence comes the result.
_ANNOUNCING = ("could be ", "so ", "is ", "thus ", "therefore ", "final ", "answer ", "result ")
_SENTENCE_END = re.compile(r"\.\s(?=[A-Z])|\n")
_MARKS = frozenset({":", ",", ".", "!", "?", ";", "'"})
Value = str | float


def open_score(output: str, gold: str) -> float:
    """Score an answer to an open question, 0 or 1.

    The candidates are, of each sentence, the shortest part after a word such as "is", "so" or "answer" (in the last
    sentence also after "="), or the whole text where there is none; and the numbers in them. Texts are compared in
    lower case, numbers to two decimals. Right when a right text is contained in a candidate, or a right number equals
    one. `gold` may be a list written as text, "['24/7', '3.429']": any of its entries is right.
    """
    right = [value for entry in gold_entries(gold) for value in _normalised(entry)]
    right_texts = [value for value in right if isinstance(value, str)]
    for candidate in _candidates(output):
        for value in _normalised(candidate):
            if isinstance(value, str) and any(text in value for text in right_texts):
                return 1.0
            if isinstance(value, float) and value in right:
                return 1.0
    return 0.0


def gold_entries(gold: str) -> list[str]:
    """The right answers of an open question; a malformed list gives what stands in its quotation marks."""
    text = gold.strip()
    if not text.startswith("["):
        return [text]
    try:
        entries = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        entries = re.findall(r"'([^']*)'", text)
    flat = [str(entry).strip() for entry in entries] if isinstance(entries, list | tuple) else []
    return [entry for entry in flat if entry] or [text]


def _candidates(output: str) -> list[str]:
    text = output.strip().strip(".")
    sentences = [sentence.strip().lower() for sentence in _SENTENCE_END.split(text)]
    announced = []
    for place, sentence in enumerate(sentences):
        words = (*_ANNOUNCING, "=") if place == len(sentences) - 1 else _ANNOUNCING
        parts = [sentence.rpartition(word)[2].strip() for word in words if word in sentence]
        parts = [part for part in parts if part and part not in _MARKS]
        if parts:
            announced.append(min(parts, key=len))
    found = announced or [text.lower()]
    return [*found, *(number for part in found for number in numbers(part))]


def _normalised(text: str) -> list[Value]:
    """A number to two decimals, or the text in lower case; one character is looked for as a word of its own."""
    plain = text.strip().lower()
    try:
        number = float(plain.replace(",", ""))
    except ValueError:
        number = math.nan
    if math.isfinite(number):
        return [round(number, 2)]
    return [f" {plain}", f"{plain} "] if len(plain) == 1 else [plain] if plain else []
