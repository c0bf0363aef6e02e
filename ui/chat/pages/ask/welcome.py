"""The page before the first question."""

from datetime import UTC, datetime

from rag.desk.protocols import Desk
from ui import texts
from ui.chat.components import draw
from ui.chat.pages.ask.asking import ask
from ui.chat.session import reader, reader_locale, reader_zone
from ui.chat.views import View
from vectorstore.types import EVERYTHING

LEAD = (
    "Refdesk answers from your own documents. Every sentence opens the passage it stands on, "
    "and where the documents do not hold the answer, it says so."
)
FIRST_STEPS = [
    {"command": "refdesk ingest FOLDER", "does": "adds the documents of a folder; for a second terminal"},
    {
        "command": "make run DOCS=FOLDER",
        "does": "adds them and starts Refdesk; for a terminal in the program's own folder",
    },
]


def draw_welcome(desk: Desk) -> None:
    """Say what Refdesk is and what it holds; offer questions, or with no documents the way to add some."""
    done = draw("welcome", "welcome", welcome_view(desk))
    if question := done.get("ask"):
        ask(desk, None, question)


def welcome_view(desk: Desk) -> View:
    holdings = desk.documents.holdings(reader(), EVERYTHING)
    if holdings.documents == 0:
        title = "There are no documents yet"
        line = "Drop some on the page “Documents”, or use one of these commands and reload this page."
    else:
        title = "Ask your documents"
        line = texts.holdings_line(holdings, zone=reader_zone(), locale=reader_locale(), now=datetime.now(UTC))
    return {
        "title": title,
        "lead": LEAD,
        "holdings": line,
        "questions": list(desk.questions.suggestions(reader(), EVERYTHING)) if holdings.documents else [],
        "steps": FIRST_STEPS if holdings.documents == 0 else [],
    }
