"""The closed classes of English words; see ``rag.text.lexicon.Lexicon`` for what each is for."""

import functools
import threading

import Stemmer

from rag.text.lexicon import Lexicon, grouped, pairs, words

_STEMMER = Stemmer.Stemmer("english")
_STEMMING = threading.Lock()  # a stemmer serves one thread at a time


@functools.lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of a word, by Snowball's second Porter algorithm (snowballstem.org/algorithms/english/stemmer.html).

    >>> [stem(word) for word in ("Questions", "answered", "relational", "happily")]
    ['question', 'answer', 'relat', 'happili']
    """
    with _STEMMING:
        return str(_STEMMER.stemWord(word.lower().replace("’", "'")))


_BE = words("is are was were be been being")
_DENIALS = words(
    """
    myth false falsely untrue wrong wrongly incorrect incorrectly misconception hoax rumor rumour rumored debunked
    disproved disproven unproven unproved unfounded refuted retracted mistaken mistakenly legend fictional
    """
)
_TENS = "thirty forty fifty sixty seventy eighty ninety"
_TO_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)

ENGLISH = Lexicon(
    stem=stem,
    function=words(
        """
        a also am an any are be been being but did do does doing each for had has have having he her hers him his how i
        include includes included including into is it its itself me my of on or our ours own passage same she so
        that the their theirs them then there these they this those thus too very was we were what when where which
        while who whom whose why with you your yours although because however though whereas and according
        """
    ),
    be=_BE,
    auxiliaries=_BE | words("do does did has have had can could may might must will would shall should"),
    negations=words(
        """
        no not never none neither nor without cannot nothing nobody isnt arent wasnt werent dont doesnt didnt cant wont
        hasnt havent hadnt couldnt wouldnt shouldnt
        """
    ),
    limits=grouped(
        """
        may might could can possibly maybe perhaps potentially possible potential
        probably likely
        about almost approximately nearly roughly around
        usually typically generally often commonly frequently mostly normally
        sometimes occasionally
        rarely seldom hardly
        many numerous
        some several certain
        few fewer
        least
        less
        most
        more
        must should
        would
        will shall
        only solely exclusively
        over
        under
        until
        if
        unless
        except
        unlikely
        estimated
        suspected
        all every everyone everything always both entire
        up
        """
    ),
    relations=grouped(
        """
        in on at during within inside into
        of 's
        to
        toward towards
        from
        by
        for
        with
        after following since
        before prior
        between
        among amongst
        through via
        against
        than
        as
        or
        outside
        above beyond
        below beneath
        behind
        near
        along
        across
        despite
        because
        when while
        where
        per
        """
    ),
    joints=words("and but while whereas which who whose because although though so"),
    factive=words("because although though whereas"),
    causal=words("because so since"),
    searched=words(
        """
        above across after against all along always among amongst around as at before behind below beneath
        between beyond both by certain commonly despite during entire every everyone everything exclusively
        following frequently from generally in inside mostly near normally numerous outside per perhaps prior
        roughly since solely than through to toward towards up via within
        """
    ),
    conditions=words("only if unless except until"),
    limiting=words(
        """
        in on at by among amongst for with within under during without if except excluding only provided
        assuming given depending as until unless after before since outside between though
        """
    ),
    connectives=words(
        """
        however moreover furthermore also addition additionally therefore thus hence consequently then finally
        eventually meanwhile instead similarly likewise indeed overall example instance fact short result today now
        nowadays first second third lastly further besides still yet well words other
        """
    ),
    additive=words("however also additionally moreover furthermore addition"),
    established=words(
        """
        research researchers study studies scientists experts doctors evidence it we now well has have been is was known
        show shows showed shown find finds found know established demonstrate demonstrates demonstrated confirm confirms
        confirmed prove proves proved proven note that fact the a also recent several many
        """
    ),
    denials=_DENIALS,
    doubt=_DENIALS
    | words(
        """
        doubt doubtful doubted disputed controversial controversy unconfirmed unknown unclear uncertain rejected denied
        deny denies allege alleged allegedly claim claims claimed argue argues argued believe believes believed belief
        think thinks thought supposed supposedly purported reported reportedly suggest suggests suggested hypothesis
        hypothesized hypothesised theorized theory proposed assume assumed assumption speculated speculation imagine
        pretend pretended hypothetical whether question questionable questioned said says say told according stated
        asserted insisted
        """
    ),
    proof=words(
        """
        true proven proved proof confirmed confirm established shown known clear certain demonstrated evidence support
        supported reliable likely
        """
    ),
    collective=words(
        """
        between both either together mix mixtur combin consist compos compris made equal sum total share marri join
        """
    ),
    antonyms=pairs(
        """
        increase decrease; increase reduce; increase lower; raise lower; raise reduce; rise fall; rise drop; grow shrink
        high low; higher lower; big small; large small; long short; hot cold; warm cold; early late; before after
        hard soft; heavy light; strong weak; fast slow; quick slow; quickly slowly; old young; old new; rich poor
        good bad; better worse; best worst; safe dangerous; safe unsafe; healthy sick; common rare; frequent rare
        often rarely; always never; more less; many few; most least; maximum minimum; major minor; full empty
        open close; open closed; begin end; start end; start stop; begin stop; start finish; begin finish; buy sell
        win lose; accept reject; accept refuse; allow forbid; allow prevent; allow prohibit; cause prevent; cause cure
        include exclude; gain lose; give take; import export; enter leave; arrive depart; attack defend; build destroy
        create destroy; love hate; remember forget; success failure; succeed fail; birth death; born died; live die
        alive dead; male female; man woman; men women; boy girl; mother father; brother sister; son daughter
        husband wife
        king queen; north south; east west; northern southern; eastern western; left right; top bottom; up down
        above below; inside outside; inner outer; internal external; front back; first last; day night; morning evening
        summer winter; spring autumn; black white; red blue; red green; public private; positive negative
        active passive
        acute chronic; benign malignant; dominant recessive; systolic diastolic; arterial venous; artery vein
        innate adaptive; acquired inherited; acquired congenital; congenital hereditary; simple complex; single multiple
        single double; upper lower; wet dry; thick thin; wide narrow; near far; deep shallow; true false; legal illegal
        war peace; friend enemy; teacher student; doctor patient; parent child; employer employee; supply demand
        improve worsen; help harm; benefit harm; support oppose; agree disagree; same different; similar different
        virus bacteria; viral bacterial; vitamin mineral; liver kidney; heart lung; brain heart; arm leg; hand foot
        eye ear; muscle bone; oral intravenous; input output; majority minority; expensive cheap; former latter
        adult child; adults children; buyer seller; domestic foreign; urban rural; land sea; land water; solid liquid
        """
    ),
    synonyms=pairs(
        """
        begin start commence; end finish; help assist; need require; occur happen; get obtain receive; show demonstrate
        keep maintain; allow permit enable; use utilize utilise employ; build construct; buy purchase
        located situated; study research; difficult hard; whole entire complete; injury damage; symptom sign
        disease illness sickness; doctor physician; child kid; drug medicine medication; big large; huge enormous
        quick fast rapid; quickly rapidly; common frequent; important significant; main primary chief; area region zone
        film movie; person individual; people individuals; answer reply; choose select; stop cease
        show reveal; mistake error; enough sufficient; extra additional further; various different
        mainly primarily chiefly
        founded established; created made; inhabitant resident; famous renowned; attorney lawyer; supply provide
        lower reduce decrease; grow increase rise; cure heal; dangerous hazardous; rare uncommon; hereditary inherited
        speed velocity; goal aim; job occupation; house home; car automobile; ship vessel; fix repair
        change alter; join connect
        """
    ),
    numbers={word: str(value) for value, word in enumerate(_TO_TWENTY.split())}
    | {word: str(10 * value) for value, word in enumerate(_TENS.split(), start=3)},
    units=words(
        """
        mg milligram g gram kg kilogram mcg microgram ml millilitre milliliter l litre liter iu mm cm m km millimetre
        centimetre metre meter kilometre kilometer mile foot feet inch yard acre hectare second minute hour day
        week month year decade century degree celsius fahrenheit percent hundred thousand million billion trillion
        dollar euro pound cent volt watt ton tonne bit byte kb mb gb hz mhz ghz mph bc ad bce ce times point
        """
    ),
    persons=words("i me my we us our you your he him his she her hers"),
    pronouns=words("it they this these he she its their his her those"),
    stand_ins=words(
        """
        condition disease disorder syndrome illness infection problem drug medicine medication treatment therapy test
        procedure operation type form kind group vaccine book film company city country university school building
        """
    ),
    calendar=words(
        """
        Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August
        September October November December
        """
    ),
)
