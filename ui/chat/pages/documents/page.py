"""The page of the knowledge base: documents in and out, what is being done with them, and whether all is whole."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePath

import streamlit as st

from ingest.readers.registry import SUFFIXES
from ingest.sources.mapping import MAPPING_FILE
from rag.desk.protocols import Desk
from ui import texts
from ui.chat.components import draw, draw_upload
from ui.chat.pages.documents.views import LISTED, job_view
from ui.chat.session import get_desk, reader, reader_locale, reader_zone
from ui.chat.views import notice_view, table
from vectorstore.errors import RefdeskError
from vectorstore.types import EVERYTHING, Collection, Document, Scope

_POLL_SECONDS = 1.0
_ENDED_SHOWN = 3
_LISTED = 1_000
_ALL = "All"
_DEFAULT = "default"
_LONGEST_NOTICE = 500
_REMOVED = "removed-documents"
"""The documents that were removed last, by this reader."""


def draw_documents() -> None:
    """The page, in a container of its own width."""
    desk = get_desk()
    with st.container(key="curators"):
        st.title("Documents", anchor=False)
        try:
            collections = desk.documents.collections(reader(), EVERYTHING)
            zone, locale = reader_zone(), reader_locale()
            st.caption(
                texts.holdings_line(
                    desk.documents.holdings(reader(), EVERYTHING), zone=zone, locale=locale, now=datetime.now(UTC)
                )
            )
            _draw_adding(desk, collections)
            _draw_jobs(desk)
            listed, refused, removed, kept, whole = st.tabs(
                ["Documents", "Not read", "Removed", "Collections", "Check"], key="documents-part", on_change="rerun"
            )
            if listed.open:
                with listed:
                    _draw_list(desk, collections)
            elif refused.open:
                with refused:
                    _draw_refused(desk)
            elif removed.open:
                with removed:
                    _draw_removed(desk)
            elif kept.open:
                with kept:
                    _draw_collections(desk, collections)
            elif whole.open:
                with whole:
                    _draw_check(desk)
        except RefdeskError as error:
            draw("notice", "documents-trouble", notice_view(error))


def _draw_adding(desk: Desk, collections: Sequence[Collection]) -> None:
    names = list(dict.fromkeys([*(one.name for one in collections), _DEFAULT]))
    chosen = st.selectbox(
        "Add to the collection",
        names,
        index=names.index(_DEFAULT),
        accept_new_options=True,
        help="Choose one, or type the name of a new one: a part of the documents that belongs together.",
    )
    query = {"collection": chosen or _DEFAULT}
    longest = desk.documents.longest_file
    if draw_upload("upload", "uploads", SUFFIXES, longest, query=query, queued=False, mapping=MAPPING_FILE):
        st.rerun()


def _draw_jobs(desk: Desk) -> None:
    """The jobs; they are looked at again, without the rest of the page, for as long as one is being done."""
    if _is_at_work(desk):
        st.fragment(_follow_jobs, run_every=_POLL_SECONDS)()
    else:
        with st.container():  # as a fragment has one: the cards keep their place
            _draw_cards(desk)


def _is_at_work(desk: Desk) -> bool:
    return any(not job.ended for job in desk.jobs.list(reader(), "documents"))


def _follow_jobs() -> None:
    desk = get_desk()
    desk.jobs.see_to(reader())
    _draw_cards(desk)
    if not _is_at_work(desk):
        st.rerun()  # the whole page: there are other documents now


def _draw_cards(desk: Desk) -> None:
    jobs = desk.jobs.list(reader(), "documents")
    shown = [job for job in jobs if not job.ended] + [job for job in jobs if job.ended][:_ENDED_SHOWN]
    zone, locale, now = reader_zone(), reader_locale(), datetime.now(UTC)
    cards = []
    for job in shown:
        files = [*desk.jobs.files(reader(), job.id, "refused", limit=LISTED)]
        files += desk.jobs.files(reader(), job.id, "indexed", "unchanged", "waiting", limit=LISTED - len(files))
        cards.append(job_view(job, files, desk.documents.name_of, zone=zone, locale=locale, now=now))
    done = draw("jobs", "jobs", {"jobs": cards})
    if stopped := done.get("stop"):
        desk.jobs.stop(reader(), int(stopped))
    elif closed := done.get("close"):
        desk.jobs.forget(reader(), int(closed))
    elif (again := done.get("again")) and (tried := desk.jobs.get(reader(), int(again))):
        refused = desk.jobs.files(reader(), tried.id, "refused")
        desk.jobs.try_again(reader(), tried.collection, [file.path for file in refused])
        desk.jobs.forget(reader(), tried.id)
    if done:
        st.rerun()


def _draw_list(desk: Desk, collections: Sequence[Collection]) -> None:
    _draw_undo(desk)
    left, right = st.columns([3, 1])
    sought = left.text_input("Find", placeholder="Words of the title or the path").split()
    chosen = right.selectbox("Collection", [_ALL, *(one.name for one in collections if one.documents)])
    scope = EVERYTHING if chosen == _ALL else Scope(collections=frozenset({chosen}))
    total, found = desk.documents.find(reader(), scope, sought, _LISTED)
    if not found:
        st.markdown("No document has these words." if sought else "There are no documents yet.")
        return
    state = f"chosen-{'-'.join(sought)}-{chosen}-{desk.documents.holdings(reader(), scope).changed_at}-{total}"
    rows = _document_rows(desk, found)
    event = st.dataframe(
        rows,
        key=state,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        height=min(35 * (len(found) + 1) + 3, 620),
        column_config={
            "Size": st.column_config.NumberColumn(format="bytes"),
            "Passages": st.column_config.NumberColumn(format="localized"),
            "Added": st.column_config.DatetimeColumn(format="localized", timezone=str(reader_zone())),
        },
    )
    if total > len(found):
        st.caption(f"The first {len(found):,} of {total:,} by title. Words above find the others.")
    picked = [found[row] for row in event.selection.rows]
    if not picked:
        st.caption("Choose rows at their left edge to read or remove them.")
        return
    if st.button(f"Remove {texts.counted(len(picked), 'document')}", icon=":material/delete:"):
        desk.documents.remove(reader(), scope, [str(document.id) for document in picked], restorable=True)
        st.session_state[_REMOVED] = [document.id for document in picked]
        st.rerun()
    if len(picked) == 1:
        _draw_text(desk, picked[0])


def _document_rows(desk: Desk, documents: Sequence[Document]) -> dict[str, list[object]]:
    return {
        "Title": [document.title for document in documents],
        "Collection": [document.collection for document in documents],
        "Kind": [PurePath(document.path).suffix.removeprefix(".") for document in documents],
        "Size": [document.size for document in documents],
        "Passages": [document.chunks for document in documents],
        "Added": [datetime.fromisoformat(document.indexed_at) for document in documents],
        "File": [desk.documents.name_of(document.path) for document in documents],
    }


def _draw_text(desk: Desk, document: Document) -> None:
    """The stored text of a document, page by page, as answers quote it, and what of it is missing."""
    _, pages = desk.documents.show(reader(), EVERYTHING, str(document.id))
    place = 1
    if len(pages) > 1:
        place = st.number_input(f"Page, of {len(pages):,}", 1, len(pages), key=f"page-{document.id}")
    for note in document.notes:
        st.warning(note, icon=":material/visibility_off:")
    st.caption("The text as it was read; answers quote from it.")
    st.code(pages[place - 1].text if pages else "", language=None, wrap_lines=True, height=400)


def _draw_undo(desk: Desk) -> None:
    removed: list[int] = st.session_state.get(_REMOVED, [])
    if not removed:
        return
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.markdown(f"{texts.counted(len(removed), 'document')} removed.")
    if right.button("Put back", key="undo"):
        desk.documents.restore(reader(), EVERYTHING, removed)
        st.session_state[_REMOVED] = []
        st.rerun()


def _draw_refused(desk: Desk) -> None:
    refusals = desk.documents.refusals(reader(), EVERYTHING)
    total, incomplete = desk.documents.find(reader(), EVERYTHING, limit=_LISTED, incomplete=True)
    if incomplete:
        rows = [[one.title, desk.documents.name_of(one.path), " ".join(one.notes)] for one in incomplete]
        draw("table", "incomplete", table(["Read in part", "File", "What was not read"], rows))
        if total > len(incomplete):
            st.caption(f"The first {len(incomplete):,} of {total:,} by title.")
    if not refusals:
        if not incomplete:
            st.markdown("Every file that was given could be read.")
        return
    st.caption("These files are not tried again until they change, or the way in which they are read does.")
    for collection, listed in refusals.items():
        rows = [[desk.documents.name_of(one.path), one.reason, texts.ended(one.detail)] for one in listed]
        draw("table", f"refused-{collection}", table([f"Not read, for {collection}", "Reason", ""], rows))
        if st.button("Try again", key=f"again-{collection}"):
            desk.jobs.try_again(reader(), collection, [one.path for one in listed])
            st.rerun()


def _draw_removed(desk: Desk) -> None:
    removed = desk.documents.removed(reader(), EVERYTHING)
    days = desk.documents.days_restorable
    if not removed:
        st.markdown(f"Nothing was removed here within the last {days} days.")
        return
    st.caption(
        f"No answer uses these documents. They can be put back for {days} days; then they are gone for good. "
        "A document whose file is in a folder that is kept in sync comes back with the next sync."
    )
    zone, locale, now = reader_zone(), reader_locale(), datetime.now(UTC)
    rows = {
        "Title": [one.title for one in removed],
        "Collection": [one.collection for one in removed],
        "Removed": [texts.moment(one.deleted_at, zone=zone, locale=locale, now=now) for one in removed],
        "File": [desk.documents.name_of(one.path) for one in removed],
    }
    event = st.dataframe(
        rows, key=f"removed-{len(removed)}", hide_index=True, on_select="rerun", selection_mode="multi-row"
    )
    picked = [removed[row].id for row in event.selection.rows] or [one.id for one in removed]
    every = len(picked) == len(removed)
    if st.button(f"Put back {'all' if every else texts.counted(len(picked), 'document')}"):
        desk.documents.restore(reader(), EVERYTHING, picked)
        st.session_state[_REMOVED] = []
        st.rerun()


def _draw_collections(desk: Desk, collections: Sequence[Collection]) -> None:
    if not collections:
        st.markdown("There are no collections yet.")
        return
    zone, locale, now = reader_zone(), reader_locale(), datetime.now(UTC)
    rows = [
        [
            one.name,
            f"{one.documents:,}",
            f"{one.size / 1024**2:,.1f} MB",
            texts.moment(one.synced_at, zone=zone, locale=locale, now=now) or "never",
            one.synced_from,
            one.notice,
        ]
        for one in collections
    ]
    columns = ["Collection", "Documents", "Size", "Last sync", "From", "Notice"]
    draw("table", "collections", table(columns, rows, {1, 2}))
    st.subheader("Notice", anchor=False)
    st.caption("A notice is shown with each answer from the collection, such as “This is no medical advice.”")
    name = st.selectbox("Collection", [one.name for one in collections], key="noticed")
    present = next(one.notice for one in collections if one.name == name)
    with st.form("notice-form", border=False):
        notice = st.text_area("Notice", present, key=f"notice-{name}", max_chars=_LONGEST_NOTICE, height=80)
        if st.form_submit_button("Save"):
            desk.documents.set_notice(reader(), name, notice.strip())
            st.rerun()


def _draw_check(desk: Desk) -> None:
    st.caption("Reads everything that is stored and says what is damaged. Searches go on meanwhile.")
    jobs = desk.jobs.list(reader(), "documents")
    last = next((job for job in jobs if job.kind in ("verify", "repair") and job.state == "done"), None)
    if last and last.findings:
        rows = [[one.what, one.where, "yes" if one.repairable else "no"] for one in last.findings]
        draw("table", f"findings-{last.id}", table(["Found", "Where", "Can be repaired"], rows))
    left, right, _ = st.columns([1, 1, 4])
    if left.button("Check now"):
        desk.jobs.look_after(reader(), "verify")
    elif last and any(one.repairable for one in last.findings) and right.button("Repair"):
        desk.jobs.look_after(reader(), "repair")
    else:
        return
    st.rerun()
