"""Letters on their way to a mail server, and without one to the log."""

import asyncio
import io
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from resolvers.mail import Letter
from server import logs, mail
from server.failures import Failure
from server.mail import Mail
from server.settings import Settings, read
from tests.waiting import until

LINK = "https://ml.example.org/account/reset#reset_" + "A" * 43
LETTER = Letter("ada@example.org", "Reset your password", f"Öffne:\n\n{LINK}\n")
FROM = "Heliograph <ml@example.org>"


class Server:
    """A mail server of our own, which says what a test has it say."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.heard: list[str] = []
        self.busy = 0
        """How many letters are not taken as yet."""
        self.silent = False
        self.port = 0

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        def say(text: str) -> None:
            writer.write(text.encode() + b"\r\n")

        try:
            say("220 here")
            while line := (await reader.readline()).decode():
                self.heard.append(line.strip())
                if self.silent:
                    continue
                word = line[:4].strip().upper()
                if word == "EHLO":
                    say("250-here\r\n250 SMTPUTF8")
                elif word == "RCPT":
                    say("550 nobody" if "nobody" in line else "250 well")
                elif word == "DATA":
                    say("354 go on")
                    await self._data(reader, say)
                else:
                    say("221 bye" if word == "QUIT" else "250 well")
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _data(
        self, reader: asyncio.StreamReader, say: Callable[[str], None]
    ) -> None:
        content = await reader.readuntil(b"\r\n.\r\n")
        if self.busy:
            self.busy -= 1
            say("451 later")
        else:
            self.letters.append(content)
            say("250 taken")


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    async with server.running():
        yield server


@pytest.fixture
async def post(server: Server) -> AsyncIterator[Mail]:
    post = mail.mail(settings(server))
    yield post
    await post.close(0)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the log says, as whoever runs the server reads it."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers, root.level
    logs.configure("info", "json", written)
    yield written
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def settings(server: Server, user: str = "") -> Settings:
    url = f"smtp://{user}127.0.0.1:{server.port}"
    return Settings(smtp_url=url, mail_from=FROM)


def parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)  # pyright: ignore[reportReturnType]  so it is by this policy


async def test_a_letter_arrives_as_it_was_written(server: Server, post: Mail) -> None:
    post.send(LETTER)
    letter = parsed((await until(lambda: server.letters))[0])
    assert (letter["From"], letter["To"]) == (FROM, "ada@example.org")
    assert letter["Subject"] == LETTER.subject
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().replace("\r\n", "\n").startswith(LETTER.text)
    assert "RCPT TO:<ada@example.org>" in [
        one.partition(" SIZE")[0] for one in server.heard
    ]


async def test_a_domain_beyond_ascii_is_spelt_as_mail_servers_know_it(
    server: Server, post: Mail
) -> None:
    post.send(Letter("ada@exämple.org", "x", "y"))
    letter = parsed((await until(lambda: server.letters))[0])
    assert letter["To"] == "ada@xn--exmple-cua.org"


async def test_a_letter_that_is_not_taken_is_sent_again(
    server: Server, post: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "PAUSES", (0.01,) * 5)
    server.busy = 3
    post.send(LETTER)
    assert len(await until(lambda: server.letters)) == 1


async def test_whom_the_server_does_not_know_is_not_written_to_again(
    server: Server, post: Mail, logged: io.StringIO
) -> None:
    post.send(Letter("nobody@example.org", "x", LINK))
    await until(lambda: "is not sent to nobody@example.org" in logged.getvalue())
    post.send(LETTER)
    await until(lambda: server.letters)
    asked = [one for one in server.heard if "nobody" in one and "RCPT" in one]
    assert len(asked) == 1
    assert "reset_" not in logged.getvalue()


async def test_to_send_does_not_wait_and_a_stopping_process_not_for_long(
    server: Server, post: Mail, logged: io.StringIO
) -> None:
    server.silent = True
    begun = time.monotonic()
    post.send(LETTER)
    await until(lambda: server.heard)
    async with asyncio.timeout(30):
        await post.close(0.2)
    assert time.monotonic() - begun < 30
    assert "1 letters are not sent any more" in logged.getvalue()


async def test_a_stopping_process_tries_at_once_what_it_was_to_try_later(
    server: Server, post: Mail, logged: io.StringIO
) -> None:
    server.busy = 1
    post.send(LETTER)
    await until(lambda: "took no letter" in logged.getvalue())
    async with asyncio.timeout(30):
        await post.close(20)
    assert len(server.letters) == 1


async def test_no_more_letters_wait_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch, logged: io.StringIO
) -> None:
    sent: list[Letter] = []

    async def deliver(letter: Letter) -> None:
        sent.append(letter)

    monkeypatch.setattr(mail, "MOST", 3)
    post = Mail(deliver)
    for n in range(5):
        post.send(Letter(f"{n}@example.org", "x", LINK))
    await post.close()
    assert [one.to for one in sent] == [f"{n}@example.org" for n in range(3)]
    assert logged.getvalue().count("too many wait") == 2
    assert "reset_" not in logged.getvalue()


async def test_a_password_for_the_server_is_sent_encrypted_or_not_at_all(
    server: Server, logged: io.StringIO
) -> None:
    post = mail.mail(settings(server, "ml:s3cret@"))
    post.send(LETTER)
    await until(
        lambda: "took no letter" in logged.getvalue() or "not sent" in logged.getvalue()
    )
    await post.close(0)
    assert not any(one.startswith("AUTH") for one in server.heard)
    assert "s3cret" not in logged.getvalue()
    assert server.letters == []


async def test_without_a_server_the_log_has_the_letter_and_nothing_else_has(
    logged: io.StringIO,
) -> None:
    post = mail.mail(Settings())
    post.send(LETTER)
    line = await until(logged.getvalue)
    assert LINK in line
    assert '"level":"info"' in line
    logging.getLogger("else").info("a link: %s", LINK)
    assert logged.getvalue().count("A" * 43) == 1
    await post.close()


async def test_a_letter_that_cannot_be_written_hurts_no_other(
    server: Server, post: Mail, logged: io.StringIO
) -> None:
    post.send(Letter("no address at all", "x", LINK))
    post.send(LETTER)
    assert await until(lambda: server.letters)
    await until(lambda: "this is a fault" in logged.getvalue())
    assert "reset_" not in logged.getvalue()


@pytest.mark.parametrize(
    "line", ["a\r\nBcc: all@example.org", "a\nb", "a\0", "a\u2028b"]
)
def test_a_head_is_of_lines_that_nobody_breaks(line: str) -> None:
    for to, subject in ((line, "x"), ("ada@example.org", line)):
        with pytest.raises(ValueError, match="a letter's head"):
            Letter(to, subject, "y")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "http://mail.example.org"),
        ("SMTP_URL", "smtp://"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "a@example.org\nBcc: b@example.org"),
        ("PUBLIC_URL", "ml.example.org"),
        ("PUBLIC_URL", "https://ml.example.org/?x=1"),
    ],
)
def test_a_setting_that_will_not_do_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"HELIOGRAPH_{name}", value)
    with pytest.raises(Failure, match=f"HELIOGRAPH_{name}"):
        read()


def test_links_lead_to_the_public_url_or_to_where_the_server_listens() -> None:
    assert Settings(port=81).policy.public_url == "http://127.0.0.1:81"
    said = Settings(public_url="https://ml.example.org/x/")
    assert said.policy.public_url == "https://ml.example.org/x"
