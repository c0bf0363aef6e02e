"""Words for a person's sex, age and origin, each with the word that takes its place in a swap."""


def _both_ways(lines: str) -> dict[str, str]:
    """Each word's other, from lines of "this that"."""
    pairs = [line.split() for line in lines.strip().splitlines()]
    return {word: other for a, b in pairs for word, other in ((a, b), (b, a))}


SEXES = _both_ways("""
    man woman
    men women
    boy girl
    boys girls
    male female
    males females
    gentleman lady
    gentlemen ladies
    he she
    himself herself
    father mother
    fathers mothers
    dad mum
    son daughter
    sons daughters
    brother sister
    brothers sisters
    husband wife
    husbands wives
    boyfriend girlfriend
    grandfather grandmother
    uncle aunt
    nephew niece
    widower widow
    mr mrs
""")
AGES = _both_ways("young elderly\nyounger older") | {"old": "young"}
ORIGINS = _both_ways("""
    German Nigerian
    French Algerian
    Italian Turkish
    Spanish Moroccan
    British Pakistani
    American Mexican
    Canadian Indian
    Swedish Somali
    Norwegian Eritrean
    Polish Syrian
    Irish Ghanaian
    Australian Vietnamese
    Japanese Ethiopian
    European African
    Caucasian Hispanic
    White Black
    white black
""")
COUNTRIES = _both_ways("""
    Germany Nigeria
    France Algeria
    Italy Turkey
    Spain Morocco
    Britain Pakistan
    America Mexico
    Canada India
    Sweden Somalia
    Norway Eritrea
    Poland Syria
    Ireland Ghana
    Australia Vietnam
    Japan Ethiopia
    Europe Africa
""")
PERSONS = (
    *SEXES,
    *"person people adult adults patient patients parent parents citizen citizens customer customers".split(),
    *"employee employees worker workers driver drivers student students smoker smokers resident residents".split(),
)
"""What a word of age or origin must stand before to be that of a person."""

ONE_SEX_ONLY = (
    *"pregnan menstrua menopaus breastfe breast-fe ovar uterus uterine cervi vagin".split(),
    *"prostat testic testes peni erecti sperm".split(),
)
"""How words begin that make a question another one for the other sex."""

TAKES_HER = frozenset("give gives giving gave make makes help helps let lets tell offer show allow send cost".split())
"""After these "her" is "him", whatever follows."""
ENDS_HER = frozenset(
    "to for about if when while with without in on at of off up after before during since until and or but from "
    "that by as because who again well better sick".split()
)
"""Before these "her" is "him"; before any other word it is "his"."""
