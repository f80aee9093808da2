"""heliograph keys: what secrets at rest are sealed with."""

from argparse import Namespace

from resolvers.access import SYSTEM
from resolvers.audit import entries
from resolvers.context import Context
from resolvers.platform import rewrapping
from server.commands.output import say
from server.equipment import equipped
from server.keys import ring
from server.settings import Settings


async def show(settings: Settings, asked: Namespace) -> None:
    """Each key, whether it is here, and what is under it."""
    async with equipped(settings.alone) as equipment:
        counts = await rewrapping.counted(Context(equipment, SYSTEM))
        current, knows = equipment.envelope.current, equipment.envelope.knows
    here = [one.id for one in ring.ring(settings).all]
    for id_ in dict.fromkeys([*here, *counts]):
        state = "current" if id_ == current else "former" if knows(id_) else "LOST"
        under = ", ".join(f"{n} of {name}" for name, n in counts.get(id_, {}).items())
        say(f"{id_ or '(no key)'}  {state:7}  {under or 'nothing'}")


async def rotate(settings: Settings, asked: Namespace) -> None:
    """Make a new key, under which is sealed from now on."""
    secret = ring.drawn()
    id_ = ring.LocalKey.of(secret.encode()).id
    async with (
        equipped(settings.alone) as equipment,
        Context(equipment, SYSTEM).transaction() as write,
    ):
        write.changes["key"] = {"id": id_}
        await entries.append(write, "keysRotate")
        ring.add(settings, secret)
    say(f"secrets are sealed under {id_} from now on, also by servers that run")
    say("heliograph keys rewrap puts those that are there under it")


async def rewrap(settings: Settings, asked: Namespace) -> None:
    """Put all that is there under the current key."""
    async with equipped(settings.alone) as equipment:
        came = await rewrapping.rewrap(Context(equipment, SYSTEM))
        current = equipment.envelope.current
    say(f"{came.done} secrets are under {current} now")
    if came.unreadable:
        say(
            f"{came.unreadable} cannot be read, and have to be entered again unless"
            " their key is found: see heliograph keys list"
        )
