"""What speaks for each candidate of each field: its options, with named signals between 0 and 1 (rarely -1)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product

from rag.extraction.labels import Hit, Labels
from rag.extraction.neighbours import Announcement, Neighbours, closeness
from rag.extraction.page import FormText, Segment
from rag.extraction.schema import FormField, Schema
from rag.extraction.types import Candidate, FieldType
from rag.extraction.values.amounts import Amount, find_amounts
from rag.extraction.values.codes import find_emails, find_ibans, find_identifiers, find_vat_numbers
from rag.extraction.values.currencies import find_currencies
from rag.extraction.values.dates import find_dates
from rag.extraction.values.organisations import find_organisations, plain_name
from rag.extraction.values.origin import Origin, find_origin
from rag.extraction.values.texts import find_choices, find_texts

_ANNOUNCED = 0.3
"""A label this close says what an amount is."""
_MOST_SUMMED = 80
"""Different amounts among which sums are looked for."""
_SENTENCE = 5
"""So many words in lower case make a sentence of a line."""
_RATES = (Decimal("0.015"), Decimal("0.30"))
"""A tax is this share of its net amount."""
_ODD_RATES = tuple(map(Decimal, ("2.1", "2.6", "3.7", "3.8", "7.7", "8.1")))
_ROUNDING = Decimal("0.03")


@dataclass(slots=True)
class Option:
    """A candidate for a field; ``group`` is alike for all places of the same value."""

    candidate: Candidate
    group: str
    signals: dict[str, float]


@dataclass(slots=True)
class FieldOptions:
    """A form, and the options of each field of a schema."""

    form: FormText
    origin: Origin
    hits: list[list[Hit]]
    amounts: list[Amount] = field(default_factory=list)
    options: dict[str, list[Option]] = field(default_factory=dict)
    announced: dict[int, list[Announcement]] = field(default_factory=dict)
    """By the id of a candidate."""


def gather(form: FormText, schema: Schema, labels: Labels) -> FieldOptions:
    """The options of all fields but currencies, which depend on the amounts chosen."""
    reading = FieldOptions(form, find_origin(form), labels.find(form))
    found: dict[FieldType, list[Candidate]] = {"date": list(find_dates(form, reading.origin))}
    dated = {n for candidate in found["date"] for n in candidate.tokens}
    amounts = [amount for amount in find_amounts(form) if not dated.intersection(amount.candidate.tokens)]
    found["amount"] = [amount.candidate for amount in amounts]
    labelled = {n for of in reading.hits for hit in of for n in range(hit.first, hit.last)}
    for name, wanted in schema.fields.items():
        candidates = _candidates(reading, name, wanted, found)
        if wanted.type == "identifier":
            candidates = [one for one in candidates if len(one.tokens) == 1 or one.tokens.start not in labelled]
        announced = _announced(reading, candidates, tables=wanted.type not in ("organisation", "text"))
        if wanted.type in ("organisation", "date"):
            # That it stands under "Change" or beside "Tel." says nothing about a name or a date.
            announced = [[one for one in of if name in one.hit.of] for of in announced]
        reading.options[name] = [
            Option(
                candidate,
                group_of(wanted.type, candidate.normalised),
                {**candidate.traits, **closeness(announced[n], name), **place_signals(form, candidate.tokens)},
            )
            for n, candidate in enumerate(candidates)
        ]
        _add_repeats(reading.options[name])
        _add_patterns(form, wanted, reading.options[name])
        if wanted.prefer == "largest":
            _add_size(reading.options[name])
    _add_sums(schema, reading)
    reading.amounts = amounts
    return reading


def group_of(kind: FieldType, normalised: str) -> str:
    """What two places of the same value have in common."""
    return plain_name(normalised) if kind == "organisation" else normalised.lower()


def currency_options(reading: FieldOptions, name: str, chosen: Option | None) -> list[Option]:
    """The options of a currency field; ``chosen`` is the amount that it belongs to."""
    beside = [(amount.sign_tokens, amount.sign) for amount in reading.amounts if amount.sign]
    of_amount = {
        n
        for amount in reading.amounts
        if chosen and amount.candidate.normalised == chosen.candidate.normalised
        for n in amount.sign_tokens
    }
    form = reading.form
    line = form.segments[form.segment_of[chosen.candidate.tokens.start]].line if chosen else -1
    candidates = list(find_currencies(form, reading.origin, beside))
    announced = _announced(reading, candidates, tables=True)
    options = []
    for n, candidate in enumerate(candidates):
        signals = {**candidate.traits, **closeness(announced[n], name), **place_signals(form, candidate.tokens)}
        signals["beside_amount"] = float(bool(of_amount.intersection(candidate.tokens)))
        on_line = form.segments[form.segment_of[candidate.tokens.start]].line == line
        signals["on_line_of_amount"] = float(on_line and "by_country" not in signals)
        options.append(Option(candidate, group_of("currency", candidate.normalised), signals))
    return options


def _candidates(
    reading: FieldOptions, name: str, wanted: FormField, found: dict[FieldType, list[Candidate]]
) -> list[Candidate]:
    form = reading.form
    match wanted.type:
        case "organisation":
            return find_organisations(form, reading.hits, name)
        case "text":
            return list(find_texts(form, reading.hits, name))
        case "choice":
            return list(find_choices(form, wanted.choices))
        case "currency":
            return []
        case kind:
            if kind not in found:
                finder = {
                    "identifier": find_identifiers,
                    "iban": find_ibans,
                    "vat_number": find_vat_numbers,
                    "email": find_emails,
                }[kind]
                found[kind] = list(finder(form))
            return found[kind]


def _announced(reading: FieldOptions, candidates: Sequence[Candidate], *, tables: bool) -> list[list[Announcement]]:
    if any(id(candidate) not in reading.announced for candidate in candidates):
        neighbours = Neighbours(reading.form, reading.hits, [candidate.tokens for candidate in candidates])
        for candidate, found in zip(candidates, neighbours.announcements(tables=tables), strict=True):
            reading.announced[id(candidate)] = found
    return [reading.announced[id(candidate)] for candidate in candidates]


def place_signals(form: FormText, tokens: range) -> Mapping[str, float]:
    token = form.tokens[tokens.start]
    page = form.layout.pages[token.page]
    segment = form.segments[form.segment_of[tokens.start]]
    down = segment.box[1] / max(1.0, page.height)
    return {
        "on_first_page": float(token.page == 0),
        "on_last_page": float(token.page == len(form.layout.pages) - 1),
        "high": max(0.0, 1 - 2 * down),
        "low": max(0.0, 2 * down - 1),
        "right": float(segment.box[2] > 0.7 * page.width),
        "large_type": float(token.height > 1.25 * form.size),
        "in_sentence": min(_plain_words(form, segment, tokens), _SENTENCE) / _SENTENCE,
    }


def _plain_words(form: FormText, segment: Segment, tokens: range) -> int:
    """How many words in lower case stand with a candidate."""
    around = (form.tokens[n].text for n in range(segment.first, segment.last) if n not in tokens)
    return sum(text.islower() and len(text) > 1 and text.strip(".,:;").isalpha() for text in around)


def _add_repeats(options: Sequence[Option]) -> None:
    times = Counter(option.group for option in options)
    for option in options:
        option.signals["only_value"] = float(len(times) == 1)
        option.signals["repeated"] = min(times[option.group] - 1, 3) / 3


def _add_patterns(form: FormText, wanted: FormField, options: Sequence[Option]) -> None:
    for pattern in wanted.patterns:
        for found in re.finditer(pattern, form.text):
            start, end = found.span("value") if "value" in found.re.groupindex else found.span()
            for option in options:
                first = form.tokens[option.candidate.tokens.start]
                if start <= first.start < end:
                    option.signals["pattern"] = 1.0


def _add_size(options: Sequence[Option]) -> None:
    """How an amount compares with the largest that is surely one."""
    sure = [abs(Decimal(o.candidate.normalised)) for o in options if not o.candidate.traits["plain_number"]]
    largest = max(sure, default=Decimal(0))
    for option in options:
        value = abs(Decimal(option.candidate.normalised))
        option.signals["largest"] = float(value == largest)
        option.signals["above_largest"] = float(value > largest)
        option.signals["share_of_largest"] = float(min(value / largest, Decimal(1))) if largest else 0.0


def _add_sums(schema: Schema, reading: FieldOptions) -> None:
    """Which options take part in a sum that a check asks for, with labels for its parts, or by the rate of a tax."""
    for check in schema.checks:
        parts = [_values(reading, name) for name in check.parts]
        totals = reading.options[check.total]
        sums = {sum(combination, Decimal(0)): combination for combination in _combinations(parts)}
        taxed = _taxed(totals)
        for option in totals:
            value = Decimal(option.candidate.normalised)
            option.signals["adds_up"] = max(option.signals.get("adds_up", 0.0), float(value in sums))
            option.signals["taxed_sum"] = float(abs(value) in taxed)
            option.signals["taxed_net"] = float(abs(value) in {net for net, _ in taxed.values()})
            option.signals["is_tax"] = float(abs(value) in {tax for _, tax in taxed.values()})
        present = {Decimal(option.candidate.normalised) for option in totals}
        for number, name in enumerate(check.parts):
            fitting = {combination[number] for total, combination in sums.items() if total in present}
            by_rate = {pair[min(number, 1)] for pair in taxed.values()} if len(check.parts) == 2 else set()
            for option in reading.options[name]:
                value = Decimal(option.candidate.normalised)
                option.signals["part_adds_up"] = float(value in fitting)
                option.signals["part_by_rate"] = float(abs(value) in by_rate)


def _values(reading: FieldOptions, name: str) -> set[Decimal]:
    """Amounts other than zero that labels say to be this field."""
    return {
        Decimal(option.candidate.normalised)
        for option in reading.options[name]
        if any(
            one.hit.strength(name) == "strong" and one.closeness >= _ANNOUNCED
            for one in reading.announced[id(option.candidate)]
        )
        and Decimal(option.candidate.normalised)
    }


def _combinations(parts: Sequence[set[Decimal]]) -> Iterator[tuple[Decimal, ...]]:
    return product(*(sorted(values)[:_MOST_SUMMED] for values in parts))


def _taxed(options: Sequence[Option]) -> dict[Decimal, tuple[Decimal, Decimal]]:
    """Of the amounts with cents, by total, those that are a net amount and a tax of a usual rate on it."""
    values = {
        abs(Decimal(option.candidate.normalised)) for option in options if not option.candidate.traits["plain_number"]
    }
    values = set(sorted(values - {Decimal(0)}, reverse=True)[:_MOST_SUMMED])
    found = {}
    for net in values:
        for tax in values:
            if _RATES[0] * net <= tax <= _RATES[1] * net and net + tax in values and _is_of_rate(net, tax):
                found[net + tax] = (net, tax)
    return found


def _is_of_rate(net: Decimal, tax: Decimal) -> bool:
    """Whether a tax is a usual share of its net amount but for rounding: half and whole per cent, and Swiss ones."""
    per_cent = 100 * tax / net
    nearest = min((round(2 * per_cent) / Decimal(2), *_ODD_RATES), key=lambda rate: abs(rate - per_cent))
    return abs(net * nearest / 100 - tax) <= _ROUNDING
