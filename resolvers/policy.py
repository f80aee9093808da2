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
    verify_email: bool = False
    """Whether only those may sign in who have shown that their address is theirs."""
    admin_password_minimum: int = 15
    """Characters of an administrator's password, at least."""
    reset_lifetime: float = 30 * 60
    """How long the link is good for that a password is reset by."""
    verify_lifetime: float = 86_400
    """How long the link is good for that an e-mail address is shown to be theirs by."""
    public_url: str = "http://127.0.0.1:8000"
    """Where people reach this server, as links in mail say it."""
    keep_closed_accounts: float = 30 * 86_400
    """How long it is known whose a closed account was, which can be opened again."""
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
    keep_predictions: float = 365 * 86_400
    """How long predictions are kept; what their days come to is kept for ever."""
    keep_prediction_logs: float = 90 * 86_400
    """How long their lines are."""
    keep_sessions: float = 30 * 86_400
    """How long after their end sessions, tokens and invitations are."""
    keep_idempotency_keys: float = 86_400
    """How long a mutation is not repeated under its key."""
    keep_events: float = 7 * 86_400
    """How long a subscriber may be away and miss nothing."""
    keep_runs: float = 30 * 86_400
    """How long it is told what was done on schedule."""
    audit_months: int = 24
    """Whole months for which the audit log is kept."""
