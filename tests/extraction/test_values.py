"""Dates, amounts, currencies and codes as they are written in different countries."""

import pytest

from rag.extraction.correcting import normalise
from rag.extraction.schema import FormField
from rag.extraction.values.amounts import find_amounts, parse_amount
from rag.extraction.values.codes import find_emails, find_ibans, find_identifiers, find_vat_numbers
from rag.extraction.values.currencies import meant_by
from rag.extraction.values.dates import find_dates, parse_date
from rag.extraction.values.organisations import plain_name
from rag.extraction.values.origin import Origin, find_origin
from tests.extraction.forms import form

HERE = Origin("en", "GB")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("7. Mai 2014", "2014-05-07"),
        ("02 Juillet 2015", "2015-07-02"),
        ("8-9-2022", "2022-09-08"),
        ("March 3rd, 2024", "2024-03-03"),
        ("3rd of March 2024", "2024-03-03"),
        ("1er août 2023", "2023-08-01"),
        ("5 de enero de 2021", "2021-01-05"),
        ("05-Sep-19", "2019-09-05"),
        ("2024-02-29", "2024-02-29"),
        ("令和6年3月5日", "2024-03-05"),
        ("2024. 3. 5.", "2024-03-05"),
        ("2024/02/09", "2024-02-09"),
        ("2015年7月2日", "2015-07-02"),
        ("20230115", "2023-01-15"),
        ("13 mrt 2020", "2020-03-13"),
        ("31.12.98", "1998-12-31"),
        ("Dated 25/12/2020.", "2020-12-25"),
        ("31.02.2024", None),
        ("192.168.10.12", None),
        ("version 1.2.3456", None),
    ],
)
def test_dates_of_many_countries(text: str, day: str | None) -> None:
    assert parse_date(text, HERE) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Invoice date 05/04/2024, shipped 04/31/2024 04/30/2024", "2024-05-04"),
        ("Date 05/04/2024, due 30/04/2024", "2024-04-05"),
        ("Date 05/04/2024, Springfield, IL 62701, Tel. (217) 555-0101, total $5.00", "2024-05-04"),
        ("Date 05/04/2024, London SW1A 2AA, VAT GB123456789, total £5.00", "2024-04-05"),
        ("Fecha de la factura 05/04/2024, importe total 5,00", "2024-04-05"),
    ],
)
def test_what_comes_first_is_told_by_other_dates_or_the_country(text: str, day: str) -> None:
    read = form(text)
    assert next(find_dates(read, find_origin(read))).normalised == day


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1 234,50 €", "1234.50"),
        ("CHF 1'234.50", "1234.50"),
        ("₹1,23,456.00", "123456.00"),
        ("€ 49,-", "49.00"),
        ("12.300,- €", "12300.00"),
        ("Rs. 1,23,456/-", "123456.00"),
        ("1,300,000원", "1300000.00"),
        ("$1,939", "1939.00"),
        ("12.345", "12345.00"),
        ("-12,00", "-12.00"),
        ("(99.00)", "-99.00"),
        ("12,00-", "-12.00"),
        ("EUR -5.00", "-5.00"),
        ("Total:12.00", "12.00"),
        ("¥5,000", "5000.00"),
        ("3.441.812", "3441812.00"),
    ],
)
def test_amounts_of_many_countries(text: str, amount: str) -> None:
    assert parse_amount(text) == amount


def test_what_is_no_amount_is_not_taken_for_one() -> None:
    found = find_amounts(form("Rate 21 %  Tel. 0301234567  IP 10.0.0.1  Ref 2024/17  AB12  No 00412"))
    assert [amount.candidate.value for amount in found] == []


def test_a_currency_in_the_next_column_belongs_to_the_amount() -> None:
    assert [(a.candidate.normalised, a.sign) for a in find_amounts(form("Total      EUR      34,73"))] == [
        ("34.73", "EUR")
    ]


@pytest.mark.parametrize(
    ("sign", "country", "code"),
    [
        ("$", "US", "USD"),
        ("$", "CA", "CAD"),
        ("$", "", "USD"),
        ("kr", "NO", "NOK"),
        ("kr", "SE", "SEK"),
        ("€", "US", "EUR"),
        ("¥", "CN", "CNY"),
    ],
)
def test_a_symbol_means_the_currency_of_the_country(sign: str, country: str, code: str) -> None:
    assert meant_by(sign, Origin("en", country)) == code


def test_codes_with_a_form_of_their_own_are_checked() -> None:
    read = form(
        "IBAN DE30 5075 0094 0000 0485 67, DE30507500940000048568, VAT DE 136 695 976, DE123456789, a.b@c-d.com"
    )
    assert [found.normalised for found in find_ibans(read)] == ["DE30507500940000048567"]
    assert "DE136695976" in [found.normalised for found in find_vat_numbers(read)]
    assert [found.normalised for found in find_emails(read)] == ["a.b@c-d.com"]


def test_a_number_may_have_capitals_before_it_and_groups_of_digits() -> None:
    values = [found.value for found in find_identifiers(form("Invoice RE 2024-17 of 12 345 678"))]
    assert {"RE 2024-17", "2024-17", "12 345 678"} <= set(values)


@pytest.mark.parametrize(
    ("one", "other"), [("ACME Ltd.", "Acme"), ("Müller & Söhne GmbH", "MULLER & SOHNE"), ("Foo B.V.", "FOO BV")]
)
def test_a_company_is_the_same_with_and_without_its_legal_form(one: str, other: str) -> None:
    assert plain_name(one) == plain_name(other)


def test_a_choice_is_known_by_its_words() -> None:
    field = FormField(type="choice", choices={"card": ("Visa", "girocard")})
    assert normalise("visa", field, HERE) == "card"
    assert normalise("cash", field, HERE) is None
