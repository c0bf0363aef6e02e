"""What the browser says about its reader: time zone and language."""

from datetime import tzinfo

import streamlit as st

from ui.texts import zone_named


def reader_zone() -> tzinfo:
    return zone_named(st.context.timezone)


def reader_locale() -> str:
    return st.context.locale or ""
