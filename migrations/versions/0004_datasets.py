"""Files and datasets."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import (
    changing,
    check,
    closed,
    column,
    document,
    floats,
    index,
    moment,
    optional,
    owner,
    table,
    text,
    texts,
    to,
    unique,
    whole,
)

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    table(
        "datasets",
        owner(),
        column("name", text(255)),
        optional("description", text()),
        column("tags", texts()),
        optional("schema", document()),
        column("metadata", document()),
        closed(
            "status", "datasetstatus", "uploaded", "processing", "processed", "failed"
        ),
        column("is_active", sa.Boolean()),
        optional("file_path", text(500)),
        optional("row_count", sa.Integer()),
        optional("column_count", sa.Integer()),
        optional("size_bytes", sa.BigInteger()),
        optional("last_analysis_at", moment()),
        optional("processed_at", moment()),
        to("job_id", "jobs", "SET NULL", nullable=True),
        *changing(),
    )
    index("datasets", "is_active")
    index("datasets", "job_id")
    index("datasets", "owner_id", "id")
    index("datasets", "owner_id", "name", "id")
    index("datasets", "owner_id", "status", "id")
    table(
        "file_uploads",
        owner(),
        to("dataset_id", "datasets", "CASCADE", nullable=True),
        column("original_filename", text(255)),
        column("file_size", sa.BigInteger()),
        optional("file_path", text(500)),
        column("sha256", text(64)),
        closed(
            "status", "fileuploadstatus", "pending", "processing", "completed", "failed"
        ),
        optional("error_message", text()),
        column("row_count", sa.Integer()),
        column("columns", texts()),
        column("feature_names", texts()),
        optional("merged_files", texts()),
        *changing(),
        check("size_positive", "file_size >= 0"),
    )
    index("file_uploads", "dataset_id", "id")
    index("file_uploads", "owner_id", "id")
    index("file_uploads", "status", "id")
    table(
        "dataset_versions",
        owner(),
        to("dataset_id", "datasets", "CASCADE"),
        to("file_upload_id", "file_uploads", "CASCADE"),
        column("number", sa.Integer()),
        column("sha256", text(64)),
        column("row_count", sa.Integer()),
        column("column_count", sa.Integer()),
        column("size_bytes", sa.BigInteger()),
        column("schema", document()),
        column("profile", document()),
        column("warnings", texts()),
        column("file_path", text(500)),
        to("created_by", "users", "SET NULL", nullable=True),
        unique("dataset_id", "number"),
        unique("dataset_id", "sha256"),
    )
    index("dataset_versions", "dataset_id", "id")
    index("dataset_versions", "dataset_id", "number", "id")
    index("dataset_versions", "file_upload_id")
    index("dataset_versions", "owner_id", "id")
    index("dataset_versions", "owner_id", "number", "id")
    table(
        "feature_data",
        owner(),
        to("file_upload_id", "file_uploads", "CASCADE"),
        column("first_row", sa.Integer()),
        column("row_count", sa.Integer()),
        column("dim", sa.Integer()),
        column("feature_values", floats()),
        check("not_empty", "row_count > 0 AND dim > 0"),
        whole("whole_rows", "feature_values", "row_count * dim"),
        unique("file_upload_id", "first_row"),
    )
    index("feature_data", "file_upload_id", "id")
    index("feature_data", "owner_id", "id")


def downgrade() -> None:
    op.drop_table("feature_data")
    op.drop_table("dataset_versions")
    op.drop_table("file_uploads")
    op.drop_table("datasets")
