"""A leaflet with something in every form that text can have, and what an answer takes from it."""

from rag.types import Form

WASH, LOOK, CLOSE = (
    "1. Wash your hands.",
    "2. Look up, and let one drop fall into the lower lid.",
    "3. Keep the eye closed for two minutes.",
)
ONCE, BETA = "- Prostaglandins, once a day", "- Beta blockers, not for people with asthma"
LATANOPROST, TIMOLOL = "Drops: Latanoprost; A day: 1; Sting: a little.", "Drops: Timolol; A day: 2; Sting: no."
FRAME = "trial frame\n\nA pair of spectacles into which glasses of any strength are put to find those that fit an eye."
CODE = "if pressure > 21:\n    measure(again=True)"
MILD = (
    "Side effects are usually mild: the eye may burn, itch or water for a few minutes after the drop has fallen, and "
    "its lashes may grow longer and darker over some months."
)
ELSEWHERE = (
    "Whoever notices that breathing or the heart has changed tells the doctor on the same day, as drops may reach the "
    "rest of the body through the nose."
)
SHEET = (WASH, LOOK, CLOSE, ONCE, BETA, LATANOPROST, TIMOLOL, FRAME, CODE, f"{MILD} {ELSEWHERE}")

FORMS: tuple[tuple[Form, str, tuple[str, ...]], ...] = (
    ("step", "Putting them in", (WASH, LOOK, CLOSE)),
    ("item", "Kinds", (ONCE, BETA)),
    ("row", "Kinds", (LATANOPROST, TIMOLOL)),
    ("entry", "", (FRAME,)),
    ("code", "", (CODE,)),
    ("prose", "Side effects", (MILD, ELSEWHERE)),
)
"""Runs of the sheet's sentences: their form, whose they are, and their texts."""
