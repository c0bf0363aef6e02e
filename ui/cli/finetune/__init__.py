"""``refdesk finetune``: models trained on the person's own data."""

import typer

from ui.cli.finetune.classifier import classifier
from ui.cli.finetune.export import export
from ui.cli.finetune.generator import generator
from ui.cli.finetune.pairs import pairs
from ui.cli.finetune.reader import reader

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.command("reader")(reader)
app.command("generator")(generator)
app.command("classifier")(classifier)
app.command("export")(export)
app.command("pairs")(pairs)
