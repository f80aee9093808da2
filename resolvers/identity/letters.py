"""What people are written to, and when. A letter has no word of the other's."""

import math

from resolvers.identity.onetime import Ticket
from resolvers.mail import Letter
from resolvers.policy import Policy

NOT_YOU = "If that was not you, you need do nothing: nothing has changed."
WARNING = "If that was not you, reset your password at once, and tell whoever runs this"


def reset(policy: Policy, email: str, ticket: Ticket) -> Letter:
    """How to come in again without the password."""
    return Letter(
        email,
        "Reset your password",
        f"Somebody asked to reset the password of your account.\n\n"
        f"{_link(policy, 'reset', ticket)}\n\n{NOT_YOU}\n",
    )


def verify(policy: Policy, email: str, ticket: Ticket) -> Letter:
    """How to show that an address is one's own."""
    return Letter(
        email,
        "Verify your e-mail address",
        f"This address was given for an account.\n\n"
        f"{_link(policy, 'verify', ticket)}\n\nIf it was not you who made the account,"
        " do not open this: whoever did would go on using it. Reset its password"
        " instead, and it is yours alone.\n",
    )


def again(policy: Policy, email: str, ticket: Ticket) -> Letter:
    """How to have an account that waits for its owner, whoever made it."""
    return Letter(
        email,
        "Your account waits for you",
        f"Somebody tried to make an account with this address at {policy.public_url}."
        f" There is one already, which waits until whoever reads this has chosen its"
        f" password, in place of the one that was given for it:\n\n"
        f"{_link(policy, 'reset', ticket)}\n\n{NOT_YOU}\n",
    )


def taken(policy: Policy, email: str) -> Letter:
    """That somebody wanted to make an account where there is one."""
    return Letter(
        email,
        "You have an account already",
        f"Somebody tried to make an account with this address at {policy.public_url}."
        f" You have one: sign in, or reset its password.\n\n{NOT_YOU}\n",
    )


def changing(policy: Policy, email: str) -> Letter:
    """That an account is about to have another address."""
    return Letter(
        email,
        "Your e-mail address is about to change",
        f"Somebody who is signed in to your account at {policy.public_url} asked that"
        f" it have another e-mail address. It has, once they open the link that was"
        f" sent there.\n\n{WARNING} server.\n",
    )


def changed(policy: Policy, email: str, what: str) -> Letter:
    """That something of an account is not what it was: its `what`."""
    return Letter(
        email,
        f"Your {what} was changed",
        f"The {what} of your account at {policy.public_url} was changed.\n\n"
        f"{WARNING} server.\n",
    )


def moved(policy: Policy, email: str) -> Letter:
    """That an account has another address, to the one that it had."""
    return Letter(
        email,
        "Your e-mail address was changed",
        f"Your account at {policy.public_url} has another e-mail address from now on."
        f"\n\nIf that was not you, tell whoever runs this server at once: letters, also"
        f" to reset its password, do not come here any more.\n",
    )


def locked(policy: Policy, email: str) -> Letter:
    """That nobody can sign in for a while."""
    minutes = math.ceil(policy.lock / 60)
    return Letter(
        email,
        "Your account is locked for a while",
        f"Too many wrong passwords or codes were tried for your account at"
        f" {policy.public_url}. Nobody can sign in to it for {minutes} minutes; where"
        f" you are signed in, you stay so.\n\nIf that was you, wait, or reset your"
        f" password, which ends the lock. {NOT_YOU}\n",
    )


def reused(policy: Policy, email: str) -> Letter:
    """That a session was ended, since somebody else may have been in it."""
    return Letter(
        email,
        "You were signed out",
        f"What keeps you signed in at {policy.public_url} was used a second time, as if"
        f" by somebody who has copied it. That session has ended; sign in again.\n\n"
        f"{WARNING} server.\n",
    )


def invitation(policy: Policy, email: str, code: str) -> Letter:
    """How somebody comes in who was asked to."""
    return Letter(
        email,
        "You are invited",
        f"You may make an account at {policy.public_url} with this code:\n\n"
        f"    {code}\n\nOr go to {policy.public_url}/account/invitation#{code}\n",
    )


def _link(policy: Policy, page: str, ticket: Ticket) -> str:
    """A link, with its token where no server logs it and no other site is told."""
    minutes = round(ticket.lifetime.total_seconds() / 60)
    lasts = f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
    where = f"{policy.public_url}/account/{page}#{ticket.text}"
    said = "What follows # is the token that a program is asked for."
    return f"{where}\n\nThe link is good for {lasts}, and once. {said}"
