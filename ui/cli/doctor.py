"""``refdesk doctor``: which model does what, from where and why, and whether the machine is in order."""

import typer

from rag.access.types import LOCAL_OWNER
from rag.settings.model import load_settings
from ui.cli.desk import open_desk
from ui.cli.output import HomeOption, JsonOption, print_json, say


def doctor(context: typer.Context, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Explain what this desk runs on, and what is wrong with it."""
    with open_desk(context, load_settings(home)) as desk:
        report = desk.maintenance.diagnosis(LOCAL_OWNER)
    if as_json:
        print_json(report)
        return
    say(f"Data folder: {report['home']}")
    for name, value in report["machine"].items():
        say(f"  {name}: {value}")
    for role, model in report["models"].items():
        say(" ".join([f"{role.capitalize()}:", *(model[key] for key in ("engine", "model") if model.get(key))]))
        for key in ("reason", "origin", "path", "sha256", "adapter", "adapter_sha256", "backend", "problem"):
            if model.get(key):
                say(f"  {key}: {model[key]}")
    say("Reading documents:")
    for name, value in report["reading"].items():
        say(f"  {name}: {value}")
    for title, key in (("Knowledge base", "knowledge_base"), ("Fitted numbers", "fitted_numbers")):
        known = report[key]
        say(f"{title}:")
        for name, value in known.items() if isinstance(known, dict) else [("problem", known)]:
            say(f"  {name}: {value or 'none'}")
