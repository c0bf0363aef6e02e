"""Names of organisations, with what speaks for and against that the form comes from them."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from rag.extraction.labels import Hit, key
from rag.extraction.page import FormText, Segment, overlap
from rag.extraction.types import Candidate

_FORMS = (
    "GmbH & Co. KG|GmbH & Co. KGaA|GmbH & Co KG|gGmbH|GmbH|mbH|AG & Co. KG|AG|KGaA|KG|OHG"
    "|UG (haftungsbeschränkt)|UG|e.K.|eK|e.V.|eG|GbR|SE|B.V.|BV|N.V.|NV|V.O.F.|VOF|S.A.S.|SAS|SASU"
    "|S.A.R.L.|SARL|S.à r.l.|Sàrl|EURL|E.U.R.L."
    "|S.A.|SA|SNC|SCI|SCOP"
    "|Pvt. Ltd.|Pvt. Ltd|Pvt Ltd|Private Limited|Pty. Ltd.|Pty Ltd|Co., Ltd.|Co. Ltd.|Ltd.|Ltd|LTD|Limited|LLC|L.L.C."
    "|Inc.|Inc|INC|Incorporated|Corp.|Corp|Corporation|PLC|plc|LLP|S.L.U.|SLU|S.L.|SL|S.p.A.|SpA|S.r.l.|Srl|SRL"
    "|Sp. z o.o."
    "|A/S|ApS|AS|AB|Oyj|Oy|Kft.|Kft|s.r.o.|a.s.|d.o.o.|Ltda|K.K.|Company"
)
_LEGAL_FORM = re.compile(
    r"(?<=[\w.)'&])[ ,]{1,3}(?P<form>"
    + "|".join(sorted(map(re.escape, _FORMS.split("|")), key=len, reverse=True))
    + r")(?!\w| \d{5}| (?:No|Number|Nr|Reg)\b)"
)
"""Not in an American address ("Pago Pago, AS 96799"), nor what is said of a company ("Company No. 123")."""
_DESCRIBED = re.compile(r"\s*(?:au capital|a capital|met maatschappelijk kapitaal)", re.IGNORECASE)
"""After a legal form, in French legal notices: what follows the name describes the company."""
_SEPARATOR = re.compile(r"\s+[-–—|·•▪●*/]+\s+|[·•▪●|]|[;,]\s+|\s{2,}|\s+(?=(?i:tel|fax|phone|e-?mail|www)\b)")
_POSTCODE = re.compile(
    r"(?<![\w\-])(?:[A-Z]{1,2}-)?\d{4,5}(?: ?[A-Z]{2})?(?= +[A-ZÀ-Ý][\w'’\-]+)"
    r"|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b[A-Z]{2},? \d{5}\b"
)
_CONTACT = re.compile(
    r"(?i)\b(?:tel|tél|telefon|téléphone|telephone|telefoon|teléfono|phone|fax|e-?mail|www|https?|iban|bic|swift|vat|btw|kvk"
    r"|tva|ust|ust-?id\w*|umsatzsteuer\w*|steuer-?n\w+|siret|siren|rcs|hrb|handelsregister|amtsgericht|registergericht|nif|cif"
    r"|gstin|abn|ein|company (?:no|number|reg)\w*|registered|geschäftsführ\w+|vorstand|capital)\b|@|\+\d\d"
    r"|\(\d{3}\) ?\d{3}-\d{4}|(?<![\w.,/-])(?:\d{3}[-.]\d{3}[-.]\d{4}(?![\w.,/-])|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,})"
)
_REGISTERED = re.compile(
    r"(?i)\b(?:capital|rcs|r\.c\.s|siret|siren|hrb|hra|handelsregister|amtsgericht"
    r"|registergericht|geschäftsführ\w+|vorstand"
    r"|registered (?:in|office|no|company)|company (?:no|number|reg)\w*|kvk|k\.v\.k|registro mercantil"
    r"|vat (?:no|reg|id)\w*"
    r"|tva intra\w*|n° (?:de )?tva|ust-?id\w*|btw-?(?:nr|nummer|id)|gstin|cin|abn)\b"
)
"""What the law asks a company to say of itself."""
_PERSON = re.compile(
    r"(?i)^(?:mr|mrs|ms|miss|herrn?|frau|mme|m\.|mlle|dhr|mevr|mw|sr|sra|t\.?a\.?v|c/o|attn|z\.? ?h\w*"
    r"|à l'attention|att)\b"
)
_BANK = re.compile(r"(?i)bank|banque|banco|sparkasse|caisse|volksbank|crédit|credit|rabo|ing\b|kreditinstitut")
_DOMAIN = re.compile(
    r"(?:@|www\.|https?://(?:www\.)?|(?<![\w.@\-]))((?:[A-Za-z0-9\-]+\.)*?([A-Za-z0-9\-]{2,})\.(?:com|net|org|info|io|biz|eu|co\.uk|co\.in|com\.au|[a-z]{2}))(?![\w\-@])"
)
_PUBLIC = frozenset(
    "gmail googlemail hotmail outlook live yahoo gmx web t-online orange wanadoo free icloud aol".split()
)
"""Domains at which anyone may have an address; still a sender's own where that is also its site."""
_WORDS = frozenset(
    key(word)
    for word in """
    invoice rechnung facture factuur factura fattura receipt quittung reçu bon ticket bill copy kopie original
    duplicate tax credit note gutschrift avoir creditnota abono page seite pagina date datum fecha total subtotal
    amount description qty quantity price betrag summe menge preis montant prix prijs bedrag aantal cantidad precio
    importe beschreibung désignation omschrijving descripción from to bill ship sold an von de à para per due terms
    payment zahlung paiement betaling pago bank iban bic vat tva btw mwst ust iva number nummer nr no numéro número
    order bestellung commande bestelling pedido customer kunde client klant cliente thank you thanks danke merci
    bedankt gracias details summary statement account
    """.split()
)
_SHARED = ("legal_form", "opens_notice", "domain", "labelled", "labelled_otherwise")
"""What one place of a name says of the name wherever it stands."""
_FOR = ("legal_form", "opens_notice", "domain", "labelled", "contact_near", "registered_near", "large")
_LONGEST_NAME = 9
_BLOCK_LINES = 7
_LETTERHEAD = 0.14
"""Where no letterhead is, the address in a window (45 mm down the page, DIN 5008) is first, and no sender."""
_CLOSE, _NEAR = 1.2, 2.5
"""Gaps in line heights within a block, and between a block and its label."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a segment that may be a name; ``after_label`` where a label stands right before it."""

    start: int
    end: int
    legal_form: bool
    is_first: bool
    label: Hit | None


def plain_name(name: str) -> str:
    """What two ways of writing a name have in common: no legal form, no spaces, no case."""
    found = _LEGAL_FORM.search(name)
    return key(name[: found.start()] if found else name)


def find_organisations(form: FormText, hits: Sequence[Sequence[Hit]], field: str) -> list[Candidate]:
    """Every name with its traits; what one place says of it (``any_legal_form``) counts at its other places too."""
    found = list(_Surroundings(form, hits, field).candidates())
    by_name: defaultdict[str, list[Candidate]] = defaultdict(list)
    for candidate in found:
        by_name[plain_name(candidate.normalised)].append(candidate)
    return [
        replace(candidate, traits={**candidate.traits, **_of_all_places(places)})
        for places in by_name.values()
        for candidate in places
    ]


def _of_all_places(places: Sequence[Candidate]) -> dict[str, float]:
    said = {f"any_{name}": max(place.traits.get(name, 0.0) for place in places) for name in _SHARED}
    return {**said, "unsupported": float(not any(place.traits.get(name) for place in places for name in _FOR))}


class _Surroundings:
    """A form seen from its names: blocks with contact details, with an address, under a label."""

    def __init__(self, form: FormText, hits: Sequence[Sequence[Hit]], field: str) -> None:
        self._form = form
        self._hits = hits
        self._field = field
        self._keys = [key(segment.text) for segment in form.segments]
        self._counted: dict[str, int] = {}

    def candidates(self) -> Iterator[Candidate]:
        for segment in self._form.segments:
            for part in self._parts(segment):
                text = segment.text[part.start : part.end]
                tokens = self._form.tokens_between(segment.start + part.start, segment.start + part.end)
                is_label = any(
                    hit.first <= tokens.start and tokens.stop <= hit.last for hit in self._hits[segment.number]
                )
                if tokens and not is_label and _is_name(text, part):
                    traits = self._traits(segment, part, text, tokens)
                    yield Candidate(tokens, text, " ".join(text.split()), traits)
        yield from self._from_domains()

    def _parts(self, segment: Segment) -> Iterator[_Part]:
        """The pieces of a segment between separators and labels, each ended by its legal form.

        Many a label is a word of names too ("data", "shop"). So one counts before a colon; without it only of this
        field, and where the segment begins, when the whole is a piece as well.
        """
        tokens = self._form.tokens
        begin, label = 0, None
        for hit in self._hits[segment.number]:
            first, last = tokens[hit.first].start - segment.start, tokens[hit.last - 1].end - segment.start
            if ":" not in segment.text[last - 1 : last + 2]:
                if hit.first == segment.first and self._field in hit.of:
                    yield from self._pieces(segment, last, len(segment.text), hit)
                continue
            if first > begin:
                yield from self._pieces(segment, begin, first, label)
            begin, label = last, hit
        if begin < len(segment.text):
            yield from self._pieces(segment, begin, len(segment.text), label)

    def _pieces(self, segment: Segment, begin: int, end: int, label: Hit | None) -> Iterator[_Part]:
        text = segment.text
        first = True
        place = begin
        while place < end:
            # A legal form may hold what else would separate ("Co., Ltd.").
            legal = _LEGAL_FORM.search(text, place, end)
            separator = _SEPARATOR.search(text, place, end)
            if legal and (separator is None or legal.start() <= separator.start()):
                described = _DESCRIBED.match(text, legal.end())
                stop, goes_on = legal.start() if described else legal.end(), legal.end()
            else:
                stop, goes_on = (separator.start(), separator.end()) if separator else (end, end)
                legal = None
            raw = text[place:stop]
            left = len(raw) - len(raw.lstrip(" :.,-–|()*"))
            right = len(raw.rstrip(" :,-–|(*"))
            if right > left:
                yield _Part(
                    place + left, place + right, legal is not None, first and begin == 0, label if first else None
                )
            first = False
            place = max(goes_on, place + 1)

    def _traits(self, segment: Segment, part: _Part, text: str, tokens: range) -> dict[str, float]:
        form = self._form
        page = form.layout.pages[segment.page]
        top = segment.box[1] / max(1.0, page.height)
        block = self._block_around(segment)
        contact = bool(_CONTACT.search(segment.text)) or any(_CONTACT.search(other.text) for other in block)
        address = any(_POSTCODE.search(other.text) for other in (segment, *block))
        announced = part.label or self._label_above(segment)
        plain = plain_name(text)
        domains = [name for name in self._domains if _alike(plain, name)]
        repeats = self._repeats(plain)
        words = text.split()
        return {
            "legal_form": float(part.legal_form),
            "upper_quarter": float(segment.page == 0 and top < 0.25),
            "upper_half": float(segment.page == 0 and top < 0.5),
            "bottom": float(top > 0.85),
            "first_lines": float(segment.line < 3 and segment.page == 0 and top < _LETTERHEAD),
            "first_line": float(segment.number == 0 and top < _LETTERHEAD),
            "large": float(segment.height > 1.25 * form.size),
            "contact_near": float(contact),
            "contact_in_line": float(bool(_CONTACT.search(segment.text))),
            "opens_notice": float(
                part.is_first and not _CONTACT.search(text) and bool(_REGISTERED.search(segment.text, part.end))
            ),
            "registered_in_line": float(bool(_REGISTERED.search(segment.text))),
            "registered_near": float(any(_REGISTERED.search(other.text) for other in block)),
            "address_in_line": float(bool(_POSTCODE.search(segment.text))),
            "addressee": float(address and not contact),
            "person": float(any(_PERSON.search(other.text) for other in (segment, *block))),
            "domain": min(1.0, len(domains) / 2),
            "domain_itself": float(any(key(name) == plain for name in domains)),
            "repeats": min(repeats - 1, 3) / 3 if repeats else 0.0,
            "recognised": float(form.tokens[tokens.start].recognised),
            "labelled": float(announced is not None and announced.strength(self._field) == "strong"),
            "labelled_weakly": float(announced is not None and announced.strength(self._field) == "weak"),
            "labelled_otherwise": float(announced is not None and announced.strength(self._field) == "not"),
            "bank": float(bool(_BANK.search(text))),
            "starts_segment": float(part.is_first),
            "common_words": sum(1 for word in words if key(word) in _WORDS) / len(words),
            "many_words": float(len(words) > 5),
            "digits": float(any(character.isdigit() for character in text)),
            "lower_case": sum(1 for word in words if word[:1].islower()) / len(words),
        }

    def _repeats(self, plain: str) -> int:
        """In how many segments the name stands."""
        if plain not in self._counted:
            self._counted[plain] = sum(1 for other in self._keys if plain and plain in other)
        return self._counted[plain]

    def _block_around(self, segment: Segment) -> list[Segment]:
        """What stands close below and above each other with this segment, whatever its size."""
        return [*self._column(segment, -1, _CLOSE), *self._column(segment, 1, _CLOSE)]

    def _label_above(self, segment: Segment) -> Hit | None:
        """The label over the block that this segment stands in, if one of an organisation does."""
        for other in self._column(segment, -1, _NEAR):
            of = self._hits[other.number]
            if of:
                ends = (
                    of[-1].last >= other.last
                    or key("".join(t.text for t in self._form.tokens[of[-1].last : other.last])) == ""
                )
                return of[-1] if ends and self._field in of[-1].of else None
        return None

    def _column(self, segment: Segment, step: int, gap: float) -> Iterator[Segment]:
        """The segments above (``step`` -1) or below (1) this one, each no further from the last than ``gap`` lines."""
        form = self._form
        before = segment
        for line in range(1, _BLOCK_LINES + 1):
            number = segment.line + step * line
            if not 0 <= number < len(form.lines) or form.lines[number][0].page != segment.page:
                return
            aligned = [
                other
                for other in form.lines[number]
                if overlap(other.box, segment.box) > 0.3 or abs(other.box[0] - segment.box[0]) < 2 * form.size
            ]
            if not aligned:
                continue
            other = min(aligned, key=lambda other: abs(other.box[0] - segment.box[0]))
            upper, lower = (other, before) if step < 0 else (before, other)
            if lower.box[1] - upper.box[3] > gap * form.size:
                return
            yield other
            before = other

    @cached_property
    def _domains(self) -> list[str]:
        """The names in e-mail and web addresses, each time that they stand there."""
        return [found[2].lower() for found in _DOMAIN.finditer(self._form.text)]

    def _from_domains(self) -> Iterator[Candidate]:
        """Where nothing else names it: example.com for Example."""
        seen = set()
        for found in _DOMAIN.finditer(self._form.text):
            name = found[2]
            if name.lower() in seen or name.lower() in _PUBLIC or len(name) < 3:
                continue
            seen.add(name.lower())
            tokens = self._form.tokens_between(found.start(2), found.end(2))
            share = self._domains.count(name.lower()) / len(self._domains)
            yield Candidate(tokens, name, name, {"domain_alone": 1.0, "domain_share": share}, stand_in=True)


def _alike(plain: str, domain: str) -> bool:
    bare = key(domain)
    return len(plain) >= 3 and len(bare) >= 3 and (plain in bare or (bare in plain and len(bare) >= 4))


def _is_name(text: str, part: _Part) -> bool:
    words = text.split()
    letters = sum(character.isalpha() for character in text)
    return (
        0 < len(words) <= _LONGEST_NAME
        and letters >= 2
        and letters >= 0.6 * sum(not character.isspace() for character in text)
        and "@" not in text
        and not text.lower().startswith(("www.", "http"))
        and (
            part.legal_form
            or text[:1].isupper()
            or text[:1].isdigit()
            or any(c.isupper() for c in words[0])
            or part.label is not None
        )
    )
