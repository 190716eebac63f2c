"""Explorer pages of made-up replies."""

import io
from random import Random

from PIL import Image, ImageDraw

from video_ktr.explorer.page_data import Alternative, Completion, Frame, Page, Prompt

RATIOS = {"visual": 0.2, "temporal": 0.2, "entropy": 0.2}
SCORES = ("visual_scores", "temporal_scores", "entropy_scores")


def frames(number, *, per_slot=2):
    """Small pictures in which a square moves."""
    found = []
    for i in range(number):
        image = Image.new("RGB", (96, 64), (40, 60 + 8 * i, 90))
        ImageDraw.Draw(image).rectangle([6 * i, 20, 6 * i + 16, 36], fill=(230, 90, 60))
        target = io.BytesIO()
        image.save(target, "JPEG")
        found.append(Frame(seconds=i / 2, image=target.getvalue(), slot=i // per_slot))
    return found


def completion(tokens, *, words=None, **changes):
    """A reply whose words are its tokens, without scores unless they are given."""
    words = [[i] for i in range(len(tokens))] if words is None else words
    return Completion(tokens=tokens, words=words, **changes)


def random_scores(random, length, *, levels=None):
    """Scores at full precision, or drawn from few levels so that many are equal."""
    return [random.uniform(-1, 3) if levels is None else random.randrange(levels) / 7 for _ in range(length)]


def random_completion(random, length, *, levels=None, **changes):
    """Words ` w0 w1 ...` of one token each, with scores, probabilities and alternatives."""
    scores = {name: random_scores(random, length, levels=levels) for name in SCORES}
    log_probs = {
        name: [-random.expovariate(1) for _ in range(length)]
        for name in ("log_probs", "visual_log_probs", "temporal_log_probs")
    }
    return completion([f" w{i}" for i in range(length)], **{**scores, **log_probs, **changes})


def page(*completions, question="What moves?", shots=(), **changes):
    """One prompt with these replies."""
    prompt = Prompt(question=question, media="clip.mp4", frames=list(shots), completions=list(completions))
    return Page(**{"title": "Explorer", "prompts": [prompt], "ratios": RATIOS, "scope": "sequence", **changes})


def alternatives(*rows):
    """From (text, probability, other probability)."""
    return [Alternative(text=text, probability=p, other_probability=q) for text, p, q in rows]


def seeded(seed):
    """A generator of its own for each test."""
    return Random(seed)  # noqa: S311


def set_ratio(view, name, percent):
    """Moves a slider of an opened page."""
    view.evaluate(
        """([id, value]) => { const slider = document.getElementById(id); slider.value = value;
            slider.dispatchEvent(new Event("input", { bubbles: true })); }""",
        [f"ratio-{name}", percent],
    )
