"""Words for migrations about PostgreSQL's policies: whose rows a table shows."""

from alembic import op

VIEWER = "(SELECT nullif(current_setting('app.user_id', true), '')::uuid)"
SERVED = "(SELECT current_setting('app.wall', true) = 'service')"
OWN = f"owner_id = {VIEWER}"


def walled(
    table: str, sees: str = OWN, *, changes: str = OWN, adds: str | None = None
) -> None:
    """Let everybody see, change and add only some rows, and the service all of them.

    What may not be changed may not be deleted; what may be changed may be added.
    """
    every = f"{{}} OR {SERVED}".format
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for name, which, condition in (
        ("sees", "SELECT", f"USING ({every(sees)})"),
        ("adds", "INSERT", f"WITH CHECK ({every(adds or changes)})"),
        ("changes", "UPDATE", f"USING ({every(sees)}) WITH CHECK ({every(changes)})"),
        ("deletes", "DELETE", f"USING ({every(changes)})"),
    ):
        op.execute(f"CREATE POLICY {name} ON {table} FOR {which} {condition}")


def unwalled(table: str) -> None:
    """Let everybody see and change all rows again."""
    for name in ("sees", "adds", "changes", "deletes"):
        op.execute(f"DROP POLICY {name} ON {table}")
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
