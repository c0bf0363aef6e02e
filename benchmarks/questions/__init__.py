"""People's questions to two corpora written for them: a company's shared folder, and a statute with a tale."""
