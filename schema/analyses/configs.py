"""The parameters of maps."""

from datetime import datetime

import strawberry

from db import models
from resolvers.analyses import configs
from schema.connections import Connection
from schema.edges import found, listed
from schema.enums import Optimizer
from schema.lists.analyses import ReductionConfigFilter, ReductionConfigOrder
from schema.nodes import Entity, Info
from schema.perform import Creation, Keyed, perform_once


@strawberry.type
class ReductionConfig(Entity, of=models.ReductionConfig):
    """The parameters of a map. Six are yours to set; the others are the server's."""

    created_at: datetime
    is_system: bool
    gamma0: float
    optimizer: Optimizer
    alpha: float
    end_meta: str
    start_dim: str
    end_dim: str
    imax: int
    lowdim: int
    eta: float
    epsilon: float
    beta1: float
    beta2: float
    beta: float
    a: float
    w1: float
    w2: float
    which_w1: str
    mode: str
    param_mode: float


@strawberry.input
class ReductionConfigCreateInput(Keyed):
    """Parameters to choose; what is not given is as the server has it."""

    gamma0: float | None = None
    """The search stops once the cost changes by less than this: up to 1."""
    optimizer: Optimizer | None = None
    """How the map is found."""
    alpha: float | None = None
    """The length of Adam's first steps: up to 1."""
    end_meta: str | None = None
    """The last column of metadata."""
    start_dim: str | None = None
    """The first column of features."""
    end_dim: str | None = None
    """The last column of features."""


@strawberry.type
class ReductionConfigCreatePayload(Creation):
    """The parameters, once they are kept."""

    reduction_config: ReductionConfig | None
    """Null where there are errors."""


@strawberry.type
class Query:
    reduction_config: ReductionConfig | None = found(models.ReductionConfig)
    """Parameters of yours, or of the server's."""
    reduction_configs: Connection[ReductionConfig] = listed(
        models.ReductionConfig, ReductionConfigFilter, ReductionConfigOrder
    )
    """Your parameters, and the server's."""


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def reduction_config_create(
        self, info: Info, input: ReductionConfigCreateInput
    ) -> ReductionConfigCreatePayload:
        """Keep a choice of parameters; your newest is what your maps are made with."""
        chosen = {name: getattr(input, name) for name in configs.EDITABLE}
        done = await perform_once(info, input, configs.create, chosen)
        return ReductionConfigCreatePayload(reduction_config=done.row, **done.created)
