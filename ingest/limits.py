"""How much one file may cost: settings, section ``ingest``. Seconds are of processor time."""

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """What reading one file may take; a file that needs more is refused, and the others are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_file_mb: int = Field(default=200, gt=0, description="Larger files are refused unread, in megabytes.")
    timeout_seconds: float = Field(
        default=30, gt=0, description="Processor time in which reading a file may come no further, in seconds."
    )
    total_seconds: float = Field(
        default=3600, gt=0, description="Processor time that reading a file may take in all, in seconds."
    )
    memory_mb: int = Field(default=1024, gt=0, description="Memory that reading a file may take, in megabytes.")
    ocr_seconds: float = Field(
        default=600, gt=0, description="Processor time that reading a document's pictures may take, in seconds."
    )
    ocr_memory_mb: int = Field(
        default=2048, gt=0, description="Memory that reading a picture's words may take, in megabytes."
    )
    max_expanded_mb: int = Field(
        default=200, gt=0, description="What a compressed document may expand to, in megabytes."
    )
    max_expansion: int = Field(default=100, gt=0, description="How many times its size a large one may expand to.")
    max_parts: int = Field(
        default=200, gt=0, description="How many attachments and forwarded messages of one e-mail are read."
    )
    max_archive_entries: int = Field(default=10_000, gt=0, description="How many parts it may have.")
    form_pages: int = Field(
        default=60, ge=2, description="Pages of a form that are read for its fields; of a longer one the outer ones."
    )
