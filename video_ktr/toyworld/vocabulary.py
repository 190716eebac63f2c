"""Every word the toy language can say: those after a space, and those that open a turn."""

from video_ktr.toyworld.chains import ARTICLES, CONCLUDERS, CONNECTORS, GROUNDED_OPENERS, INVENTED_OPENERS
from video_ktr.toyworld.questions import ANSWERS_OF_TYPE, LETTERS, ORDINALS, QUESTION_TYPES, questions_about
from video_ktr.toyworld.world import COLOURS, DIRECTIONS, SHAPES

ROLES = ("system", "user", "assistant")
TAGS = ("<think>", "</think>", "<answer>", "</answer>")
PUNCTUATION = (",", ".", "?")

# The classes that tests and reports group tokens by; a word of no class is a template word.
WORD_CLASSES: dict[str, frozenset[str]] = {
    "colour": frozenset(COLOURS),
    "shape": frozenset(SHAPES),
    "direction": frozenset(DIRECTIONS),
    "number": frozenset(ANSWERS_OF_TYPE["count"]) - frozenset(ARTICLES),
    "opener": frozenset(GROUNDED_OPENERS + INVENTED_OPENERS),
    "article": frozenset(ARTICLES),
    "connector": frozenset(CONNECTORS),
    "concluder": frozenset(CONCLUDERS),
    "letter": frozenset(LETTERS),
    "tag": frozenset(TAGS),
    "punctuation": frozenset(PUNCTUATION),
}


def word_class(token: str) -> str:
    """The class of one decoded token ("colour" for " red"), "template" for words such as "after" and "is"."""
    word = token.strip()
    return next((name for name, words in WORD_CLASSES.items() if word in words), "template")


def words() -> list[str]:
    """All words of questions, options and chains, sorted."""
    questions = [question for kind in QUESTION_TYPES for question in questions_about(kind)]
    found = {word for question in questions for word in question.text.split()}
    found |= {word for question in questions for option in question.options for word in option.split()}
    found |= set(ORDINALS) | {"there", "are", "it", "moves", "is", "after"}
    for group in (GROUNDED_OPENERS, INVENTED_OPENERS, CONNECTORS, ARTICLES, CONCLUDERS, PUNCTUATION):
        found |= set(group)
    return sorted(found)


def first_words() -> list[str]:
    """Words that open a turn and so follow no space: roles and question words."""
    opening = {question.text.split()[0] for kind in QUESTION_TYPES for question in questions_about(kind)}
    return sorted(opening | set(ROLES))
