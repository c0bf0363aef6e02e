import pytest

from rag.grounding.checker import find_support
from vectorstore.types import Chunk

GLAUCOMA = (
    "Nearly everyone with open-angle glaucoma is treated first with eye drops. Eye drops do not cure glaucoma, but "
    "they lower the "
    "pressure in the eye by 20 to 30 percent. Lost sight does not come back.\n\nSigns of a sudden attack are:\n- "
    "severe pain\n- red eyes\n"
    "- blurred vision\n\nSurgery makes a new opening for the fluid."
)


def chunk(text: str, heading: str = "Glaucoma > How is it treated?") -> Chunk:
    return Chunk(1, 7, "Glaucoma", "/g.txt", None, 100, 100 + len(text), heading, text)


@pytest.mark.parametrize(
    "sentence",
    [
        "Nearly everyone with open-angle glaucoma is treated first with eye drops.",
        "Glaucoma is treated first with eye drops.",
        "Eye drops lower the pressure in the eye by 20 to 30 percent.",
        "Eye drops do not cure glaucoma.",
        "Surgery makes a new opening for the fluid.",
        "Signs of a sudden attack are severe pain, red eyes and blurred vision.",
    ],
)
def test_what_a_passage_says_is_supported_by_that_very_place(sentence: str) -> None:
    support = find_support(sentence, [chunk("Cats purr when they are content."), chunk(GLAUCOMA)])
    assert support is not None
    assert support.passage == 1
    quote = GLAUCOMA[support.start - 100 : support.end - 100]
    assert len(quote) < 160
    assert set(sentence.lower().split()[-1].strip(".")) <= set(quote.lower())


@pytest.mark.parametrize(
    "sentence",
    [
        "Glaucoma is treated first with surgery.",  # recombined from two sentences
        "Eye drops cure glaucoma.",  # negation dropped
        "Lost sight does come back.",
        "Surgery does not make a new opening for the fluid.",  # negation added
        "Eye drops lower the pressure in the eye by 20 to 40 percent.",  # another number
        "Latanoprost drops lower the pressure in the eye.",  # a name from nowhere
        "Eye drops lower the pressure in the eye and prevent strokes.",  # a fact added
        "Glaucoma lowers the pressure in the eye drops.",  # turned round
        "The fluid makes a new opening for surgery.",
        "The capital of France is Paris.",
        "Everyone with open-angle glaucoma is treated first with eye drops.",  # a limit dropped
        "Surgery may make a new opening for the fluid.",  # a limit added
        "Only surgery makes a new opening for the fluid.",
        "Glaucoma.",
        "",
    ],
)
def test_what_no_passage_says_is_not_supported(sentence: str) -> None:
    assert find_support(sentence, [chunk(GLAUCOMA)]) is None


def test_the_heading_may_name_the_subject_that_the_sentence_leaves_out() -> None:
    passage = chunk("It is a group of diseases that damage the optic nerve.", "Glaucoma")
    assert find_support("Glaucoma is a group of diseases that damage the optic nerve.", [passage])
    assert find_support("Cataract is a group of diseases that damage the optic nerve.", [passage]) is None
