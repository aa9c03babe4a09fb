"""Keys and tokens that give programs access: those of a recognisable form.

A secret without one (a password, 40 letters of an AWS secret key far from its name) is not found.
Examples of manuals (AKIAIOSFODNN7EXAMPLE, ghp_xxxx…) do not count. Sources: makers' documentation,
as of November 2026.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from itertools import chain

_DISTINCT = 8  # characters of a key; those of examples have fewer
_EXAMPLE = re.compile(r"EXAMPLE|example|X{6}|x{6}|\*{4}|\.{3}|123456789|abcdef0?123|your[-_]")


def _as_word(body: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9_]){body}(?![A-Za-z0-9_])", re.ASCII)


# A string that every one of them contains (searched for first), and their form.
_UNDERSCORED = (
    ("gh", _as_word("gh[pousr]_[A-Za-z0-9]{36,251}")),  # GitHub
    ("github_pat_", _as_word(r"github_pat_\w{82}")),
    ("_live_", _as_word("[rs]k_live_[A-Za-z0-9]{16,250}")),  # Stripe
    ("npm_", _as_word("npm_[A-Za-z0-9]{36}")),
    ("hf_", _as_word("hf_[A-Za-z]{34}")),  # Hugging Face
    ("dop_v1_", _as_word("dop_v1_[0-9a-f]{64}")),  # DigitalOcean
    ("shp", _as_word("shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}")),  # Shopify
)
_FORMS = (
    ("AKIA", _as_word("AKIA[A-Z2-7]{16}")),  # AWS
    ("ASIA", _as_word("ASIA[A-Z2-7]{16}")),
    ("glpat-", _as_word(r"glpat-[\w-]{20,64}")),  # GitLab
    ("xox", _as_word(r"xox[abeoprs]-(?:\d+-)*[A-Za-z0-9-]{10,250}")),  # Slack
    ("hooks.slack.com", _as_word(r"hooks\.slack\.com/services/T\w{8,12}/B\w{8,12}/\w{20,30}")),
    ("AIza", _as_word(r"AIza[\w-]{35}")),  # Google
    ("GOCSPX-", _as_word(r"GOCSPX-[\w-]{28}")),
    ("SG.", _as_word(r"SG\.[\w-]{22}\.[\w-]{43}")),  # SendGrid
    ("pypi-AgEI", _as_word(r"pypi-AgEI[\w-]{50,250}")),
    ("T3BlbkFJ", _as_word(r"sk-[\w-]{10,120}T3BlbkFJ[\w-]{10,120}")),  # OpenAI
    ("sk-ant-", _as_word(r"sk-ant-[a-z]+\d\d-[\w-]{20,250}")),  # Anthropic
    ("-us", _as_word(r"[0-9a-f]{32}-us\d\d?")),  # Mailchimp
    (":AA", _as_word(r"\d{8,10}:AA[\w-]{33}")),  # Telegram
)
_AWS = re.compile(
    r"(?i:aws|secret)[\w .\"']{0,40}[:=]>?\s{0,3}[\"']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
)
_JWT = _as_word(r"(eyJ[\w-]{10,2000})\.eyJ[\w-]{10,8000}\.[\w-]{20,2000}")
_PEM = re.compile(
    r"-----BEGIN ((?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?)-----"
    r"(?:[\sA-Za-z0-9+/=:,.\\\"-]{0,20000}?-----END \1-----|[\sA-Za-z0-9+/=]{0,20000})"
)


def find(text: str) -> list[tuple[int, int]]:
    """Return where keys and tokens are, (start, end) in characters, in order.

    >>> find("key: AKIAIOSFODNN7EXAMPLF.")
    [(5, 25)]
    """
    return sorted(chain(_formed(text), _aws(text), _tokens(text), _blocks(text)))


def _formed(text: str) -> Iterator[tuple[int, int]]:
    for mark, form in (*_FORMS, *_UNDERSCORED) if "_" in text else _FORMS:
        if mark in text:
            yield from (match.span() for match in form.finditer(text) if _is_real(match[0]))


def _aws(text: str) -> Iterator[tuple[int, int]]:
    """Yield AWS's secret keys: 40 characters of which only the name before tells what they are."""
    if "aws" in text or "AWS" in text or "SecretAccessKey" in text:
        for match in _AWS.finditer(text):
            kinds = [any(map(test, match[1])) for test in (str.isupper, str.islower, str.isdigit)]
            if all(kinds) and _is_real(match[1]):
                yield match.span(1)


def _tokens(text: str) -> Iterator[tuple[int, int]]:
    """Yield JSON web tokens (RFC 7519): their head is JSON that names an algorithm."""
    if "eyJ" not in text:
        return
    for match in _JWT.finditer(text):
        try:
            head = json.loads(base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)))
        except (ValueError, binascii.Error, RecursionError):
            continue
        if isinstance(head, dict) and "alg" in head:
            yield match.span()


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield private keys in PEM (RFC 7468) and OpenPGP's armour; one without an end up to there."""
    if "PRIVATE KEY" in text:
        for match in _PEM.finditer(text):
            if len(match[0]) - 2 * len(match[1]) > 100:  # a key, and not its frame alone
                yield match.start(), match.start() + len(match[0].rstrip())


def _is_real(key: str) -> bool:
    return len(set(key[4:])) >= _DISTINCT and not _EXAMPLE.search(key)
