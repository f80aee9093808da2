"""Row-level security in PostgreSQL."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import on_postgresql
from migrations.walls import OWN, VIEWER, unwalled, walled

revision = "0017"
down_revision = "0016"

EMAIL = """
ALTER TABLE users ADD COLUMN email_lower text COLLATE "C"
  GENERATED ALWAYS AS (lower(email)) STORED
"""
"""An index of `lower(email)` is of no use behind a policy, for which it might leak."""
DROP = """
CREATE FUNCTION predictions_drop(part text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  rows bigint;
BEGIN
  IF part !~ '^predictions_[0-9]{4}_[0-9]{2}$' THEN
    RAISE EXCEPTION '% is no month of predictions', part;
  END IF;
  EXECUTE format('SELECT count(*) FROM %I', part) INTO rows;
  EXECUTE format('ALTER TABLE predictions DETACH PARTITION %I', part);
  EXECUTE format('DROP TABLE %I', part);
  RETURN rows;
END $$
"""
OPENED = ("audit_log_open(timestamp)", "predictions_open(timestamp)")
"""What makes a table's months, as their owner, whoever asks for it."""
NEVER = "false"
ACTED = f"actor_id = {VIEWER}"
GRANTED = (
    "EXISTS (SELECT FROM user_roles one"
    f" WHERE one.role_id = roles.id AND one.owner_id = {VIEWER})"
)
OTHERWISE = {
    "audit_checkpoints": {"sees": f"{VIEWER} IS NOT NULL", "changes": NEVER},
    "audit_log": {"sees": ACTED, "adds": ACTED, "changes": NEVER},
    "persisted_operations": {"sees": f"{OWN} OR is_shared"},
    "plans": {"sees": "id IS NOT NULL", "changes": NEVER},
    "reduction_configs": {"sees": f"{OWN} OR is_system"},
    "roles": {"sees": f"is_system OR {GRANTED}", "changes": NEVER},
    "scheduled_runs": {"sees": NEVER, "changes": NEVER},
    "users": {"sees": f"id = {VIEWER}", "changes": f"id = {VIEWER}"},
}
"""Tables without an owner, or which show more than the owner's rows."""


def upgrade() -> None:
    if on_postgresql():
        op.execute(EMAIL)
        op.execute("CREATE INDEX ix_users_email_lower ON users (email_lower)")
        op.execute(DROP)
        for name in OPENED:
            said = "SECURITY DEFINER SET search_path FROM CURRENT"
            op.execute(f"ALTER FUNCTION {name} {said}")
        for table in _tables():
            walled(table, **OTHERWISE.get(table, {}))


def downgrade() -> None:
    if on_postgresql():
        for table in _tables():
            unwalled(table)
        for name in OPENED:
            op.execute(f"ALTER FUNCTION {name} SECURITY INVOKER RESET search_path")
        op.execute("DROP FUNCTION predictions_drop(text)")
        op.execute("ALTER TABLE users DROP COLUMN email_lower")


def _tables() -> list[str]:
    """Those whose rows are somebody's. A part of a table is read by the whole."""
    owned = """
      SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = current_schema()::regnamespace AND NOT c.relispartition
        AND c.relkind IN ('r', 'p') AND a.attname = 'owner_id' AND NOT a.attisdropped
    """
    found = op.get_bind().execute(sa.text(owned)).scalars()
    return sorted({*found, *OTHERWISE})
