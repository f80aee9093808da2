"""Checkpoints of the audit log, its search, and the two ways in which it gets less."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import (
    closed,
    column,
    on_postgresql,
    table,
    text,
    texts,
    unique,
)

revision = "0015"
down_revision = "0014"

KINDS = ("period", "month", "drop", "asked")
COLUMNS = (
    *("id", "created_at", "seq", "action", "status", "entity", "entity_id", "actor_id"),
    *("actor_kind", "ip_address", "user_agent", "request_id", "salt"),
    *("payload_digest", "prev_hash", "signature"),
)
"""What of an entry is never changed: all but its payload, which can be erased."""
SAME = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in COLUMNS)
WORDS = """action || ' ' || coalesce(entity, '') || ' ' || coalesce(ip_address, '')
  || ' ' || coalesce(user_agent, '') || ' ' || coalesce((
    SELECT group_concat(CASE typeof(key) WHEN 'text' THEN key ELSE '' END || ' '
      || CASE type WHEN 'text' THEN atom ELSE '' END, ' ')
    FROM json_tree(payload)), '')"""
"""In SQLite, the text of an entry that is searched: of its payload names and texts."""
KEPT = """
CREATE TRIGGER {0}_{1} BEFORE {1} ON {0} {2}
BEGIN SELECT RAISE(ABORT, '{3}'); END
"""
SAID = "the audit log is never changed"
OTHERWISE = {
    "UPDATE": f"WHEN NOT (NEW.payload = '{{}}' AND {SAME})",
    "DELETE": "WHEN NOT EXISTS (SELECT 1 FROM audit_checkpoints"
    " WHERE kind = 'drop' AND size >= OLD.seq)",
}
"""In SQLite, when an entry is kept as it is after all."""

NATIVE = """
CREATE OR REPLACE FUNCTION audit_log_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  erased record;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    erased := OLD;
    erased.payload := '{}'::jsonb;
    IF NEW IS NOT DISTINCT FROM erased THEN RETURN NEW; END IF;
  ELSIF TG_OP = 'DELETE' THEN
    IF EXISTS (
      SELECT FROM audit_checkpoints WHERE kind = 'drop' AND size >= OLD.seq
    ) THEN RETURN OLD; END IF;
  END IF;
  RAISE EXCEPTION 'the audit log is never changed';
END $$;

CREATE FUNCTION audit_checkpoints_are_kept() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a checkpoint is never changed'; END $$;

CREATE TRIGGER audit_checkpoints_rows BEFORE UPDATE OR DELETE ON audit_checkpoints
FOR EACH ROW EXECUTE FUNCTION audit_checkpoints_are_kept();

CREATE TRIGGER audit_checkpoints_whole BEFORE TRUNCATE ON audit_checkpoints
FOR EACH STATEMENT EXECUTE FUNCTION audit_checkpoints_are_kept();

CREATE FUNCTION audit_log_drop(month timestamp, last bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  part text := to_char(month, '"audit_log_"YYYY_MM');
BEGIN
  IF NOT EXISTS (
    SELECT FROM audit_checkpoints WHERE kind = 'drop' AND size >= last
  ) THEN
    RAISE EXCEPTION 'no checkpoint lets the audit log drop entry %', last;
  END IF;
  IF to_regclass(part) IS NOT NULL THEN
    EXECUTE format('ALTER TABLE audit_log DETACH PARTITION %I', part);
    EXECUTE format('INSERT INTO audit_log SELECT * FROM %I WHERE seq > $1', part)
      USING last;
    EXECUTE format('DROP TABLE %I', part);
  END IF;
END $$;

CREATE FUNCTION audit_log_lexemes(
  action text, entity text, address text, agent text, payload jsonb
) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
  WITH said(text) AS (
    SELECT concat_ws(' ', action, entity, address, agent)
    UNION ALL
    SELECT jsonb_object_keys(inner_)
    FROM jsonb_path_query(payload, 'strict $.** ? (@.type() == "object")') AS inner_
    UNION ALL
    SELECT value #>> '{}'
    FROM jsonb_path_query(payload, 'strict $.** ? (@.type() == "string")') AS value
  ), whole(text) AS (SELECT left(string_agg(text, ' '), 200000) FROM said)
  SELECT array_to_tsvector(coalesce(array_agg(DISTINCT left(word, 255)), '{}'))
  FROM whole, regexp_split_to_table(
    lower(text COLLATE "C"), '[\\u0001-\\u002f\\u003a-\\u0060\\u007b-\\u007f]+'
  ) AS word
  WHERE word <> ''
$$;

CREATE TABLE audit_log_words (seq bigint PRIMARY KEY, words tsvector NOT NULL);

CREATE INDEX ix_audit_log_words ON audit_log_words USING gin (words);

INSERT INTO audit_log_words SELECT seq,
  audit_log_lexemes(action, entity, ip_address, user_agent, payload) FROM audit_log;

CREATE FUNCTION audit_log_is_searched() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$ BEGIN
  INSERT INTO audit_log_words VALUES (NEW.seq, audit_log_lexemes(
    NEW.action, NEW.entity, NEW.ip_address, NEW.user_agent, NEW.payload
  )) ON CONFLICT (seq) DO UPDATE SET words = excluded.words;
  RETURN NULL;
END $$;

CREATE TRIGGER audit_log_searched AFTER INSERT OR UPDATE ON audit_log
FOR EACH ROW EXECUTE FUNCTION audit_log_is_searched()
"""
"""In PostgreSQL a month is dropped by a function, which keeps what is newer.

Of a text that is searched the first 200,000 characters count, and of a word the
first 255: more would not fit into a tsvector. Words are beside the log, for an index
of its own is of no use behind a policy.
"""


def upgrade() -> None:
    table(
        "audit_checkpoints",
        closed("kind", "checkpointkind", *KINDS),
        column("first_seq", sa.BigInteger()),
        column("size", sa.BigInteger()),
        column("root", text(64)),
        column("last_hash", text(64)),
        column("peaks", texts()),
        column("public_key", text(64)),
        column("signature", text(128)),
        unique("size", "kind"),
    )
    if on_postgresql():
        for statement in NATIVE.split(";\n\n"):
            op.execute(sa.text(statement.replace(":", r"\:")))
        return
    for what, when in OTHERWISE.items():
        op.execute(f"DROP TRIGGER audit_log_{what}")
        op.execute(KEPT.format("audit_log", what, when, SAID))
        op.execute(
            KEPT.format("audit_checkpoints", what, "", "a checkpoint is never changed")
        )
    _searched()


def _searched() -> None:
    """In SQLite, an index of words that keeps no text of its own.

    No trigger fills it: SQLite lets none use it while it trusts no schema.
    """
    op.execute(
        "CREATE VIRTUAL TABLE audit_log_words USING fts5("
        "words, content='', columnsize=0, detail=none, tokenize='ascii')"
    )
    op.execute(
        f"INSERT INTO audit_log_words(rowid, words) SELECT seq, {WORDS} FROM audit_log"  # noqa: S608  constants
    )


def downgrade() -> None:
    """What was dropped or erased stays so, and nothing tells any more why."""
    if on_postgresql():
        op.execute("DROP TRIGGER audit_log_searched ON audit_log")
        op.execute("DROP FUNCTION audit_log_is_searched()")
        op.execute("DROP TABLE audit_log_words")
        op.execute("DROP FUNCTION audit_log_lexemes(text, text, text, text, jsonb)")
        op.execute("DROP FUNCTION audit_log_drop(timestamp, bigint)")
        op.drop_table("audit_checkpoints")
        op.execute("DROP FUNCTION audit_checkpoints_are_kept()")
        op.execute(
            "CREATE OR REPLACE FUNCTION audit_log_is_kept() RETURNS trigger"
            " LANGUAGE plpgsql AS $$"
            f" BEGIN RAISE EXCEPTION '{SAID}'; END $$"
        )
        return
    op.drop_table("audit_log_words")
    for what in OTHERWISE:
        op.execute(f"DROP TRIGGER audit_log_{what}")
        op.execute(KEPT.format("audit_log", what, "", SAID))
    op.drop_table("audit_checkpoints")
