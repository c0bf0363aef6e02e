"""The jobs on documents: taking files in, following a folder, verifying and repairing."""

import dataclasses
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

from ingest.pipeline.ingestion import Ingestion
from ingest.pipeline.outcomes import Progress
from ingest.pipeline.sync import synchronise
from ingest.sources.files import find_files, find_mapping_files
from ingest.sources.mapping import load_mapping
from ingest.sources.uploads import FOLDER, tidy
from rag.components import Components
from rag.desk.maintenance import open_ingestion, repair, verify
from rag.jobs.types import Job, JobFile, JobKind, JobQueue
from rag.jobs.worker import Report, Work
from rag.settings.model import Settings
from vectorstore.embedded import open_store
from vectorstore.types import Finding


def document_work(settings: Settings, queue: JobQueue) -> Mapping[JobKind, Work]:
    """What does the jobs on documents of the home."""
    jobs = _DocumentJobs(settings, queue)
    return {"ingest": jobs.ingest, "sync": jobs.sync, "verify": jobs.verify, "repair": jobs.repair}


class _DocumentJobs:
    def __init__(self, settings: Settings, queue: JobQueue) -> None:
        self._home = settings.home
        self._parts = Components(settings)
        self._queue = queue

    def ingest(self, job: Job, report: Report) -> Mapping[str, Any]:
        files = [Path(file.path) for file in self._queue.files(job.id, "waiting")]
        progress = _Ingested(job, report)
        mapping_files = find_mapping_files(_folders(self._home, files))
        self._parts.choose_embedder(lambda: files)
        with self._open(job, mapping_files, progress) as ingestion:
            ingestion.run(files)
        self._tidy()
        return progress.result

    def sync(self, job: Job, report: Report) -> Mapping[str, Any]:
        """``paths`` and ``allow_empty`` of the payload are those of ``refdesk sync``."""
        paths = [Path(path) for path in job.payload["paths"]]
        progress = _Ingested(job, report)
        self._parts.choose_embedder(lambda: find_files(paths))
        with self._open(job, find_mapping_files(paths), progress) as ingestion:
            done = synchronise(ingestion, paths, allow_empty=job.payload.get("allow_empty", False))
        return {**progress.result, "removed": len(done.removed), "moved": len(done.moved)}

    def verify(self, _job: Job, _report: Report) -> Mapping[str, Any]:
        return _found(verify(self._parts))

    def repair(self, _job: Job, report: Report) -> Mapping[str, Any]:
        return _found(repair(self._parts, lambda done, total: report.stage(f"{done:,} of {total:,}", done, total)))

    def _open(
        self, job: Job, mapping_files: Iterable[Path], progress: "_Ingested"
    ) -> AbstractContextManager[Ingestion]:
        mappings = [load_mapping(path) for path in mapping_files]
        return open_ingestion(
            self._parts,
            job.collection,
            mappings,
            progress.files,
            progress.reading,
            progress.reindexing,
            progress.waiting,
        )

    def _tidy(self) -> None:
        with closing(open_store(self._home)) as store, store.view() as view:
            wanted = view.known_paths()
        queued = {file.path for job in self._queue.jobs("documents") for file in self._queue.files(job.id)}
        tidy(self._home, wanted | queued)


class _Ingested:
    """How far an ingestion is, which goes on where a former worker ended."""

    def __init__(self, job: Job, report: Report) -> None:
        self._report = report
        self._before = job.files - job.counts.get("waiting", 0)
        self._chunks = job.chunks

    @property
    def result(self) -> dict[str, Any]:
        return {"chunks": self._chunks}

    def files(self, progress: Progress) -> None:
        self._chunks += sum(outcome.chunks for outcome in progress.outcomes)
        files = [
            JobFile(one.path, one.status, one.reason or "", one.detail or " ".join(one.notes))
            for one in progress.outcomes
        ]
        if progress.path:
            self._report.stage(f"Reading {Path(progress.path).name}, {progress.share:.0%} done")
        self._report.files(files, self._before + progress.files_done, self._before + progress.files_total, self.result)

    def reading(self, path: Path) -> None:
        self._report.stage(f"Reading {path.name}")

    def waiting(self) -> None:
        self._report.look()

    def reindexing(self, done: int, total: int) -> None:
        self._report.stage(f"Indexing anew, as the settings have changed: {done:,} of {total:,}", done, total)


def _folders(home: Path, files: Iterable[Path]) -> list[Path]:
    """The folders in which a mapping file for these uploaded files may lie."""
    root = home.resolve() / FOLDER
    return sorted({folder for path in files for folder in path.parents if folder.is_relative_to(root)})


def _found(findings: Iterable[Finding]) -> Mapping[str, Any]:
    return {"findings": [dataclasses.asdict(finding) for finding in findings]}
