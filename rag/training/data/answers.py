"""What is wrong with the answers that a generator is to learn: it would learn that too."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from rag.training.data.samples import Sample

_MARKS = re.compile(
    r"<\|[\w ]{1,40}\|>|\[/?INST\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>|</?think>|"
    r"^\s*#{2,3}\s*(?:Response|Instruction|Input|Human|Assistant|User|System|Answer|Question)\s*:|"
    r"^\s*(?:Assistant|AI|Bot|ChatGPT|Human|User)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_TAGS = re.compile(
    r"</?(?:p|br|div|span|b|i|u|strong|em|ul|ol|li|a|table|thead|tbody|tr|t[dh]|h[1-6]|img|font|pre|code|blockquote|html|"
    r"body|hr|script|style)\b[^<>]*>|&(?:nbsp|amp|lt|gt|quot|apos|#\d{1,6});",
    re.IGNORECASE,
)
_ENDS = re.compile(r"[.!?…。！？؟।:;)\]}»”’\"'*_`|>]$")
_SENTENCE_ENDS = re.compile(r"[.!?。！？؟।][\"”»’)]*\s+\S")
_LISTED = re.compile(r"\s*(?:[-*•–]|\d+[.)])\s")
_OPEN = re.compile(r"[,(\[{„«“–—-]$")
_CANNOT_END = frozenset(
    """
    a an the and or but nor because although of to with for from by at as than which who whose is are was were
    der die das den dem des ein eine einen einem einer und oder aber sowie mit von für zu bei aus nach ist sind
    le la les un une et ou mais de du des avec pour par dans sur est sont
    el los las una y o pero del con por para en es son il lo gli e ma di che per è sono
    het een en of maar van met voor op is zijn uma os as e ou mas do da com por em
    """.split()
)
"""Words after which no sentence ends."""
_FEWEST_WORDS = 4
_ONE_ANSWER = 0.25
"""The share of the samples that is too much for one and the same answer."""
_FEWEST_ALIKE = 5
_LONGEST_SHOWN = 60


def doubts_of_answers(samples: Sequence[Sample]) -> Iterator[tuple[str, list[str]]]:
    """What is wrong, and the places of the samples of which it is, in the order of the samples."""
    chats = [sample for sample in samples if sample.answer]
    asked: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for sample in chats:
        prompt = _key("\n".join(turn["content"] for turn in sample.prompt))
        asked[prompt][_key(sample.answer)].append(sample.place)
        said[_key(sample.answer)][prompt].append(sample.place)
    yield (
        "One question with several answers",
        [place for answers in asked.values() if len(answers) > 1 for places in answers.values() for place in places],
    )
    shown = {_key(sample.answer): sample.answer for sample in chats}
    for answer, prompts in said.items():
        if len(prompts) >= max(_FEWEST_ALIKE, _ONE_ANSWER * len(chats)):
            places = [place for of_one in prompts.values() for place in of_one]
            yield f'One answer to many questions ("{_shortened(shown[answer])}")', places
    yield from _marked(chats)
    yield "Answers that break off in mid-sentence", [s.place for s in chats if _breaks_off(s.answer)]


def _marked(chats: Sequence[Sample]) -> Iterator[tuple[str, list[str]]]:
    for what, pattern in (("Chat marks left in answers", _MARKS), ("HTML left in answers", _TAGS)):
        found = {sample.place: marks for sample in chats if (marks := _found(pattern, sample))}
        kinds = dict.fromkeys(mark for marks in found.values() for mark in marks)
        yield f"{what} ({', '.join(list(kinds)[:3])})", list(found)


def _found(pattern: re.Pattern[str], sample: Sample) -> list[str]:
    answers = [turn["content"] for turn in sample.messages if turn["role"] == "assistant"]
    text = "\n".join(_CODE.sub("", answer) for answer in answers)
    return [match.group().strip() for match in pattern.finditer(text)]


def _breaks_off(answer: str) -> bool:
    """Whether an answer ends where no sentence does, or without an end after sentences that have one."""
    if answer.count("```") % 2:
        return True
    text = _TAGS.sub(" ", _MARKS.sub(" ", answer)).strip()
    last = text.rpartition("\n")[2]
    words = last.split()
    if _OPEN.search(text) and len(words) >= _FEWEST_WORDS:
        return True
    if _ENDS.search(text) or _LISTED.match(last) or len(words) < _FEWEST_WORDS:
        return False
    return words[-1].lower() in _CANNOT_END or bool(_SENTENCE_ENDS.search(last))


def _key(text: str) -> str:
    """Letter case, the number of blanks and the end of a sentence aside."""
    return " ".join(text.lower().split()).rstrip(" .!?")


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_SHOWN else line[:_LONGEST_SHOWN].rpartition(" ")[0] + " …"
