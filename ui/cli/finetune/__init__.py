"""``refdesk finetune``: models trained on the person's own data."""

import typer

from ui.cli.finetune import check, classifier, compare, export, generator, pairs, reader, sample

app = typer.Typer(rich_markup_mode=None, help="Train a model on your own data.")
app.command("generator")(generator.generator)
app.command("check")(check.check)
app.command("reader")(reader.reader)
app.command("classifier")(classifier.classifier)
app.command("compare")(compare.compare)
app.command("pairs")(pairs.pairs)
app.command("sample")(sample.sample)
app.command("export")(export.export)
