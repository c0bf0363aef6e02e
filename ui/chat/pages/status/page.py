"""The page that says what the desk is made of, and whether it is well: what ``refdesk doctor`` prints, for the eye."""

from datetime import UTC, datetime

import streamlit as st

from ui.chat.components import draw
from ui.chat.pages.status.views import status_view
from ui.chat.session import get_desk, reader, reader_locale, reader_zone
from ui.chat.views import notice_view
from vectorstore.errors import RefdeskError


def draw_status() -> None:
    desk = get_desk()
    with st.container(key="curators"):
        st.title("Status", anchor=False)
        st.caption("What answers are made with, and whether it is in order. On the command line: `refdesk doctor`.")
        try:
            with st.spinner("Looking"):
                report, jobs = desk.maintenance.diagnosis(reader()), desk.jobs.list(reader())
        except RefdeskError as error:
            draw("notice", "status-trouble", notice_view(error))
            return
        zone, locale, now = reader_zone(), reader_locale(), datetime.now(UTC)
        draw("health", "health", status_view(report, jobs, zone=zone, locale=locale, now=now))
