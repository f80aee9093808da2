"""Rows of models and predictions, each complete but for what a test says of it."""

from typing import Any

from uuid_utils.compat import uuid7

from db.base import Base, utcnow
from db.models import (
    ArtifactKind,
    BatchPrediction,
    CheckKind,
    CheckRun,
    CheckVerdict,
    Dataset,
    DatasetVersion,
    Job,
    JobStatus,
    LogLevel,
    Model,
    ModelAlias,
    ModelAliasMove,
    ModelTask,
    ModelVersion,
    Prediction,
    PredictionFeedback,
    PredictionLog,
    PredictionStats,
    TrainingJob,
)
from resolvers.access import Actor


def a_model(owner: Actor, **columns: Any) -> Model:
    given = {"id": uuid7(), "owner_id": owner.user_id}
    usual = {"name": f"spam {uuid7().hex}", "task": ModelTask.SPAM, "last_number": 1}
    return Model(**given | usual | columns)


def a_model_version(model: Model, **columns: Any) -> ModelVersion:
    given = {"id": uuid7(), "owner_id": model.owner_id, "model_id": model.id}
    usual = {"number": 1, "artifact": ArtifactKind.HELIOGRAPH, "loadable": True}
    file = {"file_path": f"models/{uuid7().hex}", "file_size": 9, "sha256": "0" * 64}
    more = {"algorithm": "linear_svm", "framework": "heliograph"}
    more["signature_source"] = "training"
    rest = {"input_example": {"text": "hello"}, "metrics": {"f1": 0.97}}
    return ModelVersion(**given | usual | file | more | rest | columns)


def an_alias(version: ModelVersion, **columns: Any) -> ModelAlias:
    given = {"id": uuid7(), "owner_id": version.owner_id, "alias": "production"}
    where = {"model_id": version.model_id, "model_version_id": version.id}
    return ModelAlias(**given | where | columns)


def a_move(version: ModelVersion, **columns: Any) -> ModelAliasMove:
    given = {"id": uuid7(), "owner_id": version.owner_id, "alias": "production"}
    where = {"model_id": version.model_id, "to_version_id": version.id}
    usual = {"number": 1, "to_number": version.number}
    return ModelAliasMove(**given | where | usual | columns)


def a_training_job(dataset: Dataset, model: Model, **columns: Any) -> TrainingJob:
    given = {"id": uuid7(), "owner_id": dataset.owner_id, "dataset_id": dataset.id}
    usual = {"dataset_name": dataset.name, "dataset_digest": "0" * 64}
    about = {"model_id": model.id, "model_name": model.name}
    config = {"config": {"task": "text_classification", "target": "label"}}
    return TrainingJob(**given | usual | about | config | columns)


def a_prediction(version: ModelVersion, **columns: Any) -> Prediction:
    given = {"id": uuid7(), "owner_id": version.owner_id}
    of = {"model_version_id": version.id, "task": ModelTask.SPAM, "label": "spam"}
    asked = {"input_data": {"text": "hello"}, "input_text": "hello"}
    answered = {"confidence": 0.9, "output_data": {"label": "spam"}}
    return Prediction(
        **given | of | asked | answered | {"inference_time_ms": 0.1} | columns
    )


def a_log(prediction: Prediction, **columns: Any) -> PredictionLog:
    given = {"id": uuid7(), "owner_id": prediction.owner_id}
    usual = {"level": LogLevel.INFO, "message": "answered"}
    return PredictionLog(**given | usual | {"prediction_id": prediction.id} | columns)


def a_feedback(prediction: Prediction, **columns: Any) -> PredictionFeedback:
    given = {"id": uuid7(), "owner_id": prediction.owner_id}
    of = {
        "prediction_id": prediction.id,
        "model_version_id": prediction.model_version_id,
        "predicted_label": prediction.label,
    }
    said = {"actual_label": "spam", "source": uuid7().hex}
    return PredictionFeedback(**given | of | said | columns)


def some_stats(version: ModelVersion, **columns: Any) -> PredictionStats:
    given = {"id": uuid7(), "owner_id": version.owner_id}
    of = {"model_version_id": version.id, "day": utcnow().date()}
    counted = {"total": 2, "failed": 1, "sum_ms": 0.5, "max_ms": 0.3}
    rest = {"labels": {"spam": 1}, "confidences": [0.0] * 9 + [1.0]}
    return PredictionStats(**given | of | counted | rest | columns)


def a_batch(version: ModelVersion, **columns: Any) -> BatchPrediction:
    given = {"id": uuid7(), "owner_id": version.owner_id}
    of = {"model_version_id": version.id, "row_count": 3}
    return BatchPrediction(**given | of | columns)


def a_check(owner: Any, **columns: Any) -> CheckRun:
    given = {"id": uuid7(), "owner_id": owner.user_id, "kind": CheckKind.DRIFT}
    usual = {"name": "drift of readings", "status": JobStatus.COMPLETED}
    return CheckRun(**given | usual | {"verdict": CheckVerdict.PASSED} | columns)


def models_of(
    owner: Actor, dataset: Dataset, data: DatasetVersion, job: Job
) -> list[Base]:
    """A model with all that it can have, parents first, joined together."""
    model, ran = a_model(owner), {"job_id": job.id}
    training = a_training_job(dataset, model, dataset_version_id=data.id, **ran)
    version = a_model_version(
        model,
        training_job_id=training.id,
        dataset_version_id=data.id,
        created_by=owner.user_id,
    )
    asked = a_prediction(version)
    again = a_prediction(version, origin_id=asked.id, source="replay")
    check = a_check(
        owner,
        dataset_id=dataset.id,
        dataset_version_id=data.id,
        reference_version_id=data.id,
        model_version_id=version.id,
        **ran,
    )
    return [
        *(model, training, version, an_alias(version)),
        a_move(version, from_version_id=version.id, moved_by=owner.user_id),
        *(asked, again, a_log(asked), a_feedback(asked), some_stats(version)),
        *(a_batch(version, dataset_version_id=data.id, **ran), check),
        a_training_job(dataset, model, model_version_id=version.id),
    ]
