"""The pages, the chat first, drawn from top to bottom on every run of the script."""

import streamlit as st

from rag.desk.protocols import Desk
from ui.chat.components import asset, draw
from ui.chat.pages.ask.asking import draw_input
from ui.chat.pages.ask.conversation import draw_turns
from ui.chat.pages.ask.sidebar import draw_sidebar
from ui.chat.pages.ask.sources import draw_source
from ui.chat.pages.ask.welcome import draw_welcome
from ui.chat.pages.documents.page import draw_documents
from ui.chat.pages.evaluation.page import draw_evaluation
from ui.chat.pages.forms.page import draw_forms
from ui.chat.pages.status.page import draw_status
from ui.chat.pages.training.page import draw_training
from ui.chat.pages.what_if.page import draw_what_if
from ui.chat.session import get_desk, reader
from ui.chat.views import View, notice_view
from vectorstore.errors import RefdeskError

GONE: View = {"what": "This conversation is not here any more.", "remedy": "Ask a question to begin a new one."}


def draw_page() -> None:
    """The script that Streamlit runs (`entry/refdesk.py`)."""
    # The icon is given as text: a Material symbol as favicon would be fetched from Google.
    st.set_page_config(page_title="Refdesk", page_icon=asset("refdesk.svg"), layout="centered")
    st.logo(asset("wordmark.svg"), size="large")
    st.html(f"<style>{asset('page.css')}</style>")
    chat = st.Page(_draw_chat, title="Ask", default=True)
    what_if = st.Page(draw_what_if, title="What if", url_path="what-if")
    evaluation = st.Page(lambda: draw_evaluation(what_if), title="Evaluation", url_path="evaluation")
    documents = st.Page(draw_documents, title="Documents", url_path="documents")
    forms = st.Page(draw_forms, title="Forms", url_path="forms")
    training = st.Page(draw_training, title="Fine-tuning", url_path="fine-tuning")
    status = st.Page(draw_status, title="Status", url_path="status")
    st.navigation({"": [chat, documents, forms], "For curators": [evaluation, what_if, training, status]}).run()


def _draw_chat() -> None:
    try:
        _draw_conversation(get_desk())
    except RefdeskError as error:
        draw("notice", "trouble", notice_view(error))


def _draw_conversation(desk: Desk) -> None:
    # Containers of their own keep each part at its place in the page whatever the others hold, so none is built anew.
    middle, panel = st.container(), st.container()
    wanted = st.query_params.get("c")
    conversation = desk.conversations.get(reader(), wanted) if wanted else None
    current = conversation.id if conversation else None
    draw_sidebar(desk, current)
    with middle:
        if conversation:
            draw_turns(desk, conversation)
        elif wanted:
            draw("notice", "gone", GONE)
        else:
            draw_welcome(desk)
    draw_input(desk, current)
    if conversation:
        with panel:
            draw_source(desk, conversation)
