"""Closed classes of English words that decide whether two texts claim the same."""

FUNCTION = frozenset(
    """
    a also am an any are be been being but did do does doing each for had has have having he her hers him his how i
    include includes included including into is it its itself me my of on or our ours own passage same she so
    that the their theirs them then there these they this those thus too very was we were what when where which while
    who whom whose why with you your yours although because however though whereas and according
    """.split()
)
"""Words that carry no claim by themselves."""

NEGATIONS = frozenset(
    """
    no not never none neither nor without cannot nothing nobody isnt arent wasnt werent dont doesnt didnt cant wont
    hasnt havent hadnt couldnt wouldnt shouldnt
    """.split()
)

_LIMIT_GROUPS = """
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
LIMITS = {word: group.split()[0] for group in _LIMIT_GROUPS.strip().splitlines() for word in group.split()}
"""Words that limit a claim, or say that it has no limit, each with the one that stands for its group. Leaving one out,
or putting one in, makes another claim of it."""

_RELATION_GROUPS = """
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
RELATIONS = {word: group.split()[0] for group in _RELATION_GROUPS.strip().splitlines() for word in group.split()}
"""Words that say how what follows relates to what stands before, each with the one that stands for its group."""

BE = frozenset("is are was were be been being".split())

AUXILIARIES = BE | frozenset("do does did has have had can could may might must will would shall should".split())

JOINTS = frozenset("and but while whereas which who whose because although though so".split())
"""Words that begin another clause."""

FACTIVE = frozenset("because although though whereas".split())
"""Joints whose clause is stated as a fact beside the other."""

CONDITIONS = frozenset("only if unless except until".split())
"""Limits that make everything beside them conditional."""

CONNECTIVES = frozenset(
    """
    however moreover furthermore also addition additionally therefore thus hence consequently then finally eventually
    meanwhile instead similarly likewise indeed overall example instance fact short result today now nowadays first
    second third lastly further besides still yet well words other
    """.split()
)
"""Words of an opening that joins a sentence to the one before: leaving it out changes nothing."""

LIMITING = frozenset(
    """
    in on at by among amongst for with within under during without if except excluding only provided
    assuming given depending as until unless after before since outside between though
    """.split()
)
"""Words that begin a phrase which limits the claim it is set off from."""

ESTABLISHED = frozenset(
    """
    research researchers study studies scientists experts doctors evidence it we now well has have been is was known
    show shows showed shown find finds found know established demonstrate demonstrates demonstrated confirm confirms
    confirmed prove proves proved proven note that fact the a also recent several many
    """.split()
)
"""Words of an opening that states what follows as a fact ("Studies have shown that")."""

DENIALS = frozenset(
    """
    myth false falsely untrue wrong wrongly incorrect incorrectly misconception hoax rumor rumour rumored debunked
    disproved disproven unproven unproved unfounded refuted retracted mistaken mistakenly legend fictional
    """.split()
)
"""Words that take back the claim they stand with."""

DOUBT = DENIALS | frozenset(
    """
    doubt doubtful doubted disputed controversial controversy unconfirmed unknown unclear uncertain rejected denied
    deny denies allege alleged allegedly claim claims claimed argue argues argued believe believes believed belief
    think thinks thought supposed supposedly purported reported reportedly suggest suggests suggested hypothesis
    hypothesized hypothesised theorized theory proposed assume assumed assumption speculated speculation imagine
    pretend pretended hypothetical whether question questionable questioned said says say told according stated
    asserted insisted
    """.split()
)
"""These, and words that lay a claim at somebody's door."""

PROOF = frozenset(
    """
    true proven proved proof confirmed confirm established shown known clear certain demonstrated evidence support
    supported reliable likely
    """.split()
)
"""Words that take a claim back where they are negated."""

ADDITIVE = frozenset("however also additionally moreover furthermore addition".split())
"""What a writer may put before a sentence without claiming anything."""

COLLECTIVE = frozenset(
    """
    between both either together mix mixtur combin consist compos compris made equal sum total share marri join
    """.split()
)
"""Stems of words that say something of several things at once."""

CAUSAL = frozenset("because so since".split())
"""Joints that make a claim of their own."""

_ANTONYMS = """
    increase decrease; increase reduce; increase lower; raise lower; raise reduce; rise fall; rise drop; grow shrink
    high low; higher lower; big small; large small; long short; hot cold; warm cold; early late; before after
    hard soft; heavy light; strong weak; fast slow; quick slow; quickly slowly; old young; old new; rich poor
    good bad; better worse; best worst; safe dangerous; safe unsafe; healthy sick; common rare; frequent rare
    often rarely; always never; more less; many few; most least; maximum minimum; major minor; full empty
    open close; open closed; begin end; start end; start stop; begin stop; start finish; begin finish; buy sell
    win lose; accept reject; accept refuse; allow forbid; allow prevent; allow prohibit; cause prevent; cause cure
    include exclude; gain lose; give take; import export; enter leave; arrive depart; attack defend; build destroy
    create destroy; love hate; remember forget; success failure; succeed fail; birth death; born died; live die
    alive dead; male female; man woman; men women; boy girl; mother father; brother sister; son daughter; husband wife
    king queen; north south; east west; northern southern; eastern western; left right; top bottom; up down
    above below; inside outside; inner outer; internal external; front back; first last; day night; morning evening
    summer winter; spring autumn; black white; red blue; red green; public private; positive negative; active passive
    acute chronic; benign malignant; dominant recessive; systolic diastolic; arterial venous; artery vein
    innate adaptive; acquired inherited; acquired congenital; congenital hereditary; simple complex; single multiple
    single double; upper lower; wet dry; thick thin; wide narrow; near far; deep shallow; true false; legal illegal
    war peace; friend enemy; teacher student; doctor patient; parent child; employer employee; supply demand
    improve worsen; help harm; benefit harm; support oppose; agree disagree; same different; similar different
    virus bacteria; viral bacterial; vitamin mineral; liver kidney; heart lung; brain heart; arm leg; hand foot
    eye ear; muscle bone; oral intravenous; input output; majority minority; expensive cheap; former latter
    adult child; adults children; buyer seller; domestic foreign; urban rural; land sea; land water; solid liquid
"""
ANTONYMS = frozenset(
    frozenset(pair.split()) for line in _ANTONYMS.strip().splitlines() for pair in line.split(";") if pair.strip()
)
"""Pairs that an embedding model finds alike, and that are opposites or exclude each other."""

_SYNONYMS = """
begin start commence; end finish; help assist; need require; occur happen; get obtain receive; show demonstrate
keep maintain; allow permit enable; use utilize utilise employ; build construct; buy purchase
located situated; study research; difficult hard; whole entire complete; injury damage; symptom sign
disease illness sickness; doctor physician; child kid; drug medicine medication; big large; huge enormous
quick fast rapid; quickly rapidly; common frequent; important significant; main primary chief; area region zone
film movie; person individual; people individuals; answer reply; choose select; stop cease
show reveal; mistake error; enough sufficient; extra additional further; various different; mainly primarily chiefly
founded established; created made; inhabitant resident; famous renowned; attorney lawyer; supply provide
lower reduce decrease; grow increase rise; cure heal; dangerous hazardous; rare uncommon; hereditary inherited
speed velocity; goal aim; job occupation; house home; car automobile; ship vessel; fix repair
change alter; join connect
"""
SYNONYMS = frozenset(
    frozenset((one, other))
    for line in _SYNONYMS.strip().splitlines()
    for group in line.split(";")
    for one in group.split()
    for other in group.split()
    if one != other
)
"""Pairs of everyday words that mean the same and that the embedding model finds less alike."""

NUMBERS = {
    word: str(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {word: str(10 * (place + 3)) for place, word in enumerate("thirty forty fifty sixty seventy eighty ninety".split())}

UNITS = frozenset(
    """
    mg milligram g gram kg kilogram mcg microgram ml millilitre milliliter l litre liter iu mm cm m km millimetre
    centimetre metre meter kilometre kilometer mile foot feet inch yard acre hectare second minute hour day week month
    year decade century degree celsius fahrenheit percent hundred thousand million billion trillion dollar euro pound
    cent volt watt ton tonne bit byte kb mb gb hz mhz ghz mph bc ad bce ce times point
    """.split()
)
"""Words that a number is nothing without."""

PERSONS = frozenset("i me my we us our you your he him his she her hers".split())
"""Words that name somebody by standing for them."""

PRONOUNS = frozenset("it they this these he she its their his her those".split())
STAND_INS = frozenset(
    """
    condition disease disorder syndrome illness infection problem drug medicine medication treatment therapy test
    procedure operation type form kind group vaccine book film company city country university school building
    """.split()
)
"""Nouns that, after "this" or "the", stand for what was named before."""
