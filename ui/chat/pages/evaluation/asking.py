"""Asking questions of one's own: the files that hold them, and what is being measured."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from rag.desk.protocols import Desk
from rag.jobs.types import Job
from ui import texts
from ui.chat.components import draw
from ui.chat.pages.evaluation.views import measuring_view
from ui.chat.session import get_desk, reader, reader_locale, reader_zone
from ui.chat.views import notice_view
from vectorstore.errors import RefdeskError
from vectorstore.types import EVERYTHING

_POLL_SECONDS = 1.0
_LARGEST_MB = 5
_SUFFIXES = ["json", "yaml", "yml"]
_ALL = "All documents"
_CHOSEN, _UPLOADS, _SAID = "question-file", "question-uploads", "question-said"
_FORM = """
A file, JSON or YAML, of what people really ask, and of how you tell a right answer:

```yaml
questions:
- ask: How long is the warranty of a pump?
  must: ['(?i)(24|twenty-four) months']    # the answer holds each of these regular expressions
  not: '(?i)lifetime'                      # and none of these
  doc: '(?i)warranty'                      # and cites a document with this title
- ask: Who founded the company?
  abstain: true                            # the documents do not say: silence is right
```

An entry of `must` may be a list of wordings, of which one is enough. On the command line:
`refdesk evaluate questions FILE --at-least 0.8`.
"""


def draw_asking(desk: Desk, *, first: bool) -> None:
    """Files of questions, and what asks them. It is open at the ``first`` time. Raises RefdeskError."""
    with st.expander("Ask your own questions", expanded=first):
        files = desk.evaluations.question_files(reader())
        _draw_upload(desk)
        _draw_files(desk, files)
        if said := st.session_state.pop(_SAID, ""):
            st.text(said)
    _draw_jobs(desk)


def _draw_upload(desk: Desk) -> None:
    with st.popover("What the file has to hold", type="tertiary"):
        st.markdown(_FORM)
    sent = st.session_state.setdefault(_UPLOADS, 0)
    came = st.file_uploader("Add a file of questions", _SUFFIXES, key=f"{_UPLOADS}-{sent}", max_upload_size=_LARGEST_MB)
    if came is None:
        return
    try:
        path = desk.evaluations.keep_question_file(reader(), came.name, came.getvalue())
    except RefdeskError as error:
        draw("notice", "question-trouble", notice_view(error))
    else:
        st.session_state[_UPLOADS] += 1  # an uploader of another name is empty
        st.session_state[_CHOSEN] = path
        st.rerun()


def _draw_files(desk: Desk, files: Sequence[Path]) -> None:
    if not files:
        if st.button("Make a file of judged answers", icon=":material/thumbs_up_down:"):
            _add_judged(desk)
        return
    left, right = st.columns(2)
    if st.session_state.get(_CHOSEN) not in files:
        st.session_state[_CHOSEN] = files[0]
    file = left.selectbox("Questions", files, format_func=lambda path: path.name, key=_CHOSEN)
    names = [one.name for one in desk.documents.collections(reader(), EVERYTHING) if one.documents]
    collection = right.selectbox("Asked of", [_ALL, *names])
    with st.container(horizontal=True):
        if st.button("Ask them", icon=":material/play_arrow:", type="primary"):
            chosen = "" if collection == _ALL else collection
            desk.jobs.evaluate(reader(), "questions", str(file), collection=chosen)
            st.rerun()
        if file.suffix == ".json" and st.button("Add judged answers", icon=":material/thumbs_up_down:"):
            _add_judged(desk, file)
        st.download_button("Download", file.read_bytes(), file.name, icon=":material/download:", on_click="ignore")
        if st.button("Ask judged answers again", icon=":material/replay:"):
            desk.jobs.evaluate(reader(), "golden")
            st.rerun()


def _add_judged(desk: Desk, file: Path | None = None) -> None:
    file, added, unclear = desk.evaluations.add_judged(reader(), file)
    left_out = f" {unclear:,} left out: judged wrong, and nobody has said what would be right." if unclear else ""
    st.session_state[_SAID] = f"{texts.counted(added, 'question')} added to {file.name}.{left_out}"
    st.rerun()


def _draw_jobs(desk: Desk) -> None:
    """What is measured; looked at again, without the rest of the page, for as long as something is."""
    if any(not job.ended for job in _jobs(desk)):
        st.fragment(_follow, run_every=_POLL_SECONDS)()
    else:
        with st.container():
            _draw_cards(desk)


def _follow() -> None:
    desk = get_desk()
    desk.jobs.see_to(reader())
    _draw_cards(desk)
    if all(job.ended for job in _jobs(desk)):
        st.rerun()  # the whole page: there is another evaluation now


def _jobs(desk: Desk) -> list[Job]:
    """What is measured or could not be; what was measured is among the evaluations."""
    return [job for job in desk.jobs.list(reader(), "measuring") if job.kind == "evaluate" and job.state != "done"]


def _draw_cards(desk: Desk) -> None:
    zone, locale, now = reader_zone(), reader_locale(), datetime.now(UTC)
    cards = [measuring_view(job, zone=zone, locale=locale, now=now) for job in _jobs(desk)]
    done = draw("jobs", "measuring", {"jobs": cards})
    if stopped := done.get("stop"):
        desk.jobs.stop(reader(), int(stopped))
    elif closed := done.get("close"):
        desk.jobs.forget(reader(), int(closed))
    if done:
        st.rerun()
