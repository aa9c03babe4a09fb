"""Rules that select outbound links of submissions: karma, date, blocked hosts and file types.

GPT-2 used all outbound links of at least 3 karma, from before 2018, and left Wikipedia out, for
its benchmarks quote it (Radford et al. 2019, section 2.1). No more is known of its rules: hosts
of pictures and films, and files that are not pages, are left out here because they give no text.
"""

import gzip
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from curate.dedup.urls import normalise_url
from curate.links.lines import Submission
from curate.store import io

# Reddit itself: not outbound. Includes subdomains, as all domains here.
HOME = ("reddit.com", "redd.it", "redditmedia.com", "redditstatic.com", "reddit.it")
WIKIPEDIA = ("wikipedia.org",)
# fmt: off
# Pictures, films and music, with little text of their own.
DOMAINS = frozenset((
    "imgur.com", "minus.com", "flickr.com", "photobucket.com", "tinypic.com", "imageshack.us",
    "quickmeme.com", "gfycat.com", "giphy.com", "instagram.com", "pinterest.com",
    "deviantart.com", "youtube.com", "youtu.be", "vimeo.com", "liveleak.com", "dailymotion.com",
    "streamable.com", "twitch.tv", "vine.co", "soundcloud.com", "spotify.com", "bandcamp.com",
))
# Extensions of files that are not pages.
EXTENSIONS = frozenset((
    "jpg", "jpeg", "png", "gif", "gifv", "bmp", "svg", "webp", "ico", "tif", "tiff", "psd",
    "mp3", "mp4", "m4a", "m4v", "ogg", "ogv", "oga", "wav", "flac", "avi", "mov", "wmv", "mkv",
    "webm", "flv", "swf", "mpg", "mpeg", "pdf", "ps", "doc", "docx", "ppt", "pptx", "xls",
    "xlsx", "csv", "zip", "rar", "gz", "tgz", "bz2", "xz", "7z", "tar", "exe", "msi", "dmg",
    "iso", "apk", "deb", "rpm", "jar", "torrent", "bin", "css", "js", "json", "xml", "rss", "atom",
))
# fmt: on
# Outcomes of a line of a dump.
COUNTS = {
    "lines": "lines of the dumps",
    "bad_json": "lines that are not JSON objects",
    "no_url": "submissions without a URL",
    "comment": "comments: those have dumps of their own, RC_… and not RS_…",
    "self_post": "texts on Reddit itself",
    "over_18": "not for minors; only with --no-over-18",
    "no_date": "of unknown date; only with --before",
    "too_late": "not before --before",
    "no_karma": "of unknown karma",
    "not_web": "URLs that are not http or https",
    "blocked_domain": "of a blocked host",
    "blocked_extension": "files that are not pages",
    "low_karma": "less karma than the minimum; with --karma-of url, URLs and not submissions",
    "submissions": "submissions that count",
    "links": "links, one for each page",
    "bad_compression": "dumps that are truncated or do not decompress; what was read counts",
}
NEVER = 1 << 62  # seconds: of a submission without a date
_URL = re.compile(r"\s*https?://(?:[^/?#@]*@)?([^/?#:\s]+)(?::\d*)?([^?#]*)", re.I)
_AT_HOME = re.compile(r"/(?:r|u|user|gallery|comments)/")  # a page of Reddit, without its host
_EXTENSION = re.compile(r"\.([a-z0-9]{1,7})/?$", re.I)


class Link(NamedTuple):
    """One submission of a page: its URL normalised and as posted, karma, second of 1970."""

    url: str
    posted: str
    karma: int
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Judge a submission: its outbound link, or why it does not count.

    Args:
        karma: minimum karma of a link; None: any.
        karma_of: submission: each submission needs it (GPT-2). url: all submissions of a URL
            together (OpenWebText2, which sums the scores of one spelling; here all of a page).
        over_18: whether submissions that are not for minors count.
        before: a date, YYYY-MM-DD, UTC; later submissions do not count. GPT-2: 2018-01-01.
        wikipedia: whether Wikipedia's pages count.
        domains, extensions: left out, in addition to Reddit itself.
    Raises:
        ValueError: karma_of is neither, before is no date.

    >>> rules = Rules()
    >>> rules.judge(Submission(url="http://example.org/a?utm_source=b", score=3))
    Link(url='http://example.org/a', posted='http://example.org/a?utm_source=b', karma=3, ...)
    >>> rules.judge(Submission(url="http://example.org/a", score="2"))
    'low_karma'
    """

    karma: int | None = 3
    karma_of: Literal["submission", "url"] = "submission"
    over_18: bool = True
    before: str | None = None
    wikipedia: bool = False
    domains: frozenset[str] = DOMAINS
    extensions: frozenset[str] = EXTENSIONS
    _blocked: frozenset[str] = field(init=False, repr=False, compare=False)
    _least: int | None = field(init=False, repr=False, compare=False)
    _end: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.karma_of not in ("submission", "url"):
            raise ValueError(f"karma_of: expected submission or url, got {self.karma_of!r}")
        wikipedia = () if self.wikipedia else WIKIPEDIA
        object.__setattr__(self, "_blocked", frozenset((*HOME, *wikipedia, *self.domains)))
        object.__setattr__(self, "_least", self.karma if self.karma_of == "submission" else None)
        object.__setattr__(self, "_end", NEVER if self.before is None else _timestamp(self.before))

    def judge(self, submission: Submission) -> Link | str:  # noqa: PLR0911 - one return for each reason
        """Return the link, or why the submission does not count: a key of COUNTS."""
        url, leads_to = submission.url, submission.url_overridden_by_dest
        if isinstance(leads_to, str) and _URL.match(leads_to):
            url = leads_to  # for a crosspost, `url` may be the page of the post
        if not isinstance(url, str) or not url:
            return "no_url" if submission.body is None else "comment"
        if submission.is_self or (
            submission.is_self is None and str(submission.domain).startswith("self.")
        ):
            return "self_post"
        if submission.over_18 and not self.over_18:
            return "over_18"
        created = whole_number(submission.created_utc)
        if self._end != NEVER and (created is None or created >= self._end):
            return "no_date" if created is None else "too_late"
        karma = whole_number(submission.score)
        if karma is None:
            return "no_karma"
        if self._least is not None and karma < self._least:
            return "low_karma"
        return self._link(url.replace("&amp;", "&").strip(), karma, created)

    def _link(self, posted: str, karma: int, created: int | None) -> Link | str:
        match = _URL.match(posted)
        if match is None:
            return "blocked_domain" if _AT_HOME.match(posted) else "not_web"
        host, path = match.groups()
        if self._is_blocked(host.lower().rstrip(".")):
            return "blocked_domain"
        extension = _EXTENSION.search(path)
        if extension is not None and extension[1].lower() in self.extensions:
            return "blocked_extension"
        url = normalise_url(posted)
        if url is None or "." not in host:
            return "not_web"
        return Link(url, posted, karma, NEVER if created is None else created)

    def _is_blocked(self, host: str) -> bool:
        while host not in self._blocked:
            _, dot, host = host.partition(".")
            if not dot:
                return False
        return True


def whole_number(value: Any) -> int | None:
    """Return a number that dumps write as a number or as a string; None for anything else.

    >>> whole_number(3), whole_number("1370044800"), whole_number(3.0), whole_number(None)
    (3, 1370044800, 3, None)
    """
    if type(value) is int:
        return value if abs(value) < NEVER else None
    try:
        number = int(float(value)) if isinstance(value, str | float) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and abs(number) < NEVER else None


def _timestamp(date: str) -> int:
    try:
        return int(datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise ValueError(f"before: expected a date, YYYY-MM-DD, got {date!r}") from error


def entries(path: str) -> frozenset[str]:
    """Return the entries of a list: one per line, UTF-8, gzip if named .gz, # before comments.

    In lower case, without a dot in front. Raises OSError if it cannot be read.
    """
    data = io.read_bytes(path)
    text = (gzip.decompress(data) if path.endswith(".gz") else data).decode("utf-8-sig", "replace")
    lines = (line.partition("#")[0].strip().lower().lstrip(".") for line in text.splitlines())
    return frozenset(line for line in lines if line)
