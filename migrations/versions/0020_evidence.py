"""An entry is erased with its salt, and in PostgreSQL only if a later one says so."""

from alembic import op

from migrations.columns import on_postgresql

revision = "0020"
down_revision = "0019"

COLUMNS = (
    *("id", "created_at", "seq", "action", "status", "entity", "entity_id", "actor_id"),
    *("actor_kind", "ip_address", "user_agent", "request_id"),
    *("payload_digest", "prev_hash", "signature"),
)
"""What of an entry is never changed, also where its payload is erased."""
LITE = """
CREATE TRIGGER audit_log_UPDATE BEFORE UPDATE ON audit_log
WHEN NOT (NEW.payload = '{{}}' AND {} AND {})
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END
"""
NATIVE = """
CREATE OR REPLACE FUNCTION audit_log_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  erased record;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    erased := OLD;
    erased.payload := '{{}}'::jsonb;{}
    IF NEW IS NOT DISTINCT FROM erased THEN RETURN NEW; END IF;
  ELSIF TG_OP = 'DELETE' THEN
    IF EXISTS (
      SELECT FROM audit_checkpoints WHERE kind = 'drop' AND size >= OLD.seq
    ) THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION 'the audit log is never changed';
END $$
"""
"""How an entry is kept as it is, in either database, but for what is erased of it."""
SALT = """
    IF NEW.salt = '' THEN erased.salt := ''; END IF;"""
EXPLAINED = """
CREATE FUNCTION audit_log_is_explained() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NOT EXISTS (
    SELECT FROM audit_log AS entry
    WHERE entry.seq = (SELECT head.seq FROM audit_heads AS head)
      AND entry.seq > NEW.seq
      AND entry.payload ->> 'erased' IN (NEW.actor_id::text, NEW.entity_id::text)
  ) THEN
    RAISE EXCEPTION 'no later entry says that entry % was erased', NEW.seq;
  END IF;
  RETURN NULL;
END $$
"""
"""The entry of a transaction is its last, and the last of the chain when it ends."""
DEFERRED = """
CREATE CONSTRAINT TRIGGER audit_log_explained AFTER UPDATE ON audit_log
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION audit_log_is_explained()
"""
OWNERS = (
    *("audit_log_drop(timestamp, bigint)", "audit_log_is_searched()"),
    *("audit_log_open(timestamp)", "predictions_drop(text)"),
    "predictions_open(timestamp)",
)
"""What is done as the tables' owner, and not for everybody who can connect."""


def upgrade() -> None:
    if not on_postgresql():
        _kept("NEW.salt IN (OLD.salt, '')")
        return
    op.execute(NATIVE.format(SALT))
    op.execute(EXPLAINED)
    op.execute(DEFERRED)
    for function in OWNERS:
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")


def downgrade() -> None:
    if not on_postgresql():
        _kept("NEW.salt IS OLD.salt")
        return
    for function in OWNERS:
        op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO PUBLIC")
    op.execute("DROP TRIGGER audit_log_explained ON audit_log")
    op.execute("DROP FUNCTION audit_log_is_explained()")
    op.execute(NATIVE.format(""))


def _kept(salt: str) -> None:
    """In SQLite, say anew what of an entry may be changed."""
    same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in COLUMNS)
    op.execute("DROP TRIGGER audit_log_UPDATE")
    op.execute(LITE.format(salt, same))
