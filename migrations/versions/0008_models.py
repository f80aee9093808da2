"""Models, their versions and aliases, and how they are trained."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import (
    changing,
    check,
    closed,
    column,
    document,
    index,
    moment,
    on_postgresql,
    optional,
    owner,
    table,
    text,
    texts,
    to,
    unique,
)

revision = "0008"
down_revision = "0007"

STATES = ("queued", "running", "completed", "failed", "cancelled")
KINDS = (
    "heliograph",
    "onnx",
    "skops",
    "mlflow",
    "pickle",
    "joblib",
    "torch",
    "keras",
    "unknown",
)
SHARES = ("accuracy", "precision", "recall", "f1_score")


def upgrade() -> None:
    table(
        "models",
        owner(),
        column("name", text(255)),
        optional("description", text()),
        closed("task", "modeltask", "spam", "classification", "regression", "other"),
        column("tags", texts()),
        column("last_number", sa.Integer()),
        *changing(),
        unique("owner_id", "name"),
    )
    index("models", "owner_id", "id")
    index("models", "owner_id", "name", "id")
    _versions()
    _aliases()
    _training()
    if on_postgresql():
        op.create_foreign_key(
            "fk_model_versions_training_job_id",
            "model_versions",
            "training_jobs",
            ["training_job_id"],
            ["id"],
            ondelete="SET NULL",
        )


def _versions() -> None:
    """SQLite takes a key of a table that is yet to come, and can add none later."""
    trained = (
        optional("training_job_id", sa.Uuid())
        if on_postgresql()
        else to("training_job_id", "training_jobs", "SET NULL", nullable=True)
    )
    table(
        "model_versions",
        owner(),
        to("model_id", "models", "CASCADE"),
        column("number", sa.Integer()),
        optional("label", text(50)),
        optional("description", text()),
        closed("status", "modelversionstatus", "active", "deprecated", "archived"),
        column("algorithm", text(100)),
        column("framework", text(50)),
        closed("artifact", "artifactkind", *KINDS),
        column("loadable", sa.Boolean()),
        column("warnings", texts()),
        column("file_path", text(500)),
        column("file_size", sa.BigInteger()),
        column("sha256", text(64)),
        optional("input_schema", document()),
        optional("output_schema", document()),
        optional("input_example", document()),
        optional("signature_source", text(50)),
        column("metrics", document()),
        column("tags", texts()),
        column("metadata", document()),
        to("created_by", "users", "SET NULL", nullable=True),
        trained,
        to("dataset_version_id", "dataset_versions", "SET NULL", nullable=True),
        *changing(),
        unique("model_id", "number"),
        unique("model_id", "label"),
        check("number_positive", "number >= 1"),
        check("size_positive", "file_size >= 0"),
    )
    index("model_versions", "dataset_version_id", "id")
    index("model_versions", "model_id", "id")
    index("model_versions", "model_id", "number", "id")
    index("model_versions", "owner_id", "id")
    index("model_versions", "owner_id", "number", "id")
    index("model_versions", "owner_id", "status", "id")
    index("model_versions", "training_job_id")


def _aliases() -> None:
    table(
        "model_aliases",
        owner(),
        to("model_id", "models", "CASCADE"),
        column("alias", text(50)),
        to("model_version_id", "model_versions", "CASCADE"),
        column("protected", sa.Boolean()),
        *changing(),
        unique("model_id", "alias"),
    )
    index("model_aliases", "model_id", "id")
    index("model_aliases", "model_version_id", "id")
    index("model_aliases", "owner_id", "alias", "id")
    index("model_aliases", "owner_id", "id")
    table(
        "model_alias_moves",
        owner(),
        to("model_id", "models", "CASCADE"),
        column("alias", text(50)),
        column("number", sa.Integer()),
        to("from_version_id", "model_versions", "SET NULL", nullable=True),
        to("to_version_id", "model_versions", "SET NULL", nullable=True),
        optional("from_number", sa.Integer()),
        optional("to_number", sa.Integer()),
        optional("reason", text()),
        to("moved_by", "users", "SET NULL", nullable=True),
        unique("model_id", "alias", "number"),
    )
    index("model_alias_moves", "from_version_id", "id")
    index("model_alias_moves", "model_id", "id")
    index("model_alias_moves", "owner_id", "id")
    index("model_alias_moves", "to_version_id", "id")


def _training() -> None:
    table(
        "training_jobs",
        owner(),
        to("dataset_id", "datasets", "SET NULL", nullable=True),
        to("dataset_version_id", "dataset_versions", "SET NULL", nullable=True),
        column("dataset_name", text(255)),
        column("dataset_digest", text(64)),
        to("model_id", "models", "SET NULL", nullable=True),
        column("model_name", text(255)),
        to("model_version_id", "model_versions", "SET NULL", nullable=True),
        closed("status", "jobstatus", *STATES),
        column("attempt", sa.Integer()),
        column("config", document()),
        *(optional(name, sa.Double()) for name in SHARES),
        optional("figures", document()),
        optional("error_message", text()),
        optional("started_at", moment()),
        optional("completed_at", moment()),
        to("job_id", "jobs", "SET NULL", nullable=True),
        *changing(),
        *(check(f"{name}_share", f"{name} BETWEEN 0 AND 1") for name in SHARES),
        check("attempt_positive", "attempt >= 1"),
    )
    index("training_jobs", "dataset_id", "id")
    index("training_jobs", "dataset_version_id", "id")
    index("training_jobs", "job_id")
    index("training_jobs", "model_id", "id")
    index("training_jobs", "model_version_id", "id")
    index("training_jobs", "owner_id", "id")
    index("training_jobs", "owner_id", "status", "id")


def downgrade() -> None:
    op.drop_table("model_alias_moves")
    op.drop_table("model_aliases")
    if on_postgresql():
        op.drop_constraint("fk_model_versions_training_job_id", "model_versions")
    op.drop_table("training_jobs")
    op.drop_table("model_versions")
    op.drop_table("models")
