"""The chat and the pages beside it, drawn by Streamlit."""
