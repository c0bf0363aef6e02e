"""The page on which a question, or a passage, is changed to see what follows; and a person's words swapped."""

from collections.abc import Mapping

import streamlit as st

from rag.desk.protocols import Desk
from rag.evaluation.counterfactual_edits import counterfactuals_of
from rag.evaluation.types import UNEDITED, Trial
from ui import texts
from ui.chat.components import draw
from ui.chat.pages.what_if.views import counterfactuals_view, flip_rate, trial_view
from ui.chat.session import get_desk, reader
from ui.chat.views import notice_view
from vectorstore.errors import RefdeskError
from vectorstore.types import EVERYTHING

_LEAD = (
    "Ask your documents a question, then change it or one of its passages, and see what follows. "
    "Nothing is stored, and no text is written: this is what happens before a generator writes."
)
_EDITED = (
    "The search still knows the passage as it is stored. All that follows, from reading to the decision, "
    "sees the changed text."
)
_NO_COUNTERFACTUAL = (
    "This question has no word for a person's sex, age or origin that could be swapped. "
    "One that has: May a 30-year-old woman drive with glaucoma?"
)
_LONGEST = 2_000
_TRIALS = "trials"
_KEPT = 20


def draw_what_if() -> None:
    desk = get_desk()
    with st.container(key="curators"):
        st.title("What if", anchor=False)
        st.caption(_LEAD)
        question = (st.text_input("Question", key="q", max_chars=_LONGEST, bind="query-params") or "").strip()
        if not question:
            return
        try:
            trial = _attempt(desk, question)
            if not trial.passages:
                st.markdown("There are no documents yet: add some with `refdesk ingest FOLDER`.")
                return
            changing, swapping = st.tabs(["Change it", "Swap sex, age or origin"], on_change="rerun")
            with changing if changing.open else swapping:
                (_draw_change if changing.open else _draw_counterfactuals)(desk, trial)
        except RefdeskError as error:
            draw("notice", "what-if-trouble", notice_view(error))


def _attempt(desk: Desk, question: str, edits: Mapping[int, str] = UNEDITED) -> Trial:
    """The page is drawn again at every click: what was tried on the present documents is not tried again."""
    kept: dict[object, Trial] = st.session_state.setdefault(_TRIALS, {})
    key = (question, *edits.items(), desk.documents.holdings(reader(), EVERYTHING).changed_at)
    if key not in kept:
        with st.spinner("Searching and reading"):
            kept[key] = desk.questions.try_out(reader(), EVERYTHING, question, edits)
        for oldest in list(kept)[:-_KEPT]:
            del kept[oldest]
    return kept[key]


def _draw_change(desk: Desk, trial: Trial) -> None:
    now, then = st.columns(2, gap="large")
    state = f"edited-{trial.question}"
    with now:
        st.subheader("As it is", anchor=False)
        done = draw("trial", "trial-now", trial_view(trial))
        if chosen := done.get("open"):
            st.session_state[state] = int(chosen)
    edited = next((item.chunk for item in trial.passages if item.chunk.id == st.session_state.get(state)), None)
    with then:
        st.subheader("Changed", anchor=False)
        with st.form("change", border=False):
            question = st.text_area("Changed question", trial.question, max_chars=_LONGEST, height=80).strip()
            text = ""
            if edited:
                st.text(texts.place(edited.title, edited.page))  # labels are markdown, and titles are not
                text = st.text_area("Changed passage", edited.text, key=f"passage-{edited.id}", height=200).strip()
            else:
                st.caption("To change a passage, choose “Change” under it.")
            st.form_submit_button("See what changes")
        edits = {edited.id: text} if edited and text and text != edited.text.strip() else UNEDITED
        if edits:
            st.caption(_EDITED)
        if question and (question != trial.question or edits):
            draw("trial", "trial-then", trial_view(_attempt(desk, question, edits), trial))


def _draw_counterfactuals(desk: Desk, trial: Trial) -> None:
    counterfactuals = counterfactuals_of(trial.question)
    if not counterfactuals:
        st.markdown(_NO_COUNTERFACTUAL)
    else:
        variants = [(counterfactual, _attempt(desk, counterfactual.text)) for counterfactual in counterfactuals]
        st.markdown(flip_rate(trial, [after for _, after in variants]))
        draw("table", "counterfactuals", counterfactuals_view(trial, variants))
    st.caption(
        "The same question about another person. For many questions at once: "
        "`refdesk evaluate counterfactuals QUESTIONS.txt`, with one question a line."
    )
