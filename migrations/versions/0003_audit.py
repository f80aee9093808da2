"""The chain of what was done, and what keeps it from being changed."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import (
    closed,
    column,
    document,
    index,
    moment,
    now,
    on_postgresql,
    optional,
    table,
    text,
)

revision = "0003"
down_revision = "0002"

NOBODY = "00000000000000000000000000000000"

LITE = """
CREATE TRIGGER audit_log_{0} BEFORE {0} ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END
"""
"""What SQLite does when somebody tries."""

NATIVE = """
CREATE FUNCTION audit_log_is_kept() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is never changed'; END $$;

CREATE TRIGGER audit_log_rows BEFORE UPDATE OR DELETE ON audit_log
FOR EACH ROW EXECUTE FUNCTION audit_log_is_kept();

CREATE TRIGGER audit_log_whole BEFORE TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_kept();

CREATE FUNCTION audit_log_part(part text, bounds text) RETURNS void
LANGUAGE plpgsql AS $$ BEGIN
  EXECUTE format('CREATE TABLE %I PARTITION OF audit_log %s', part, bounds);
  EXECUTE format(
    'CREATE TRIGGER audit_log_whole BEFORE TRUNCATE ON %I
     FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_kept()', part);
END $$;

CREATE FUNCTION audit_log_open(month timestamp) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  part text := to_char(month, '"audit_log_"YYYY_MM');
  first timestamptz := month AT TIME ZONE 'UTC';
  next timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('audit_log_open'));
  IF to_regclass(part) IS NULL AND NOT EXISTS (
    SELECT FROM audit_log_default WHERE created_at >= first AND created_at < next
  ) THEN
    PERFORM audit_log_part(part, format('FOR VALUES FROM (%L) TO (%L)', first, next));
  END IF;
END $$;

SELECT audit_log_part('audit_log_default', 'DEFAULT');
"""
"""In PostgreSQL a month is a table of its own, and what has no month yet another.

A month that has entries there already stays there: a part cannot take them over.
"""


def upgrade() -> None:
    table("audit_heads", column("seq", sa.BigInteger()), column("hash", text(64)))
    op.execute(
        "INSERT INTO audit_heads (id, seq, hash)"  # noqa: S608  constants
        f" VALUES ('{NOBODY}', 0, '{'0' * 64}')"
    )
    op.create_table(
        "audit_log",
        column("id", sa.Uuid(), primary_key=True),
        column(
            "created_at", moment(), server_default=now(), primary_key=on_postgresql()
        ),
        column("seq", sa.BigInteger()),
        column("action", text(100)),
        closed("status", "outcome", "success", "failure"),
        optional("entity", text(50)),
        optional("entity_id", sa.Uuid()),
        optional("actor_id", sa.Uuid()),
        closed("actor_kind", "actorkind", "user", "system", "anonymous"),
        optional("ip_address", text(45)),
        optional("user_agent", text(255)),
        optional("request_id", text(64)),
        column("payload", document()),
        column("salt", text(32)),
        column("payload_digest", text(64)),
        column("prev_hash", text(64)),
        column("signature", text(64)),
        postgresql_partition_by="RANGE (created_at)",
    )
    index("audit_log", "action", "id")
    index("audit_log", "actor_id", "id")
    index("audit_log", "actor_id", "seq", "id")
    index("audit_log", "entity_id", "id")
    index("audit_log", "seq")
    if on_postgresql():
        for statement in NATIVE.split(";\n\n"):
            op.execute(statement)
    else:
        for what in ("UPDATE", "DELETE"):
            op.execute(LITE.format(what))


def downgrade() -> None:
    op.drop_table("audit_log")
    op.drop_table("audit_heads")
    if on_postgresql():
        op.execute("DROP FUNCTION audit_log_open(timestamp)")
        op.execute("DROP FUNCTION audit_log_part(text, text)")
        op.execute("DROP FUNCTION audit_log_is_kept()")
