"""Settings of what is not kept for ever."""

from pydantic import Field, PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

from resolvers.policy import Policy

USUAL = Policy()


class Windows(BaseSettings):
    """How long, each in seconds; what is older is deleted on schedule."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    keep_predictions: PositiveFloat = USUAL.keep_predictions
    """Seconds that predictions are kept; what their days come to is kept for ever."""
    keep_prediction_logs: PositiveFloat = USUAL.keep_prediction_logs
    """Seconds that their lines are kept."""
    keep_sessions: PositiveFloat = USUAL.keep_sessions
    """Seconds after their end that sessions, tokens and invitations are kept."""
    keep_closed_accounts: PositiveFloat = USUAL.keep_closed_accounts
    """Seconds that a closed account can be opened again; then it is nobody's."""
    keep_idempotency_keys: PositiveFloat = USUAL.keep_idempotency_keys
    """Seconds for which a mutation is not repeated under its key."""
    keep_events: PositiveFloat = USUAL.keep_events
    """Seconds that a subscriber may be away and miss nothing."""
    keep_runs: float = Field(default=USUAL.keep_runs, ge=2 * 86_400)
    """Seconds for which it is told what was done on schedule: two days at least."""
    audit_months: PositiveInt = USUAL.audit_months
    """Whole months for which the audit log is kept, besides the one that runs."""
