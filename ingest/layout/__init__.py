"""Words with their places on pages, for forms and for showing a page."""
