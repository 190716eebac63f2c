"""Parts of speech of text, as spans of characters: by spaCy, or offline by the word list that TextBlob brings.

Tags are the universal ones (https://universaldependencies.org/u/pos).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from video_ktr.analysis.words import APOSTROPHE
from video_ktr.errors import ConfigError

UNIVERSAL = (
    *("NOUN", "PROPN", "VERB", "AUX", "PRON", "ADJ", "ADV", "DET", "ADP", "NUM"),
    *("CCONJ", "SCONJ", "PART", "INTJ", "X", "PUNCT", "SYM"),
)
SPACY_MODEL = "en_core_web_sm"
_INSTALL = f"python -m spacy download {SPACY_MODEL}"
_UNUSED = ("parser", "senter", "ner", "entity_linker", "lemmatizer", "textcat")

PENN = {
    **dict.fromkeys(("NN", "NNS"), "NOUN"),
    **dict.fromkeys(("NNP", "NNPS"), "PROPN"),
    **dict.fromkeys(("VB", "VBD", "VBG", "VBN", "VBP", "VBZ"), "VERB"),
    **dict.fromkeys(("PRP", "PRP$", "WP", "WP$", "EX"), "PRON"),
    **dict.fromkeys(("JJ", "JJR", "JJS"), "ADJ"),
    **dict.fromkeys(("RB", "RBR", "RBS", "WRB"), "ADV"),
    **dict.fromkeys(("DT", "PDT", "WDT"), "DET"),
    **dict.fromkeys(("IN", "RP"), "ADP"),
    **dict.fromkeys(("TO", "POS"), "PART"),
    "MD": "AUX",
    "CD": "NUM",
    "CC": "CCONJ",
    "UH": "INTJ",
}
"""Penn tags of words as universal ones; any other, such as FW, is X. The exceptions are in `_universal`."""
_ALWAYS = {
    **dict.fromkeys(("be", "am", "is", "are", "was", "were", "been", "being", "'m", "'re", "'ve", "'d"), "AUX"),
    **dict.fromkeys(("not", "n't"), "PART"),
}
_SUBORDINATE = frozenset(("although", "because", "if", "that", "though", "unless", "whereas", "whether", "while"))
_PIECE = re.compile(
    r"[^\W\d_]+?(?=n't\b)|n't\b|(?<=\w)'(?:s|m|re|ve|ll|d)\b|\d+(?:[.,]\d+)*|\w+|([^\w\s])\1*|\n", re.IGNORECASE
)


class Tagged(NamedTuple):
    """A span of characters, the end one after its last, and its universal part of speech."""

    start: int
    end: int
    pos: str


class Tagger(Protocol):
    """Gives each text's words and punctuation marks, in order and without overlap; white space belongs to none."""

    name: str
    """What the report calls it."""
    note: str
    """What a reader must know of its tags; one or two sentences."""

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        """The spans of each text, in the order of the texts."""


class SpacyTagger:
    """A spaCy pipeline.

    Args:
        model: Name of an installed pipeline, or the path of one.

    Raises:
        ConfigError: spaCy or the pipeline is missing, cannot be loaded, or gives no parts of speech.
    """

    def __init__(self, model: str):
        try:
            import spacy
        except ImportError as error:
            raise ConfigError("parts of speech need spaCy: pip install 'video-ktr[analysis]'") from error
        try:
            self._pipeline: Any = spacy.load(model, exclude=list(_UNUSED))
            probe = [token.pos_ for token in self._pipeline("The dog runs.")]
        except (OSError, ImportError, ValueError, KeyError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
            raise ConfigError(
                f"pos model {model!r} cannot be loaded ({reason}); install one: {_INSTALL}, or give the path of one"
            ) from error
        if not any(probe):
            raise ConfigError(f"pos model {model!r} gives no parts of speech; install one that does: {_INSTALL}")
        meta = self._pipeline.meta
        self.name = f"spaCy {meta['lang']}_{meta['name']} {meta['version']}"
        self.note = "A piece that the pipeline leaves without a part of speech counts as X."

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        """See `Tagger`."""
        for document in self._pipeline.pipe(texts, batch_size=64):
            yield [
                Tagged(token.idx, token.idx + len(token), token.pos_ or "X")
                for token in document
                if not token.text.isspace()
            ]


class PatternTagger:
    """The English word list and suffix and context rules of pattern, which TextBlob ships: nothing to download.

    The text is cut by our own rule, so that each piece keeps its place: words, "n't" and "'s" by themselves, numbers,
    and runs of one punctuation mark. Penn tags become universal ones by `PENN`; further, forms of "be", "'ve" and "'d"
    are AUX, "not" is PART, "'s" behind a pronoun is AUX, nine conjunctions are SCONJ, and digits are NUM. What holds
    no letter or digit is PUNCT, or SYM, by its Unicode category.

    Raises:
        ConfigError: TextBlob is not installed.
    """

    name = "TextBlob's pattern lexicon"
    note = (
        f"It stands in for spaCy's {SPACY_MODEL}, which is not installed ({_INSTALL}). It looks words up in an English "
        "word list and mends tags by a few rules: unknown words become nouns, auxiliary have and do count as VERB, and "
        "this and which as DET. Its shares are coarser, and not comparable with those of spaCy."
    )

    def __init__(self) -> None:
        try:
            from textblob.en import parser
        except ImportError as error:
            raise ConfigError("parts of speech need spaCy or TextBlob: pip install 'video-ktr[analysis]'") from error
        self._parser: Any = parser

    def tag(self, texts: Iterable[str]) -> Iterator[list[Tagged]]:
        """See `Tagger`."""
        for text in texts:
            yield [tagged for sentence in _sentences(text) for tagged in self._tag_sentence(sentence)]

    def _tag_sentence(self, pieces: list[re.Match[str]]) -> list[Tagged]:
        words = [piece[0] for piece in pieces]
        (tagged,) = self._parser.parse([words], tokenize=False, chunks=False, collapse=False)
        befores = ["", *(tag for _, tag in tagged[:-1])]
        return [
            Tagged(*piece.span(), _universal(word, penn, before))
            for piece, word, (_, penn), before in zip(pieces, words, tagged, befores, strict=True)
        ]


def load_tagger(model: str | None = None) -> Tagger:
    """The spaCy pipeline `model`; without one `en_core_web_sm` where it is installed, else `PatternTagger`.

    Raises ConfigError when the pipeline cannot be loaded: a broken one is not passed over.
    """
    if model is not None:
        return SpacyTagger(model)
    try:
        from spacy.util import is_package
    except ImportError:
        return PatternTagger()
    return SpacyTagger(SPACY_MODEL) if is_package(SPACY_MODEL) else PatternTagger()


def _sentences(text: str) -> Iterator[list[re.Match[str]]]:
    """The pieces of each sentence, which ends at ".", "!", "?" or a line break."""
    sentence: list[re.Match[str]] = []
    # The lexicon knows the straight apostrophe only; both are one character.
    for piece in _PIECE.finditer(text.replace(APOSTROPHE, "'")):
        if piece[0] != "\n":
            sentence.append(piece)
        if piece[0][0] in ".!?\n" and sentence:
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _universal(word: str, penn: str, before: str) -> str:
    """`penn` as a universal tag; `before` is the Penn tag of the piece before, "" at the start of a sentence."""
    if not any(map(str.isalnum, word)):
        kind = unicodedata.category(word[0])[0]
        return {"P": "PUNCT", "S": "SYM"}.get(kind, "X")
    if word[0].isdecimal():
        return "NUM"
    lower = word.lower()
    if lower == "'s" and before in ("PRP", "EX", "WP", "WRB"):
        return "AUX"
    if lower in _SUBORDINATE and penn == "IN":
        return "SCONJ"
    # Rare tags of the lexicon join several: "NN|CD" is taken as its first.
    return _ALWAYS.get(lower) or PENN.get(penn.partition("|")[0], "X")
