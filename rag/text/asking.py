"""The closed classes of words that questions are built of, by language: what splits one into the things it asks."""

import re
from dataclasses import dataclass, field

from rag.text.lexicon import Words, words

_NONE: Words = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Words in lower case.

    ``interrogatives`` ask for something, some of them with a ``degrees`` after them ("how long"); ``auxiliaries`` begin
    a question that is answered by yes or no, ``imperatives`` one that is no question by its form. ``joints`` join what
    is asked for side by side, ``choices`` what is to be chosen from. ``pronouns`` and ``possessives`` stand for what
    was named before; ``articles`` and ``prepositions`` are what they are, and ``binding`` those prepositions that say
    whose or of what ("of").

    Of comparisons: ``between`` stands before what is compared, ``comparing`` are words that ask for one, ``alike``
    those that do so of two things, ``against`` joins the two sides after them, ``versus`` does so anywhere, ``than``
    follows a comparative, of which ``more`` are those that no ending tells. ``what_is`` asks for a thing as a whole,
    ``of`` binds what is asked to it.
    """

    interrogatives: Words
    degrees: Words = _NONE
    auxiliaries: Words
    imperatives: Words
    joints: Words
    choices: Words
    pronouns: Words
    possessives: Words
    articles: Words
    prepositions: Words
    binding: Words
    between: Words
    comparing: Words
    alike: Words = _NONE
    against: Words
    versus: Words
    than: Words
    more: Words
    what_is: str
    of: str
    telling: Words = field(init=False)
    """The words by which the language is told."""

    def __post_init__(self) -> None:
        told = (
            self.interrogatives
            | self.auxiliaries
            | self.imperatives
            | self.joints
            | self.pronouns
            | self.possessives
            | self.articles
            | self.prepositions
            | self.between
            | self.comparing
            | self.alike
        )
        object.__setattr__(self, "telling", told)


ENGLISH = Asking(
    interrogatives=words(
        "what which who whom whose when where why how what's who's where's how's whats whos wheres hows"
    ),
    degrees=words("many much long often far old big large high low fast soon early late deep heavy well wide tall"),
    auxiliaries=words(
        """
        is are was were am do does did can could may might must shall should will would has have had
        isn't aren't wasn't don't doesn't didn't can't couldn't won't
        """
    ),
    imperatives=words("tell explain describe list name give show define compare summarise summarize find outline"),
    joints=words("and & plus"),
    choices=words("or"),
    pronouns=words("it they them he she him this that these those one i you we me us there"),
    possessives=words("its their his her my your our"),
    articles=words("the a an"),
    prepositions=words(
        "of for in on at to by with from about into under during against within without as between near after before"
    ),
    binding=words("of for about"),
    between=words("between"),
    comparing=words(
        """
        difference differences compare compares compared comparison contrast distinguish distinguishes distinction
        similarity similarities
        """
    ),
    alike=words("differ differs different similar alike common same"),
    against=words("and & with to from against"),
    versus=words("vs vs. versus"),
    than=words("than"),
    more=words("more less fewer better worse"),
    what_is="What is {}?",
    of="of",
)
GERMAN = Asking(
    interrogatives=words(
        "was wer wen wem wessen wann wo wohin woher warum wieso weshalb wie welche welcher welches welchen welchem"
        " wofür womit wodurch worin woran worauf wozu wovon wieviel"
    ),
    degrees=words("viel viele lange oft weit alt hoch groß schnell schwer tief teuer"),
    auxiliaries=words(
        """
        ist sind war waren bin hat haben hatte kann können konnte darf dürfen muss müssen soll sollen sollte will wollen
        wird werden wurde wurden gibt
        """
    ),
    imperatives=words("nenne erkläre beschreibe zeige sag liste vergleiche fasse"),
    joints=words("und &"),
    choices=words("oder"),
    pronouns=words("sich er sie es ihn ihm ihnen dies dieser dieses diese man ich du wir ihr mir uns das"),
    possessives=words("sein seine seiner seinen seinem seines ihre ihrer ihren ihrem ihres mein meine unser unsere"),
    articles=words("der die das den dem des ein eine einen einem einer eines"),
    prepositions=words("von vom für in im am an auf zu zum zur mit bei aus über nach durch gegen während ohne"),
    binding=words("von vom für über"),
    between=words("zwischen"),
    comparing=words("unterschied unterschiede unterscheiden unterscheidet vergleich vergleiche vergleichen"),
    alike=words("gemeinsam gleich anders"),
    against=words("und & mit von"),
    versus=words("vs vs. versus gegenüber"),
    than=words("als"),
    more=words("mehr weniger besser"),
    what_is="Was ist {}?",
    of="von",
)
FRENCH = Asking(
    interrogatives=words(
        "que quoi qui quand où pourquoi comment combien quel quelle quels quelles qu'est-ce lequel laquelle"
    ),
    auxiliaries=words("est sont était a ont peut peuvent doit doivent faut est-ce existe-t-il puis-je"),
    imperatives=words("explique expliquez décris décrivez liste nomme cite citez compare comparez résume résumez"),
    joints=words("et &"),
    choices=words("ou"),
    pronouns=words("se il elle ils elles le la les lui leur ce cela ça on je tu nous vous y en"),
    possessives=words("son sa ses leur leurs mon ma mes notre nos votre vos"),
    articles=words("le la les un une des du l' d'"),
    prepositions=words("de du des d' pour dans en à au aux sur par avec sans chez contre pendant selon"),
    binding=words("de du des d' pour sur"),
    between=words("entre"),
    comparing=words("différence différences diffère diffèrent compare comparez comparer comparaison"),
    against=words("et & à avec de"),
    versus=words("vs vs. versus"),
    than=words("que"),
    more=words("plus moins mieux meilleur meilleure pire"),
    what_is="Qu'est-ce que {} ?",
    of="de",
)
SPANISH = Asking(
    interrogatives=words(
        "qué quién quiénes cuándo dónde cómo cuánto cuánta cuántos cuántas cuál cuáles adónde que quien cuando donde"
        " como cuanto cuantos cual cuales porqué"
    ),
    auxiliaries=words("es son está están era fue ha han puede pueden puedo debe deben debo hay tiene tienen"),
    imperatives=words("explica explique describe describa enumera nombra compara compare resume resuma dime"),
    joints=words("y e &"),
    choices=words("o u"),
    pronouns=words("él ella ellos ellas lo la los las le les se esto eso este ese yo tú nosotros ello"),
    possessives=words("su sus mi mis tu tus nuestro nuestra nuestros nuestras"),
    articles=words("el la los las un una unos unas del al"),
    prepositions=words("de del para por en a al con sin sobre según durante contra desde hasta"),
    binding=words("de del para sobre"),
    between=words("entre"),
    comparing=words("diferencia diferencias difiere difieren compara compare comparar comparación"),
    against=words("y e & con de"),
    versus=words("vs vs. versus"),
    than=words("que"),
    more=words("más menos mejor peor mayor menor"),
    what_is="¿Qué es {}?",
    of="de",
)
ITALIAN = Asking(
    interrogatives=words("che cosa chi quando dove perché come quanto quanta quanti quante quale quali cos'è dov'è"),
    auxiliaries=words("è sono era ha hanno può possono posso deve devono devo c'è esiste"),
    imperatives=words("spiega spieghi descrivi elenca nomina confronta riassumi dimmi"),
    joints=words("e ed &"),
    choices=words("o od oppure"),
    pronouns=words("esso essa essi lui lei loro lo la li gli ne ciò questo quello io tu noi si"),
    possessives=words("suo sua suoi sue loro mio mia nostro nostra"),
    articles=words("il lo la i gli le un uno una l' dell' del della dei degli delle"),
    prepositions=words("di del della dei degli delle dell' per in nel nella da dal a al con su sul sulla senza contro"),
    binding=words("di del della dei degli delle dell' per"),
    between=words("tra fra"),
    comparing=words("differenza differenze differisce differiscono confronta confronto confrontare"),
    against=words("e ed & con da"),
    versus=words("vs vs. versus"),
    than=words("di che"),
    more=words("più meno meglio migliore peggio maggiore"),
    what_is="Che cos'è {}?",
    of="di",
)
PORTUGUESE = Asking(
    interrogatives=words("que quê quem quando onde como quanto quanta quantos quantas qual quais porque porquê"),
    auxiliaries=words("é são está estão era foi há pode podem posso deve devem devo tem têm existe"),
    imperatives=words("explique explica descreva descreve liste compare resuma diga"),
    joints=words("e &"),
    choices=words("ou"),
    pronouns=words("ele ela eles elas isso isto este esse eu nós se lhe"),
    possessives=words("seu sua seus suas meu minha nosso nossa dele dela deles delas"),
    articles=words("o a os as um uma uns umas"),
    prepositions=words("de do da dos das para por pelo pela em no na nos nas com sem sobre ao à durante contra"),
    binding=words("de do da dos das para sobre"),
    between=words("entre"),
    comparing=words("diferença diferenças difere diferem compare comparar comparação"),
    against=words("e & com de"),
    versus=words("vs vs. versus"),
    than=words("que"),
    more=words("mais menos melhor pior maior menor"),
    what_is="O que é {}?",
    of="de",
)
DUTCH = Asking(
    interrogatives=words("wat wie wanneer waar waarom hoe hoeveel welke welk wiens waarmee waarvoor waarop"),
    degrees=words("veel lang vaak ver oud groot hoog snel zwaar"),
    auxiliaries=words("is zijn was waren heeft hebben kan kunnen mag mogen moet moeten zal zullen wordt worden werd"),
    imperatives=words("noem leg beschrijf toon geef vergelijk vertel som"),
    joints=words("en &"),
    choices=words("of"),
    pronouns=words("zich hij zij ze het hem hen dit deze dat die ik jij je wij we er"),
    possessives=words("zijn haar hun mijn jouw onze ons uw"),
    articles=words("de het een"),
    prepositions=words("van voor in op aan met bij uit over naar door tegen tijdens zonder om te"),
    binding=words("van voor over"),
    between=words("tussen"),
    comparing=words("verschil verschillen verschilt vergelijk vergelijken vergelijking"),
    against=words("en & met van"),
    versus=words("vs vs. versus tegenover"),
    than=words("dan"),
    more=words("meer minder beter"),
    what_is="Wat is {}?",
    of="van",
)
POLISH = Asking(
    interrogatives=words(
        "co kto kogo komu kiedy gdzie dlaczego czemu jak ile jaki jaka jakie jakich który która które czyj skąd dokąd"
    ),
    degrees=words("długo często daleko dużo wiele"),
    auxiliaries=words("czy jest są był była było były może mogą można musi muszą należy"),
    imperatives=words("wyjaśnij opisz wymień podaj pokaż porównaj streść powiedz"),
    joints=words("i oraz &"),
    choices=words("lub albo czy"),
    pronouns=words("się on ona ono oni one go ją je nim nich nią to ten ta te tego ja ty my"),
    possessives=words("jego jej ich mój moja moje nasz nasza"),
    articles=_NONE,
    prepositions=words("w we na do z ze od dla o po przez przy bez za pod nad podczas u"),
    binding=words("dla o do"),
    between=words("między pomiędzy"),
    comparing=words("różnica różnice różni różnią różnią porównaj porównać porównanie"),
    against=words("i oraz a z od & do"),
    versus=words("vs vs. versus kontra"),
    than=words("niż"),
    more=words("bardziej mniej lepszy lepsza lepsze gorszy gorsza większy większa"),
    what_is="Co to jest {}?",
    of="",
)

_LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE, DUTCH, POLISH)
_POLITE = re.compile(
    r"""\s*(?:
    (?:please\s+)?(?:(?:can|could|would|will)\s+(?:you|someone|anyone|anybody)\s+(?:please\s+)?
        (?:tell|explain\s+to|remind|say\s+to|let)|(?:please\s+)?tell|please)(?:\s+(?:me|us))?(?:\s+know)?(?:\s+please)?
    |(?:do|does)\s+(?:you|anyone|anybody|someone)\s+(?:happen\s+to\s+)?know
    |(?:i|we)(?:\s+would|['’]d|\s+just)?\s+(?:like|want|need|wanted)\s+to\s+(?:know|ask|find\s+out)
    |(?:i\s+(?:was\s+)?|just\s+)?wonder(?:ing)?|my\s+question\s+is|i\s+have\s+a\s+question
    |(?:kannst\s+du|können\s+sie|weißt\s+du|wissen\s+sie|könnten\s+sie)(?:\s+(?:mir|uns))?(?:\s+(?:bitte|sagen|erklären))*
    |(?:ich\s+(?:möchte|würde\s+gerne?)\s+wissen)
    |(?:peux-tu|pouvez-vous|pourriez-vous)\s+(?:me|nous)\s+dire|savez-vous|sais-tu
    |(?:puede|puedes|podría)\s+decirme|(?:sabe|sabes)
    |(?:può|puoi|potrebbe)\s+dirmi|(?:sa|sai)
    |(?:pode|podes|poderia)\s+(?:me\s+dizer|dizer-me)|(?:sabe|sabes)
    |(?:kunt\s+u|kun\s+je)\s+(?:mij|me)\s+(?:vertellen|zeggen)|weet\s+(?:u|je)
    |czy\s+(?:możesz|może\s+pan|może\s+pani)\s+mi\s+powiedzieć|czy\s+wiesz
    )[\s,:]+""",
    re.IGNORECASE | re.VERBOSE,
)
_HOW_TO = re.compile(r"\W*(?:how (?:do|can|could|should|would) (?:i|we|you|one)|how to)\s+(?=[\w-]+ \w)", re.IGNORECASE)
_ADDRESSED = words("me us mir uns moi nous nos mi ci mij ons mnie nam мне нам")
_ALL = words("all alle tous toutes todos todas tutti tutte wszystkie все")
_ABOUT = words("about über von sur sobre su di over o об")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|&")


def asking_in(question: str) -> Asking:
    """The words of the language that most of the words of ``question`` are of; English where none stands out.

    >>> asking_in("Wie lange dauert es und wer genehmigt es?") is GERMAN
    True
    """
    written = {word.lower().replace("’", "'") for word in _WORD.findall(question)}
    return max(_LANGUAGES, key=lambda language: len(written & language.telling))


def begins_question(text: str) -> bool:
    """Whether ``text`` begins as a question does that needs nothing before it: "what is ...", "at what ...", "can I
    ...", "tell me".

    >>> begins_question("can you tell me"), begins_question("can of worms")
    (True, False)
    """
    first, second = ([word.lower() for word in _WORD.findall(text)] + ["", ""])[:2]
    asking = asking_in(text)
    if first in asking.auxiliaries:
        return second in asking.pronouns | asking.possessives
    return first in asking.interrogatives | asking.imperatives or (
        first in asking.prepositions and second in asking.interrogatives
    )


def without_polite_opening(question: str) -> str:
    """``question`` from its question word on, where all before only asks for an answer.

    >>> without_polite_opening("Could you please tell me what the fee is?")
    'what the fee is?'
    """
    polite = _POLITE.match(question)
    rest = question[polite.end() :] if polite else ""
    first = next(iter(_WORD.findall(rest)), "").lower()
    return rest if first in asking_in(question).interrogatives else question


def named_alone(question: str) -> str:
    """What ``question`` asks for, without the verb that asks for it, and in English without "How do I".

    >>> named_alone("Tell me about the fees."), named_alone("Name of the director?"), named_alone("How do I pay fees?")
    ('the fees', 'Name of the director?', 'pay fees')
    """
    if how := _HOW_TO.match(question):
        return question[how.end() :].rstrip(" .?!")
    asking = asking_in(question)
    found = list(_WORD.finditer(question))
    if not found or found[0][0].lower() not in asking.imperatives or question[: found[0].start()].strip():
        return question
    place = 1
    for passed in (_ADDRESSED, _ABOUT, _ALL):
        if place < len(found) and found[place][0].lower() in passed:
            place += 1
    thing = found[place][0].lower() if place < len(found) else ""
    if not thing or thing in asking.prepositions | asking.interrogatives:
        return question
    if not question[found[place - 1].end() : found[place].start()].isspace():
        return question
    return question[found[place].start() :].rstrip(" .!")


def one_of(choice: Words) -> str:
    """A regular expression that matches any of the words, the longest that it can."""
    return f"(?:{'|'.join(re.escape(word) for word in sorted(choice, key=lambda word: (-len(word), word)))})"
