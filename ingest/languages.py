"""The language of a line, as far as its sentence boundaries depend on it, and the abbreviations of each language.

The stop words, and what Punkt learned of each language, are NLTK's; both come inside the llama-index-core package, so
nothing is downloaded. That package itself is not imported here.
"""

import functools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ingest.punkt import Parameters, Punkt
from vectorstore.errors import RefdeskError

ENGLISH = "english"
"""Of a line whose language nothing tells."""
_SAMPLE = 3_000
_ENGLISH_LETTERS = 0.9
_WORD = re.compile(r"[^\W\d_]{2,}|[^\W\d_\x00-\u024f]")
"""Of Latin letters no single one: too many languages have it."""
_ANYWHERE = ("al", "approx", "cf", "e.g", "etc", "i.e", "vs")
"""Short in the writings of any language."""


@dataclass(frozen=True, slots=True)
class _Short:
    """What a language's writers shorten and Punkt's newspapers did not. ``words`` are no others without their full
    stop; those with a full stop inside may be written with a space there ("z. B."). ``before_numbers`` are short only
    there ("Art. 5").
    """

    words: str
    before_numbers: str = ""


_SHORT: Mapping[str, _Short] = {
    ENGLISH: _Short(
        "ca dept dr eq fig figs i.m i.v inc incl jr mr mrs ms no nos p pp prof ref refs s.c sec sr st tab vol vs",
        "app art ch chap par",
    ),
    "german": _Short(
        "abb abs abschn allg anm bd bsp bspw bzgl bzw ca d.h dipl dr ebd eigtl einschl entspr evtl exkl ff fr gegr gem"
        " ggf ggü grds hr hrsg i.d.r ing inkl jh jhd kap lfd lt max mind mio mrd mwst nr o.ä o.g p.a pos prof rd s.o"
        " s.u sog st std str tel u.a u.ä u.u usw v.a v.chr verf vgl vors z.b z.t zz zzgl zzt",
        "abb abs anl art bd kap nr s seite tab ziff",
    ),
    "french": _Short(
        "apr av c.-à-d dr env ex mm mme mmes mlle mlles mgr nb p.ex resp st ste tél vol",
        "art chap fig n no nos p pp par t tab vol",
    ),
    "spanish": _Short(
        "a.m a.c apdo art av avda col d.c dr dra dres ed ee.uu fig gral izq núm núms p.ej p.m pág págs pról prof sr sra"
        " sras sres srta tel ud uds uu vd vol",
        "art cap fig n no p pp t tab vol",
    ),
    "italian": _Short(
        "avv cfr dott dr dr.ssa dott.ssa ecc es fig ing lett mons pag pagg pp prof prof.ssa proff rag sig sigg sig.ra"
        " tab tel",
        "art artt cap n nn p par vol",
    ),
    "portuguese": _Short(
        "av dr dra dras eng fig n.º núm pág págs p.ex prof profa sr sra sras srs tel",
        "art arts cap n no p pp vol",
    ),
    "dutch": _Short(
        "a.u.b bijv bl blz bv ca d.w.z dhr dr drs enz evt fig gem i.p.v incl ing jl max mevr min mr m.b.t m.u.v nl nr"
        " nrs o.a pag prof resp st t.a.v t/m tel vgl z.o.z",
        "art h hfst p par",
    ),
    "polish": _Short(
        "dr im inż itd itp m.in mgr np nr pkt por prof ps śp tel tj tzn tzw ul ww zob", "art rozdz rys s str"
    ),
    "russian": _Short("см напр пр рис стр табл тел т.д т.е т.к т.п", "гл с ст"),
}
_TITLES = ("डॉ", "डा", "प्रो", "د")
"""Short in scripts that have no list here."""
_STOP_WORDS_OF_OURS = {
    "polish": "aby ale być co czy dla do go i ich jak jest jego jej już lub ma może nie od oraz po przez są się ta te"
    " tego to tylko tym w we według z za ze że"
}
"""Of a language that Punkt knows and NLTK has no stop words of."""
_SOUGHT = (
    *_SHORT,
    "danish",
    "swedish",
    "norwegian",
    "finnish",
    "greek",
    "slovene",
    "turkish",
)
"""The first of those that a line has as many words of is its language."""


class LineSentences:
    """Finds the sentences of lines in one of the languages that ``language_of`` tells."""

    def __init__(self, language: str) -> None:
        short = _SHORT.get(language, _Short(""))
        words = [*_ANYWHERE, *short.words.split()]
        self._punkt = Punkt(Parameters.read(punkt_folder(language), frozenset(words)))
        never = [re.escape(word).replace(r"\.", r"\.\s?") for word in words if "." in word]
        before_numbers = "|".join(map(re.escape, short.before_numbers.split()))
        numbered = [rf"(?:{before_numbers})(?=\.\s*\d)"] if before_numbers else []
        self._short = re.compile(rf"(?<!\w)(?:{'|'.join([*never, *numbered, *_TITLES])})\.", re.IGNORECASE)

    def spans(self, line: str) -> Iterator[tuple[int, int]]:
        """Start and end of each sentence in ``line``."""
        return self._punkt.spans(self._short.sub(lambda match: match[0].replace(".", "_"), line))


sentences_of = functools.cache(LineSentences)


def punkt_folder(language: str = ENGLISH) -> Path:
    """Where the parameters for a language are. Raises RefdeskError where they are missing."""
    return _packaged(f"tokenizers/punkt_tab/{language}")


def language_of(line: str) -> str:
    """The language that most of the frequent words of ``line`` are of.

    >>> language_of("Der Antrag gilt als genehmigt."), language_of("OK")
    ('german', 'english')
    """
    languages = _languages_of_words()
    words = set(_WORD.findall(line.lower()))
    counts = Counter(language for word in words for language in languages.get(word, ()))
    return max(_SOUGHT, key=lambda language: counts[language])


def is_english(text: str) -> bool:
    """Whether ``text`` begins in English: by its frequent words, and its letters.

    >>> is_english("The gate is open."), is_english("Das Tor ist offen."), is_english("门开着。")
    (True, False, False)
    """
    letters = [character for character in text[:_SAMPLE] if character.isalpha()]
    return language_of(text[:_SAMPLE]) == ENGLISH and sum(map(str.isascii, letters)) > _ENGLISH_LETTERS * len(letters)


@functools.cache
def _languages_of_words() -> Mapping[str, tuple[str, ...]]:
    """The frequent words, each with the languages that it is one of."""
    found: dict[str, tuple[str, ...]] = {}
    for language in _SOUGHT:
        own = _STOP_WORDS_OF_OURS.get(language)
        words = own or _packaged(f"corpora/stopwords/{language}").read_text(encoding="utf-8")
        for word in words.split():
            found[word] = (*found.get(word, ()), language)
    return found


def _packaged(path: str) -> Path:
    spec = find_spec("llama_index")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        found = Path(location) / "core/_static/nltk_cache" / path
        if found.exists():
            return found
    raise RefdeskError("The sentence model is missing", where="llama-index-core", remedy="Run `make setup`.")
