"""Which of a form's words a field is: by labels, places, types and sums; on texts set as on a page."""

from pathlib import Path

import pytest

from rag.extraction.fields import Answers, weigh
from rag.extraction.learned import Learned
from rag.extraction.schema import Schema, load_schema, parse_schema
from tests.extraction.forms import form

INVOICE = load_schema("invoice", Path())


def read(text: str, schema: Schema = INVOICE) -> Answers:
    return weigh(form(text), schema, Learned())


def values(text: str, schema: Schema = INVOICE) -> dict[str, str | None]:
    answers = read(text, schema)
    return {name: answers.found(name).normalised for name in schema.shown}


ENGLISH = """
Maple Tools Ltd
12 Mill Lane, Leeds LS1 4AB
VAT No. GB123456789    sales@mapletools.co.uk

Bill to
Jane Example Ltd
5 High Street, York YO1 7HH

Invoice No.       MT-20417
Order No.         88123
Invoice date      04/03/2024
Due date          18/03/2024

Description                Qty     Price     Amount
Hammer                     2       10.00     20.00
Ladder                     1       80.00     80.00

Subtotal                                     100.00
VAT 20%                                       20.00
Total                                       £120.00
"""

GERMAN = """
Nordwind Handel GmbH - Hafenstr. 12 - 20457 Hamburg

Erika Beispiel
Gartenweg 3
80331 München
                                         Hamburg, den 5. März 2024

Rechnung Nr. 2024-0815

Schreibtisch                             1.000,00
Zwischensumme                            1.000,00
zzgl. 19 % MwSt.                           190,00
Gesamtbetrag                             1.190,00 €

Nordwind Handel GmbH   IBAN DE30 5075 0094 0000 0485 67   USt-IdNr. DE136695976
"""

FRENCH = """
Facture n° FA-2023-118 du 2 juin 2023
Date d'échéance : 2 juillet 2023

Vendeur                          Client
Papeterie Lemoine SARL           Jean Exemple
8 rue des Lilas                  1 place du Marché
69003 Lyon                       31000 Toulouse

Total HT        TVA 20 %       Total TTC
250,00          50,00          300,00 €

Papeterie Lemoine SARL au capital de 10.000 euros - RCS Lyon 123456789 - TVA FR12345678901
"""

DUTCH = """
Factuuradres                             Afleveradres
Jan Voorbeeld                            Jan Voorbeeld
Dorpsstraat 1                            Dorpsstraat 1
3500 AB Utrecht                          3500 AB Utrecht

Klant       Order        Factuurdatum    Factuur       Vervaldatum
10299       SO-7781      3-4-2022        VF-100993     17-4-2022

Subtotaal excl. BTW                      41,32
BTW 21%                                   8,68
Te betalen                        EUR    50,00

De Fietsenwinkel B.V.  Kerkplein 4, 3511 LX Utrecht  KvK 12345678  BTW-nr NL123456789B01  info@fietsenwinkel.nl
"""

SPANISH = """
Suministros Castilla S.L.
C/ Mayor 5, 28013 Madrid
CIF B12345678

Factura Nº: 2023/0042
Fecha: 12/10/2023
Fecha de vencimiento: 12/11/2023
Cliente: Ana Ejemplo

Base imponible: 1.200,00
IVA 21%: 252,00
Total a pagar: 1.452,00 EUR
"""

AMERICAN = """
Sierra Data, Inc.
500 Main St, Springfield, IL 62701
(217) 555-0101  www.sierradata.com

INVOICE
Invoice #: 10042
Date: 03/04/2024
PO #: 7781
Payment due: 04/03/2024

Bill To: Example Corp.

Subtotal                 $1,900.00
Sales tax (8%)             $152.00
Amount due               $2,052.00
"""


@pytest.mark.parametrize(
    ("text", "issuer", "number", "date", "amount", "currency"),
    [
        (ENGLISH, "Maple Tools Ltd", "MT-20417", "2024-03-04", "120.00", "GBP"),
        (GERMAN, "Nordwind Handel GmbH", "2024-0815", "2024-03-05", "1190.00", "EUR"),
        (FRENCH, "Papeterie Lemoine", "FA-2023-118", "2023-06-02", "300.00", "EUR"),
        (DUTCH, "De Fietsenwinkel B.V.", "VF-100993", "2022-04-03", "50.00", "EUR"),
        (SPANISH, "Suministros Castilla S.L.", "2023/0042", "2023-10-12", "1452.00", "EUR"),
        (AMERICAN, "Sierra Data, Inc.", "10042", "2024-03-04", "2052.00", "USD"),
    ],
    ids=["English", "German", "French", "Dutch", "Spanish", "American"],
)
def test_an_invoice_in_each_language(
    text: str, issuer: str, number: str, date: str, amount: str, currency: str
) -> None:
    found = values(text)
    assert found.pop("issuer", "").removesuffix(" SARL") == issuer  # type: ignore[union-attr]
    assert found == {"invoice_number": number, "date": date, "amount": amount, "currency": currency}


def test_a_value_stands_in_the_document_with_its_words_and_no_box_where_there_are_no_pages() -> None:
    answers = read(ENGLISH)
    for name in INVOICE.shown:
        found = answers.found(name)
        assert found.value
        assert found.value in answers.reading.form.text
        assert " ".join(found.words).find(found.value.split()[0]) >= 0
        assert found.place
        assert (found.page, found.box) == (None, None)
        assert 0.5 <= found.confidence <= 1


@pytest.mark.parametrize(
    ("name", "without"),
    [
        ("invoice_number", "Invoice No.       MT-20417\n"),
        ("date", "Invoice date      04/03/2024\n"),
        ("amount", "Total                                       £120.00\n"),
        ("issuer", ENGLISH[: ENGLISH.index("Bill to")]),
    ],
)
def test_a_missing_field_is_said_to_be_missing_though_others_look_alike(name: str, without: str) -> None:
    found = values(ENGLISH.replace(without, ""))
    assert found.pop(name) is None
    assert None not in found.values()


def test_the_first_page_of_two_has_no_total_whatever_its_column_is_called() -> None:
    first_page = ENGLISH[: ENGLISH.index("Subtotal")].replace("Amount", "Total ")
    assert values(first_page)["amount"] is None
    assert values(first_page + "Carried forward                              100.00")["amount"] is None


def test_a_currency_before_the_total_does_not_hide_its_label() -> None:
    found = read(ENGLISH.replace("Total                                       £120.00", "Amount due      GBP 120.00"))
    assert found.found("amount").normalised == "120.00"
    assert found.found("amount").confidence > 0.9


def test_a_credit_note_has_a_negative_total() -> None:
    text = (
        ENGLISH.replace("Invoice", "Credit Note").replace("100.00", "-100.00").replace(" 20.00\nTotal", "-20.00\nTotal")
    )
    assert values(text.replace("£120.00", "-£120.00"))["amount"] == "-120.00"


def test_a_currency_that_is_nowhere_named_is_told_by_the_country_and_less_sure() -> None:
    text = DUTCH.replace("EUR", "   ")
    found = read(text).found("currency")
    assert found.normalised == "EUR"
    assert found.value
    assert found.value in text


def test_what_is_no_invoice_is_not_taken_for_one() -> None:
    text = "The garden in spring\n\nTulips need sun.\nPlant them on 3 October 2021, ten centimetres deep."
    assert not read(text).is_of_kind()
    assert read(ENGLISH).is_of_kind()


DELIVERY = """
description = "Delivery notes"
signs = ["delivery note"]
[fields.note]
type = "identifier"
labels = ["note number"]
[fields.carrier]
type = "choice"
required = false
[fields.carrier.choices]
road = ["truck", "van"]
rail = ["train"]
[fields.receiver]
type = "text"
labels = ["received by"]
[fields.account]
type = "iban"
required = false
labels = ["account"]
[fields.contact]
type = "email"
repeated = true
required = false
labels = ["contact"]
"""


def test_a_schema_of_ones_own_with_every_kind_of_field() -> None:
    text = """
Delivery note
Note number: DN-881        Order number: 17
Received by: Mary Major
Account: DE30 5075 0094 0000 0485 67
Contact: one@example.com
Contact: two@example.com
Sent by truck
"""
    schema = parse_schema(DELIVERY, "delivery", "delivery.toml")
    found = values(text, schema)
    assert found["note"] == "DN-881"
    assert found["receiver"] == "Mary Major"
    assert found["account"] == "DE30507500940000048567"
    assert found["carrier"] == "road"
    contacts = weigh(form(text), schema, Learned()).all_found("contact")
    assert [one.normalised for one in contacts] == ["one@example.com", "two@example.com"]


REPORT = """
St. Anna Hospital
Dept. of Cardiology, 4 Park Road, Leeds LS2 9JT   Tel. 0113 4960000

Patient: John Sample            Date of birth: 12/05/1956
Date of report: 03/02/2024
Admission: 28/01/2024           Discharge: 02/02/2024

Diagnosis: Atrial fibrillation
Consultant: Dr. Ada Physician
"""


def test_a_medical_report() -> None:
    found = values(REPORT, load_schema("medical-report", Path()))
    assert found["patient"] == "John Sample"
    assert found["date_of_birth"] == "1956-05-12"
    assert found["report_date"] == "2024-02-03"
    assert found["diagnosis"] == "Atrial fibrillation"


RECEIPT = """
        CORNER SHOP LTD
   12 Mill Lane, Leeds LS1 4AB
     VAT No. GB123456789

 Milk                     1.20
 Bread                    2.30

 TOTAL                   £3.50
 CASH                    £5.00
 CHANGE                  £1.50

 12/05/2024 14:02
"""


def test_a_receipt() -> None:
    found = values(RECEIPT, load_schema("receipt", Path()))
    assert (found["date"], found["amount"], found["currency"]) == ("2024-05-12", "3.50", "GBP")
    assert found["payment"] == "cash"
