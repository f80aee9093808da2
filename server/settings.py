"""Every setting of the server. Nothing else reads the environment."""

import difflib
import os
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationError,
)
from pydantic_settings import SettingsConfigDict

from resolvers.policy import Policy
from server.failures import Failure
from server.spellings import Listed, driven, mail_server, mailbox, origin
from server.windows import Windows

PREFIX = "HELIOGRAPH_"
USUAL = Policy()


class Settings(Windows):
    """What whoever runs the server decides. Each has a default that works."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        use_attribute_docstrings=True,
    )

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(default=8000, ge=0, le=65_535)
    """The port to listen on; 0 is any that is free."""
    server: Literal["uvicorn", "granian"] = "uvicorn"
    """What speaks HTTP; `granian` is an extra, with fewer guards."""
    processes: PositiveInt = 1
    """Processes that answer requests; of several, another one works for them."""
    data: Path = Path("data")
    """The folder of the embedded database, the files and the secrets."""
    database_url: Annotated[str, AfterValidator(driven)] | None = Field(
        default=None, repr=False
    )
    """`postgresql://…` or `sqlite:///…`; by default a file in the data folder."""
    database_owner_url: Annotated[str, AfterValidator(driven)] | None = Field(
        default=None, repr=False
    )
    """The same as the role that owns the tables, for `migrate`; else one is both."""
    wall: Literal["on", "require", "off"] = "on"
    """Row-level security in PostgreSQL; `require` refuses a role that is above it."""
    redis_url: str | None = Field(
        default=None, repr=False, pattern="^(rediss?|unix)://"
    )
    """Redis, which tells events to other processes and counts for all of them."""
    store_url: str | None = Field(default=None, repr=False, pattern="^[a-z0-9]+://")
    """Where files are kept: `s3://bucket/prefix`, or by default in the data folder."""
    compute_scheduler: str | None = None
    """A Dask scheduler that computes instead of this machine: `tcp://…`."""

    secret: SecretStr | None = None
    """What tokens are signed with, of 32 bytes or more; by default one is made."""
    secret_former: SecretStr | None = None
    """The secret before it, while tokens it signed are still to be taken."""
    pepper: SecretStr | None = None
    """What is mixed into passwords before they are hashed; by default one is made."""
    envelope_key: SecretStr | None = None
    """What secrets at rest are sealed with; by default `keys.json` is made."""
    envelope_former: Listed = Field(default=frozenset(), repr=False)
    """Others that still open what they sealed, with commas."""
    audit_key: SecretStr | None = None
    """The Ed25519 key that signs checkpoints, 64 hex digits; else one is made."""
    audit_former: Listed = frozenset()
    """Public keys that signed before it and are still believed, with commas."""
    admin_password: SecretStr | None = None
    """The password for `user create-admin`, which else asks for it."""

    smtp_url: Annotated[str, AfterValidator(mail_server)] | None = Field(
        default=None, repr=False
    )
    """`smtp://`, `smtps://` or `smtp+starttls://`; by default mail goes to the log."""
    mail_from: Annotated[str, AfterValidator(mailbox)] = "heliograph@localhost"
    """Whom mail is from."""
    public_url: Annotated[str, AfterValidator(origin)] | None = None
    """Where people reach this server, for links in mail; by default host and port."""

    stripe_secret: SecretStr | None = None
    """Stripe's secret key; without it nothing is paid for here."""
    stripe_webhook_secret: SecretStr | None = None
    """What Stripe signs its events with, which it sends to `/webhooks/stripe`."""

    allowed_origins: Listed = frozenset()
    """Pages of other origins that may call: `https://app.example.com`, with commas."""
    trusted_proxies: Listed = frozenset()
    """Addresses whose `X-Forwarded-For` is believed, with commas."""
    connections: PositiveInt = 1_000
    """Connections and requests at a time; for more the server is busy."""
    address_connections: PositiveInt = 200
    """The same of one address, unless it is a trusted proxy."""
    address_sockets: PositiveInt = 50
    """Websockets of one address."""
    user_sockets: PositiveInt = 10
    """Websockets of one user."""
    socket_messages: PositiveInt = 300
    """Messages that a websocket sends in ten seconds; of more it is closed."""
    stop_notice: float = Field(default=1.0, ge=0)
    """Seconds that a stopping server is not ready and yet goes on listening."""
    graphiql: bool = True
    """Whether `/graphql` shows browsers GraphiQL."""
    introspection: bool = True
    """Whether strangers may ask for the schema, also at `/schema.graphql`."""
    trusted_documents: bool = False
    """Whether only persisted documents are answered, but for administrators."""
    cost_signed_in: PositiveInt = 1_000
    """The most points one operation may cost."""
    cost_paid: PositiveInt = 5_000
    """The same for those whose plan is paid for."""
    cost_anonymous: PositiveInt = 100
    """The same for those who have not signed in."""

    operations_at_once: PositiveInt = 20
    """Queries and mutations of one user or address that run; others wait."""
    points_signed_in: PositiveInt = 2_000
    """Points that a user may spend at once."""
    points_signed_in_a_second: PositiveFloat = 100
    """Points that come back to a user in a second."""
    points_paid: PositiveInt = 10_000
    """Points that a user may spend at once whose plan is paid for."""
    points_paid_a_second: PositiveFloat = 500
    """Points that come back to such a user in a second."""
    points_anonymous: PositiveInt = 500
    """Points that an address may spend at once where nobody has signed in."""
    points_anonymous_a_second: PositiveFloat = 20
    """Points that come back to it in a second."""
    logins_per_minute: PositiveInt = 20
    """Logins from one address, and for one e-mail address."""
    logins_per_hour: PositiveInt = 100
    """The same in an hour."""
    sign_ups_per_hour: PositiveInt = 20
    """Accounts made from one address."""
    letters_per_hour: PositiveInt = 10
    """Letters that are asked for from one address, and to one e-mail address."""
    refreshes_per_minute: PositiveInt = 120
    """Tokens refreshed from one address."""

    jobs_at_once: PositiveInt = 1
    """Jobs that one process runs at a time."""
    quick_processes: PositiveInt = 2
    """Processes that compute what is answered at once."""
    process_memory: PositiveInt = 4 * 1024**3
    """Bytes of address space of a process that computes; its threads reserve much."""
    model_memory: PositiveInt = 512 * 1024**2
    """Bytes of the models of ours that a process keeps loaded."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """From which level on is logged."""
    log_format: Literal["json", "text"] | None = None
    """How: by default as text on a terminal, else as JSON."""

    testing: bool = False
    """Whether the schema has its diagnostics and fault points act."""
    fault_points: str = ""
    """Where to fail, for tests: `name:action[:nth]`, with commas."""
    field_by_field: bool = False
    """Whether nothing is compiled, where the server is under test."""

    password_minimum: int = Field(default=USUAL.password_minimum, ge=8, le=64)
    """Characters of a password, at least."""
    failures_until_lock: PositiveInt = USUAL.failures_until_lock
    """Wrong passwords in a row, after which an account is locked."""
    lock: PositiveFloat = USUAL.lock
    """Seconds that it is locked, and within which they are counted."""
    access_lifetime: PositiveFloat = USUAL.access_lifetime
    """Seconds that an access token is good for."""
    refresh_idle: PositiveFloat = USUAL.refresh_idle
    """Seconds that a session lives without being used."""
    refresh_absolute: PositiveFloat = USUAL.refresh_absolute
    """Seconds that a session lives at all."""
    refresh_grace: float = Field(default=USUAL.refresh_grace, ge=0)
    """Seconds that a spent refresh token still gives the same successor."""
    admin_password_minimum: int = Field(
        default=USUAL.admin_password_minimum, ge=8, le=64
    )
    """The same of an administrator's."""
    sign_up: bool = USUAL.sign_up
    """Whether strangers may make accounts; else by invitation alone."""
    verify_email: bool = USUAL.verify_email
    """Whether nobody signs in before they open the link that is mailed to them."""
    reset_lifetime: PositiveFloat = USUAL.reset_lifetime
    """Seconds that a link to reset a password is good for."""
    verify_lifetime: PositiveFloat = USUAL.verify_lifetime
    """Seconds that a link to verify an e-mail address is good for."""
    upload_bytes: PositiveInt = USUAL.upload_bytes
    """Bytes of the largest file."""
    storage_bytes: PositiveInt = USUAL.storage_bytes
    """Bytes of all files of one user."""
    feature_bytes: PositiveInt = USUAL.feature_bytes
    """Bytes of a file's features, 8 a number; of more there are no pages."""
    columns: PositiveInt = USUAL.columns
    """The most columns of a table."""
    file_rows: PositiveInt = USUAL.file_rows
    """The most rows of a table."""
    map_rows: PositiveInt = USUAL.map_rows
    """The most rows of a map."""
    ingest_points: PositiveInt = USUAL.ingest_points
    """The most points in one request."""
    persisted_operations: PositiveInt = USUAL.persisted_operations
    """The most documents that one user registers."""
    job_attempts: PositiveInt = USUAL.job_attempts
    """How often a job is begun before it is given up."""
    job_runtime: PositiveFloat = USUAL.job_runtime
    """Seconds that a job may run."""
    job_lease: PositiveFloat = USUAL.job_lease
    """Seconds without word of a worker, after which another takes its job over."""

    @property
    def database(self) -> str:
        """The database's URL, with its driver."""
        file = self.data.absolute() / "heliograph.db"
        return self.database_url or f"sqlite+aiosqlite:///{file}"

    @property
    def owner(self) -> str:
        """The database's URL for whoever changes its tables."""
        return self.database_owner_url or self.database

    @property
    def embedded(self) -> bool:
        """Whether the database is a file of ours."""
        return self.database.startswith("sqlite")

    @property
    def files(self) -> Path:
        """The folder of the files, where they are kept in one."""
        url = self.store_url or ""
        if url.startswith("file://"):
            return Path(url.removeprefix("file://"))
        return self.data / "files"

    @property
    def compiles(self) -> bool:
        """Whether a query may be answered by one statement; a test says no."""
        return not (self.testing and self.field_by_field)

    @property
    def alone(self) -> "Settings":
        """The same for a command that is done soon: it needs no word from others."""
        return self.model_copy(update={"redis_url": None})

    @property
    def policy(self) -> Policy:
        named = {field.name for field in fields(Policy)}
        said: dict[str, Any] = {name: getattr(self, name) for name in sorted(named)}
        said["public_url"] = self.public_url or f"http://{self.host}:{self.port}"
        return Policy(**said)


def read(**given: Any) -> Settings:
    """The settings of the environment, but for those that are given.

    Raises Failure, which names the variable.
    """
    known = {variable(name) for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}" if near else ""
            raise Failure(f"there is no setting {name}{hint}")
    try:
        return Settings(**given)
    except ValidationError as error:
        raise Failure(_said(error)) from None


def variable(name: str) -> str:
    """The environment's name for a setting."""
    return f"{PREFIX}{name.upper()}"


def _said(error: ValidationError) -> str:
    """The first thing that is wrong, without what may be a secret."""
    first = error.errors(include_url=False, include_context=False)[0]
    name = str(first["loc"][0])
    message = first["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    hidden = Settings.model_fields[name].repr is False
    value = "" if hidden else f" {first['input']!r}"
    return f"{variable(name)}{value} will not do: {message}"
