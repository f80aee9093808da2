"""Which media type an answer has: what the client prefers among what there is."""

from collections.abc import Iterator, Sequence

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
HTML = "text/html"


def negotiated(accept: str, offered: Sequence[str]) -> str | None:
    """The offered type that an Accept header likes best, or None if it likes none.

    Of types it likes equally, one that it names goes before one that it allows by an
    asterisk, then the one it names first, then the one offered first. No header is
    as good as an asterisk.
    """
    ranges = list(_ranges(accept)) or [("*/*", 1.0)]
    liked = {media: _liked(media, ranges) for media in offered}
    best = max(liked, key=lambda media: liked[media])
    return best if liked[best] > NOT_AT_ALL else None


NOT_AT_ALL = (0.0, 0, 0)


def _liked(media: str, ranges: list[tuple[str, float]]) -> tuple[float, int, int]:
    """How much: by the range that names it most closely, whose place breaks ties."""
    group = media.partition("/")[0] + "/*"
    for exactness, pattern in ((2, media), (1, group), (0, "*/*")):
        for place, (named, quality) in enumerate(ranges):
            if named == pattern:
                alike = -place if exactness == 2 else -len(ranges)
                return (quality, exactness, alike) if quality else NOT_AT_ALL
    return NOT_AT_ALL


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for one in accept.lower().split(","):
        media, *parameters = (part.strip() for part in one.split(";"))
        if media:
            yield media, _quality(parameters)


def _quality(parameters: list[str]) -> float:
    """Between 0 and 1; what cannot be read is 1, as if nothing had been said."""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 1.0
    return 1.0
