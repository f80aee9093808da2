"""What a process works with, made from its settings."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from redis.exceptions import RedisError

from compute.sandbox import Limits
from db.session import Database
from resolvers.equipment import Bus, Equipment, Throttle
from resolvers.passwords import AT_ONCE, Passwords
from resolvers.payments import Payments
from server import keyring
from server.bus import MemoryBus, RedisBus
from server.checkpoints import notary
from server.children import LIBRARIES, Children
from server.failures import Failure
from server.keys.ring import ring
from server.keys.sealing import Envelopes
from server.mail import mail
from server.models import WarmModels
from server.pools import LocalPools, Shared
from server.settings import Settings
from server.store import store
from server.throttle import MemoryThrottle, RedisThrottle, rates

GIVING_WAY = 10
"""How nice processes are that hash: a flood of logins takes what others leave."""
PATIENCE = 10.0
"""Seconds for what answers did not wait for."""


@asynccontextmanager
async def equipped(settings: Settings) -> AsyncGenerator[Equipment]:
    """The equipment of a process; what was opened last is closed first.

    Raises Failure where something is not to be had.
    """
    keys, envelope = keyring.keys(settings), Envelopes(ring(settings))
    signs = notary(settings)
    async with AsyncExitStack() as stack:
        database = Database(settings.database, walled=settings.wall != "off")
        stack.push_async_callback(database.close)
        bus = await _bus(stack, settings)
        throttle = _throttle(stack, settings)
        post = mail(settings)
        stack.push_async_callback(post.close)
        hashing = Shared(AT_ONCE, Limits(nice=GIVING_WAY))
        stack.callback(hashing.end)
        passwords = Passwords(keys.pepper, hashing.call)
        stack.callback(passwords.close)
        pools = await asyncio.to_thread(_pools, settings)
        stack.callback(pools.close)
        kept = store(settings)
        children = Children(libraries=LIBRARIES)
        models = WarmModels(kept, settings.model_memory, children)
        stack.push_async_callback(models.close)
        equipment = Equipment(
            database=database,
            bus=bus,
            compute=pools,
            store=kept,
            throttle=throttle,
            keys=keys,
            envelope=envelope,
            passwords=passwords,
            models=models,
            notary=signs,
            post=post,
            payments=_payments(settings),
            policy=settings.policy,
        )
        stack.push_async_callback(equipment.afterwards.ended, PATIENCE)
        stack.push_async_callback(equipment.verifications.ended)
        yield equipment


def _pools(settings: Settings) -> LocalPools:
    """Processes on this machine; with a scheduler, its cluster does the jobs."""
    limits = Limits(memory=settings.process_memory)
    scheduler = settings.compute_scheduler
    if not scheduler:
        return LocalPools(settings.quick_processes, limits)
    try:
        from server.cluster import ClusterPools  # noqa: PLC0415  an extra
    except ImportError as error:
        said = "HELIOGRAPH_COMPUTE_SCHEDULER needs the extra `cluster`"
        raise Failure(f"{said}: pip install heliograph[cluster]") from error
    try:
        return ClusterPools(scheduler, settings.quick_processes, limits)
    except ValueError as error:
        raise Failure(f"HELIOGRAPH_COMPUTE_SCHEDULER will not do: {error}") from error


def _payments(settings: Settings) -> Payments | None:
    """Stripe, if there are its secrets."""
    secret, signed = settings.stripe_secret, settings.stripe_webhook_secret
    if secret is None and signed is None:
        return None
    if secret is None or signed is None:
        names = "HELIOGRAPH_STRIPE_SECRET and HELIOGRAPH_STRIPE_WEBHOOK_SECRET"
        raise Failure(f"{names} are set both, or neither of them")
    try:
        from server.payments import StripePayments  # noqa: PLC0415  an extra
    except ImportError as error:
        said = "HELIOGRAPH_STRIPE_SECRET needs the extra `stripe`"
        raise Failure(f"{said}: pip install heliograph[stripe]") from error
    return StripePayments(secret.get_secret_value(), settings.policy.public_url)


async def _bus(stack: AsyncExitStack, settings: Settings) -> Bus:
    if settings.redis_url is None:
        return MemoryBus()
    bus = RedisBus(settings.redis_url)
    try:
        await stack.enter_async_context(bus.running())
    except (RedisError, OSError) as error:
        raise Failure(f"redis cannot be reached: {error}") from error
    return bus


def _throttle(stack: AsyncExitStack, settings: Settings) -> Throttle:
    if settings.redis_url is None:
        return MemoryThrottle(rates(settings))
    throttle = RedisThrottle(settings.redis_url, rates(settings))
    stack.push_async_callback(throttle.close)
    return throttle
