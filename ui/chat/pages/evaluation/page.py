"""The page with the stored evaluations: figures, weak spots, comparison, failures."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

import streamlit as st

from rag.desk.curator_protocols import Evaluations
from rag.evaluation.tables import failures, flat, shown, slice_tables
from rag.evaluation.types import Item, Run, RunHead
from ui import texts
from ui.chat.components import draw
from ui.chat.pages.evaluation import charts
from ui.chat.pages.evaluation.asking import draw_asking
from ui.chat.pages.evaluation.views import (
    changes_view,
    comparison_view,
    failure_view,
    figures_view,
    slice_view,
    wrong_view,
)
from ui.chat.session import get_desk, reader, reader_locale, reader_zone
from ui.chat.views import label, notice_view, table
from vectorstore.errors import RefdeskError

_HOW = "How good the answers are. What `refdesk evaluate` measures on the command line is shown here too."
_NONE = "There are no evaluations yet."
_A_PAGE = 20
_ALL = "All"
_ASKED_AT_HOME = ("questions", "golden", "counterfactuals")
"""The kinds of runs that ask the documents of this desk; the others take in documents of their own."""


def draw_evaluation(what_if: st.Page) -> None:
    """The page; ``what_if`` is the one to which a question can be taken."""
    desk = get_desk()
    evaluations = desk.evaluations
    with st.container(key="curators"):
        st.title("Evaluation", anchor=False)
        st.caption(_HOW)
        kept = evaluations.list(reader())
        try:
            draw_asking(desk, first=not kept)
        except RefdeskError as error:
            draw("notice", "asking-trouble", notice_view(error))
        if not kept:
            st.markdown(_NONE)
            return
        heads = {run: _head(evaluations, run) for run in kept}
        names = _names(heads)
        chosen = st.selectbox("Evaluation", kept, format_func=names.__getitem__)
        try:
            run = evaluations.load(reader(), chosen)
            alike = [other for other, head in heads.items() if head and head.kind == run.kind and other != chosen]
            _draw_run(evaluations, run, {other: names[other] for other in alike}, what_if)
        except RefdeskError as error:
            draw("notice", "run-trouble", notice_view(error))


def _head(evaluations: Evaluations, run: str) -> RunHead | None:
    try:
        return evaluations.head(reader(), run)
    except RefdeskError:  # said in full when it is chosen
        return None


def _names(heads: Mapping[str, RunHead | None]) -> dict[str, str]:
    """What the list says of each run, no two alike."""
    zone, locale, now = reader_zone(), reader_locale(), datetime.now(UTC)
    names = {
        run: f"{label(head.kind)} · {head.data} · {texts.moment(head.started, zone=zone, locale=locale, now=now)}"
        if head
        else "Damaged"
        for run, head in heads.items()
    }
    often = Counter(names.values())
    return {run: name if often[name] == 1 else f"{name} · {run}" for run, name in names.items()}


def _draw_run(evaluations: Evaluations, run: Run, others: Mapping[str, str], what_if: st.Page) -> None:
    figures, weak, compared, wrong = st.tabs(["Figures", "Weak spots", "Compare", "Failures"], on_change="rerun")
    if figures.open:
        with figures:
            _draw_figures(run)
    elif weak.open:
        with weak:
            _draw_weak_spots(run)
    elif compared.open:
        with compared:
            _draw_comparison(evaluations, run, others)
    elif wrong.open:
        with wrong:
            _draw_failures(run, failures(run.items), what_if)


def _draw_figures(run: Run) -> None:
    draw("table", f"figures-{run.id}", figures_view(run))
    if run.kind == "questions":
        st.subheader("What went wrong", anchor=False)
        draw("table", f"wrong-{run.id}", wrong_view(run))
    if run.curve:
        caution = run.setup["settings"].get("answering", {}).get("caution", 0.0)  # runs of old know no such setting
        st.subheader("Answering less, answering right", anchor=False)
        st.caption(
            "What happens if only the surest answers are given: the setting `answering.caution`, from 1 on the left "
            "down to 0. The dot is the desk as it was measured."
        )
        left, right = st.columns(2)
        left.vega_lite_chart(spec=charts.risk_coverage(run.curve, caution), alt="Risk against coverage")
        right.vega_lite_chart(spec=charts.false_answers(run.curve, caution), alt="False answers against answers")
    with st.expander("What was measured"):
        rows = [[name, shown(value)] for name, value in flat(run.setup)]
        draw("table", f"setup-{run.id}", table(["Setting", "Value"], rows))


def _draw_weak_spots(run: Run) -> None:
    tables = slice_tables(run)
    if not tables:
        st.markdown("All questions are of one kind.")
    for found in tables:
        draw("table", f"slice-{run.id}-{found.name}", slice_view(found))
        if found.left_out:
            st.caption(f"The {len(found.rows)} largest of {len(found.rows) + found.left_out}.")


def _draw_comparison(evaluations: Evaluations, run: Run, others: Mapping[str, str]) -> None:
    if not others:
        st.markdown("There is no other evaluation of this kind to compare with.")
        return
    before = st.selectbox(
        "Compare with", list(others), index=None, format_func=others.__getitem__, placeholder="Choose an evaluation"
    )
    if before is None:
        return
    try:
        with st.spinner("Comparing"):
            comparison = evaluations.compare(reader(), before, run.id)
    except RefdeskError as error:
        draw("notice", "comparison-trouble", notice_view(error))
        return
    asked = texts.counted(comparison.questions, "question")
    st.markdown(f"Of {asked} that both asked, {comparison.better:,} went better and {comparison.worse:,} worse.")
    if not comparison.same_data:
        st.caption("The two used different data; only questions with the same id are compared.")
    key = f"{before}-{run.id}"
    draw("table", f"compared-{key}", comparison_view(comparison))
    if comparison.changes:
        draw("table", f"changes-{key}", changes_view(comparison))


def _draw_failures(run: Run, failed: list[Item], what_if: st.Page) -> None:
    if not failed:
        st.markdown("No question went wrong.")
        return
    left, right = st.columns(2)
    words_sought = left.text_input("Find", placeholder="Words of the question or an answer")
    kinds = {f"{label(name)}: {value}": (name, value) for item in failed for name, value in item.slices.items()}
    kind = right.selectbox("Kind of question", [_ALL, *sorted(kinds)])
    found = [
        item
        for item in failed
        if (kind == _ALL or item.slices.get(kinds[kind][0]) == kinds[kind][1])
        and all(word in _searched(item) for word in words_sought.casefold().split())
    ]
    state = f"failures-shown-{run.id}-{kind}-{words_sought}"
    many = st.session_state.get(state, _A_PAGE)
    st.caption(f"{len(found):,} of {texts.counted(len(run.items), 'question')}, worst first.")
    items = [failure_view(item, run.kind) for item in found[:many]]
    done = draw("failures", f"failures-{run.id}", {"items": items, "tried": run.kind in _ASKED_AT_HOME})
    if question := done.get("ask"):
        st.switch_page(what_if, query_params={"q": question})
    if len(found) > many and st.button(f"Show {min(_A_PAGE, len(found) - many)} more"):
        st.session_state[state] = many + _A_PAGE
        st.rerun()


def _searched(item: Item) -> str:
    return " ".join([item.question, *item.gold, item.given]).casefold()
