"""What is said of models, their versions and aliases."""

import strawberry
from strawberry.file_uploads import Upload
from strawberry.scalars import JSON

from schema.enums import ModelTask, ModelVersionStatus
from schema.perform import Keyed, Versioned


@strawberry.input
class ModelCreateInput(Keyed):
    """A model to register; versions of it are uploaded or trained."""

    name: str
    """What to call it: 1 to 255 characters, a name that no other of yours has."""
    task: ModelTask = ModelTask.OTHER
    """What it is for."""
    description: str | None = None
    """What it is about."""
    tags: list[str] | None = None
    """Words to find it by: up to 20, each up to 50 characters."""


@strawberry.input
class ModelUpdateInput(Versioned):
    """What is to be said of a model. Null clears, and what is not given stays."""

    id: strawberry.ID
    """The model."""
    name: str | None = strawberry.UNSET
    """What to call it."""
    description: str | None = strawberry.UNSET
    """What it is about."""
    tags: list[str] | None = strawberry.UNSET
    """Words to find it by."""


@strawberry.input
class ModelDeleteInput(Versioned):
    """A model to delete with its versions, aliases and predictions."""

    id: strawberry.ID
    """The model."""
    force: bool = False
    """Also if an alias leads to a version of it, or it was asked of late."""


@strawberry.input
class ModelVersionCreateInput(Keyed):
    """A file that becomes a version of a model."""

    model: strawberry.ID
    """The model that it is a version of."""
    file: Upload
    """ONNX, skops or an MLflow folder of such as a zip; any other is kept, and is
    never loaded."""
    label: str | None = None
    """What to call it besides its number: up to 50 characters, such as 1.2.0."""
    description: str | None = None
    """What is new in it."""
    tags: list[str] | None = None
    """Words to find it by: up to 20, each up to 50 characters."""
    metadata: JSON | None = None
    """Whatever you want to keep with it: an object of up to 64 KiB."""
    metrics: JSON | None = None
    """How good it is: up to 100 numbers by name."""
    algorithm: str | None = None
    """How it was fitted; as the file says, if not said."""
    framework: str | None = None
    """What it was made with; as the file says, if not said."""
    input_schema: JSON | None = None
    """A JSON Schema, draft 2020-12, of what it is asked; as the file says, if not
    said. It refers to nothing outside itself."""
    output_schema: JSON | None = None
    """A JSON Schema of what it answers."""
    input_example: JSON | None = None
    """Something that it can be asked: an object that fits the schema."""


@strawberry.input
class ModelVersionUpdateInput(Versioned):
    """What is to be said of a version. Null clears, and what is not given stays."""

    id: strawberry.ID
    """The version."""
    label: str | None = strawberry.UNSET
    """What to call it besides its number."""
    description: str | None = strawberry.UNSET
    """What is new in it."""
    tags: list[str] | None = strawberry.UNSET
    """Words to find it by."""
    metadata: JSON | None = strawberry.UNSET
    """Whatever you want to keep with it."""


@strawberry.input
class ModelVersionSetStatusInput(Versioned):
    """A version that may be asked from now on, or may not."""

    id: strawberry.ID
    """The version."""
    status: ModelVersionStatus
    """What it becomes. Archived is what is deprecated and no alias leads to; by
    administrators it may be deprecated again."""


@strawberry.input
class ModelVersionDeleteInput(Versioned):
    """A version to delete, to which no alias leads."""

    id: strawberry.ID
    """The version."""
    force: bool = False
    """Also if it has made predictions, which go with it."""


@strawberry.input
class ModelAliasSetInput:
    """An alias, and the version that it is to lead to."""

    model_version: strawberry.ID
    """The version; the alias is one of its model's."""
    alias: str
    """A letter, then up to 49 letters, digits, dots, hyphens and underscores."""
    expected_number: int | None = None
    """The number of the version that you saw it lead to, 0 if to none; if it leads to
    another by now, that is a CONFLICT."""
    protected: bool | None = None
    """Whether whoever moves it must confirm that; as it is, if not said."""
    confirm: bool = False
    """True moves an alias that is protected, or sets it free."""
    reason: str | None = None
    """Why, for its history: up to 500 characters."""


@strawberry.input
class ModelAliasDeleteInput:
    """An alias to delete. Its history stays."""

    id: strawberry.ID
    """The alias."""
    confirm: bool = False
    """True deletes an alias that is protected."""
    reason: str | None = None
    """Why, for its history: up to 500 characters."""
