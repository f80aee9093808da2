"""What whoever runs the server may decide, and what holds if they do not."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits and lifetimes. Times are in seconds, sizes in bytes."""

    password_minimum: int = 12
    """Characters of a password, at least."""
    failures_until_lock: int = 5
    """Wrong passwords in a row, after which an account is locked."""
    lock: float = 15 * 60
    """How long it is locked, and within how long they are counted."""
    access_lifetime: float = 10 * 60
    """How long an access token is good for."""
    refresh_idle: float = 14 * 86_400
    """How long a session lives without being used."""
    refresh_absolute: float = 60 * 86_400
    """How long a session lives at all."""
    refresh_grace: float = 10.0
    """How long a spent refresh token still gives the same successor."""
    sign_up: bool = True
    """Whether strangers may make accounts."""
    upload_bytes: int = 2 * 1024**3
    """The largest file."""
    storage_bytes: int = 50 * 1024**3
    """The files of one user together."""
    feature_bytes: int = 1024**3
    """The largest features of one file: 8 bytes a number."""
    columns: int = 2_048
    """The most columns of a table."""
    file_rows: int = 50_000_000
    """The most rows of a table."""
    map_rows: int = 100_000
    """The most rows of a map."""
    ingest_points: int = 1_000
    """The most points in one request."""
    persisted_operations: int = 1_000
    """The most documents that one user registers."""
    job_attempts: int = 3
    """How often a job is begun before it is given up."""
    job_runtime: float = 2 * 3_600
    """How long a job may run."""
    job_lease: float = 30
    """How long a worker may be silent before another takes its job over."""
