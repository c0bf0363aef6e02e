"""What the desk is made of, as the plain data that the page draws. Pure functions, no Streamlit."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from rag.jobs.types import Job, JobState, Lane
from ui import texts
from ui.chat.views import View, label

LOW_DISK_GB = 2.0
"""With less free, a download or a training run may not find the room that it needs."""
_HASH_SHOWN = 12
_ORIGINS = {
    "package": "a Python package",
    "folder": "a folder of this machine",
    "cache": "the Hugging Face cache",
    "hub": "the Hugging Face hub",
}
_LANES: Mapping[Lane, str] = {
    "documents": "Documents",
    "checks": "Checks of training data",
    "training": "Training",
    "measuring": "Measuring",
    "forms": "Forms",
}
_STATES: Mapping[JobState, str] = {
    "working": "under way",
    "waiting": "waiting",
    "interrupted": "interrupted",
    "failed": "failed",
}


def status_view(report: Mapping[str, Any], jobs: Sequence[Job], *, zone: tzinfo, locale: str, now: datetime) -> View:
    """``report`` is what ``Maintenance.diagnosis`` gives. A path is shown only where an error names it."""
    wrong = problems(report)
    held, machine, reading = report["knowledge_base"], report["machine"], report["reading"]
    knowledge = [] if isinstance(held, str) else _knowledge(held, zone=zone, locale=locale, now=now)
    return {
        "well": "" if wrong else "Everything is as it should be.",
        "problems": wrong,
        "sections": [
            {"title": "Models", "facts": [_model(role, model) for role, model in report["models"].items()]},
            {"title": "Knowledge base", "facts": [*knowledge, *_fitted(report["fitted_numbers"])]},
            {"title": "Background work", "facts": _work(jobs, zone=zone, locale=locale, now=now)},
            {
                "title": "Machine",
                "facts": [
                    _fact("Free disk", _gigabytes(machine["free_disk_gb"])),
                    _fact("Processor", machine["cpu"], texts.counted(machine["threads"], "thread")),
                    _fact("GPU", machine["gpu"]),
                    _fact("System", f"{machine['system']} · Python {machine['python']} · torch {machine['torch']}"),
                    _fact("Network, while a file is read", reading["network"]),
                    _fact("Words in pictures", reading["pictures"]),
                ],
            },
        ],
    }


def problems(report: Mapping[str, Any]) -> list[View]:
    """What is not as it should be, and what to do about it."""
    found = [
        _problem(f"{label(role)}: {model['problem']}") for role, model in report["models"].items() if "problem" in model
    ]
    # Each of the two is an error in words where it could not be told; both meet the same one in a damaged home.
    untold = (report[part] for part in ("knowledge_base", "fitted_numbers") if isinstance(report[part], str))
    found += [_problem(error) for error in dict.fromkeys(untold)]
    held = report["knowledge_base"]
    if not isinstance(held, str) and "other_languages" in held:
        what = "Some documents are in other languages than English, which alone their search by meaning knows"
        found.append(_problem(what, held["other_languages"]))
    fitted = report["fitted_numbers"]
    if not isinstance(fitted, str) and fitted["unfitted"]:
        found.append(_problem(f"Not fitted to the models in use: {fitted['unfitted']}", fitted["remedy"]))
    if report["machine"]["free_disk_gb"] < LOW_DISK_GB:
        free = _gigabytes(report["machine"]["free_disk_gb"])
        found.append(_problem(f"The disk is nearly full, {free} are free", "Make room before more is taken in"))
    if report["reading"]["network"] != "cut off":
        found.append(_problem(f"While a file is read, the network is {report['reading']['network']}"))
    return found


def _problem(what: str, remedy: str = "") -> View:
    return {"what": texts.ended(what), "remedy": texts.ended(remedy)}


def _fact(name: str, value: object, *more: str) -> View:
    return {"name": name, "value": str(value), "more": [line for line in more if line]}


def _model(role: str, model: Mapping[str, Any]) -> View:
    """A role, and which model does it: from where, with which fingerprint, by which engine, and why."""
    named = Path(model["model"]).name if model.get("origin") == "folder" else model.get("model")
    value = " · ".join(part for part in (model.get("engine"), named) if part)
    hashes = [
        f"{word} {model[key][:_HASH_SHOWN]}"
        for word, key in (("fingerprint", "sha256"), ("adapter", "adapter_sha256"))
        if model.get(key)
    ]
    source = _ORIGINS.get(model.get("origin", ""))
    origin = " · ".join([*([f"From {source}"] if source else []), *hashes])
    why = [str(model[key]) for key in ("reason", "backend") if model.get(key)]
    return _fact(label(role), value or "no model", origin, *why)


def _knowledge(held: Mapping[str, Any], *, zone: tzinfo, locale: str, now: datetime) -> list[View]:
    changed = texts.moment(held["changed_at"], zone=zone, locale=locale, now=now)
    return [
        _fact("Documents", f"{held['documents']:,}", f"Last changed {changed}" if changed else ""),
        _fact("Passages", f"{held['chunks']:,}"),
        _fact("Collections", f"{held['collections']:,}"),
        _fact("Indexed by", Path(held["embedding"]).name if held["embedding"] else "no model yet"),
    ]


def _fitted(fitted: Mapping[str, Any] | str) -> list[View]:
    if isinstance(fitted, str):
        return []
    whose = "those that come with Refdesk" if fitted["from"] == "Refdesk" else "your own"
    unfitted = f"Fitted to other models: {fitted['unfitted']}." if fitted["unfitted"] else ""
    return [_fact("Fitted numbers", whose, unfitted or "Fitted to the models in use.", fitted.get("remedy", ""))]


def _work(jobs: Sequence[Job], *, zone: tzinfo, locale: str, now: datetime) -> list[View]:
    """What there is to do in each lane, since when it waits, and what somebody has to see to."""
    facts = []
    for lane, name in _LANES.items():
        here = [job for job in jobs if job.lane == lane and job.state in _STATES]
        if here:
            states = Counter(job.state for job in here)
            said = ", ".join(f"{states[state]:,} {word}" for state, word in _STATES.items() if states[state])
            oldest = min((job.queued_at for job in here if job.state == "waiting"), default="")
            since = texts.moment(oldest, zone=zone, locale=locale, now=now)
            facts.append(_fact(name, said, f"Waiting since {since}" if since else ""))
    return facts or [_fact("Jobs", "none")]


def _gigabytes(amount: float) -> str:
    return f"{amount:,.1f} GB"
