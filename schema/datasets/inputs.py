"""What is said of datasets."""

import strawberry
from strawberry.scalars import JSON

from schema.perform import Keyed, Versioned


@strawberry.input
class DatasetCreateInput(Keyed):
    """A dataset, and the files that it is made of."""

    name: str
    """What to call it: 1 to 255 characters."""
    uploads: list[strawberry.ID]
    """Files that were uploaded, all with the same header: 1 to 100."""
    description: str | None = None
    """What it is about."""
    tags: list[str] | None = None
    """Words to find it by: up to 20, each up to 50 characters."""
    metadata: JSON | None = None
    """Whatever you want to keep with it: an object."""


@strawberry.input
class DatasetUpdateInput(Versioned):
    """What is to be said of a dataset. Null clears, and what is not given stays."""

    id: strawberry.ID
    """The dataset."""
    name: str | None = strawberry.UNSET
    """What to call it."""
    description: str | None = strawberry.UNSET
    """What it is about."""
    tags: list[str] | None = strawberry.UNSET
    """Words to find it by."""
    metadata: JSON | None = strawberry.UNSET
    """Whatever you want to keep with it."""


@strawberry.input
class DatasetProcessInput:
    """A dataset to make a new version of."""

    id: strawberry.ID
    """The dataset."""
    uploads: list[strawberry.ID] | None = None
    """Which of its files the version is made of: all, if not said."""


@strawberry.input
class DatasetMergeInput:
    """A dataset, and files to add to it."""

    id: strawberry.ID
    """The dataset."""
    uploads: list[strawberry.ID]
    """Files with the same header as the dataset's."""


@strawberry.input
class DatasetArchiveInput:
    """A dataset to put aside, or to take up again."""

    id: strawberry.ID
    """The dataset."""
    archived: bool = True
    """False takes it up again."""


@strawberry.input
class DatasetDeleteInput(Versioned):
    """A dataset to delete."""

    id: strawberry.ID
    """The dataset."""
