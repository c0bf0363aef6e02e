"""Fields from forms: labels, layout and the reader, each value with its place and how sure it is."""
