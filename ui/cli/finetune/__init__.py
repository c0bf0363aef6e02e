"""``refdesk finetune``: models trained on the person's own data."""

import typer

from ui.cli.finetune.generator import generator
from ui.cli.finetune.reader import reader

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.command("reader")(reader)
app.command("generator")(generator)
