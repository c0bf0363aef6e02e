"""Jobs as the plain data that the page draws. Pure functions, no Streamlit."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo

from rag.jobs.types import FileStatus, Job, JobFile
from ui import texts
from ui.chat.views import View

LISTED = 200
"""So many files of a job are listed."""

_STATUS: Mapping[FileStatus, str] = {
    "waiting": "Waiting",
    "indexed": "Added",
    "unchanged": "Unchanged",
    "refused": "Not read",
}


def job_view(
    job: Job, files: Sequence[JobFile], name_of: Callable[[str], str], *, zone: tzinfo, locale: str, now: datetime
) -> View:
    """A job with ``files``, up to ``LISTED`` of its files, those first that were not read."""
    refused = job.counts.get("refused", 0)
    incomplete = any(file.detail for file in files)
    more = job.files - len(files)
    return {
        "id": str(job.id),
        "title": job_title(job),
        "running": not job.ended,
        "share": _share(job) if job.state == "working" else 0.0,
        "line": job_line(job, zone=zone, locale=locale, now=now),
        "error": texts.ended(job.error),
        "summary": texts.counted(job.files, "file") + (f", {refused:,} not read" if refused else "") if files else "",
        "opened": incomplete and job.ended,
        "files": [
            {"name": name_of(file.path), "status": _status(file), "why": texts.ended(file.detail)} for file in files
        ],
        "more": f"… and {texts.counted(more, 'file')} more" if more else "",
        "retry": "Try again what was not read" if refused and job.ended else "",
    }


def _status(file: JobFile) -> str:
    return "Read in part" if file.detail and file.status in ("indexed", "unchanged") else _STATUS[file.status]


def job_title(job: Job) -> str:
    match job.kind:
        case "ingest":
            return f"{'Added' if job.ended else 'Adding'} {texts.counted(job.files, 'file')} to {job.collection}"
        case "sync":
            return f"{'Made' if job.ended else 'Making'} {job.collection} equal to its folders"
        case "verify":
            return f"{'Checked' if job.ended else 'Checking'} everything that is stored"
        case _:
            return f"{'Repaired' if job.ended else 'Repairing'} what can be made again"


def job_line(job: Job, *, zone: tzinfo, locale: str, now: datetime) -> str:
    """How far a job is, or how it ended."""
    if job.state == "waiting":
        return f"Waits for its turn · since {texts.moment(job.queued_at, zone=zone, locale=locale, now=now)}"
    if job.state == "working":
        if job.stop_wanted:
            return "Stopping"
        parts = []
        if job.files:
            parts = [f"{_done(job):,} of {texts.counted(_total(job), 'file')}", *_passages(job)]
        return " · ".join([*parts, job.stage or "Starting", *_left(job, now)])
    ended = texts.moment(job.ended_at, zone=zone, locale=locale, now=now)
    if job.kind in ("verify", "repair"):
        said = texts.counted(len(job.findings), "finding") if job.findings else "Everything is whole"
        return " · ".join([said if job.state == "done" else "Not finished", ended])
    counted = [f"{job.counts[status]:,} {_STATUS[status].lower()}" for status in _STATUS if job.counts.get(status)]
    return " · ".join([*(["Stopped"] if job.state == "stopped" else []), ", ".join(counted), *_passages(job), ended])


def _passages(job: Job) -> list[str]:
    return [texts.counted(job.chunks, "passage")] if job.chunks else []


def _done(job: Job) -> int:
    return job.files - job.counts.get("waiting", 0)


def _total(job: Job) -> int:
    """All files of a job. Those of a folder that is followed are named only as they are done."""
    return max(job.files, job.total) if job.kind == "sync" else job.files


def _share(job: Job) -> float | None:
    return _done(job) / _total(job) if job.files and _done(job) else None


def _left(job: Job, now: datetime) -> list[str]:
    """A guess at the time left, once there is something to guess from."""
    share = _share(job)
    if not share or not job.started_at:
        return []
    passed = (now - datetime.fromisoformat(job.started_at)).total_seconds()
    seconds = passed / share - passed
    return [f"about {texts.counted(round(seconds / 60), 'minute')} left"] if seconds >= 90 else []
