"""Letters on their way: by SMTP, or to the log where no server is named."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from db.base import utcnow
from resolvers.identity import addresses
from resolvers.mail import Letter
from server.logs import LETTER
from server.settings import Settings

MOST = 1_000
"""Letters that are on their way; what comes beyond them is lost, and that is told."""
AT_ONCE = 4
"""Connections to the mail server."""
PATIENCE = 30.0
"""Seconds for each step of a conversation with it."""
PAUSES = (2.0, 15.0, 60.0, 300.0, 900.0)
"""Seconds between the tries of one letter."""
LAST = 10.0
"""Seconds that a stopping process goes on sending."""
UNSENT = "%r is not sent to %s: %s"
AWAY = (aiosmtplib.SMTPException, OSError)
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
logger = logging.getLogger(__name__)

Deliver = Callable[[Letter], Awaitable[None]]


class Mail:
    """Sends letters in the background, each tried again for about twenty minutes."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, letter: Letter) -> None:
        if len(self._tasks) >= MOST or self._stopping.is_set():
            logger.error(UNSENT, letter.subject, letter.to, "too many wait")
            return
        task = asyncio.create_task(self._sent(letter))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, patience: float = LAST) -> None:
        """Try what waits once more, at once, and then give it up."""
        self._stopping.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience)
        if left := [*self._tasks]:
            logger.error("%s letters are not sent any more", len(left))
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _sent(self, letter: Letter) -> None:
        for pause in (*PAUSES, None):
            if await self._over(letter):
                return
            if pause is None or self._stopping.is_set():
                break
            await self._paused(pause)
        logger.error(UNSENT, letter.subject, letter.to, "the mail server is away")

    async def _over(self, letter: Letter) -> bool:
        """Whether a letter got away, or never will, so that it is over with it."""
        try:
            async with self._turns:
                await self._deliver(letter)
        except AWAY as error:
            if not lasting(error):
                logger.warning("the mail server took no letter: %s", error)
                return False
            logger.error(UNSENT, letter.subject, letter.to, error)  # noqa: TRY400  it is the mail server's doing
        except Exception:
            logger.exception(UNSENT, letter.subject, letter.to, "this is a fault")
        return True

    async def _paused(self, seconds: float) -> None:
        """Wait, but no longer than until the process stops."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


def lasting(error: Exception) -> bool:
    """Whether a mail server would say the same of a letter once more."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(one.code >= 500 for one in error.recipients)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return error.code >= 500
    return isinstance(error, aiosmtplib.SMTPNotSupported)


def mail(settings: Settings) -> Mail:
    """What sends this server's letters."""
    url, sender = settings.smtp_url, settings.mail_from
    return Mail(by_smtp(urlsplit(url), sender) if url else to_the_log)


async def to_the_log(letter: Letter) -> None:
    """Show a letter to whoever reads the log: there is nobody else to give it to."""
    said = f"To: {letter.to}\nSubject: {letter.subject}\n\n{letter.text}"
    logger.info("mail that no server is set to send", extra={LETTER: said})


def by_smtp(url: SplitResult, sender: str) -> Deliver:
    """A way to send by a mail server. A password is sent encrypted or not at all."""
    demanded = url.scheme == "smtp+starttls" or bool(url.password)

    async def deliver(letter: Letter) -> None:
        await aiosmtplib.send(
            written(letter, sender),
            hostname=url.hostname,
            port=url.port or PORTS[url.scheme],
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            local_hostname=socket.gethostname(),
            timeout=PATIENCE,
            use_tls=url.scheme == "smtps",
            start_tls=(demanded or None) if url.scheme != "smtps" else False,
        )

    return deliver


def written(letter: Letter, sender: str) -> EmailMessage:
    """A letter as mail servers hand it on."""
    message = EmailMessage()
    message["From"], message["To"] = sender, addresses.mailed(letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(utcnow())
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip(">"))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message
