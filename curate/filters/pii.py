"""Personal data masked: addresses of mail and of machines, as FineWeb has it.

Input: a text. Output: the same with each address replaced; nothing is dropped.

Source: Penedo et al. 2024 (FineWeb), arXiv:2406.17557, section 3.1: emails and public IPv4
addresses.
"""

import re
from ipaddress import IPv4Address

from pydantic.dataclasses import dataclass

from curate._lazy import listing
from curate.filters.settings import CONFIG
from curate.steps import Step, edit
from curate.text.cuts import Cut, apply_cuts
from curate.text.views import Text

__all__ = ["MaskPII"]
__dir__ = listing(__name__, __all__)

# Runs are bounded as the standards bound them, so that no text takes more than linear time.
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9.!#$%&'*+/=?^_`{|}~-])"
    r"[A-Za-z0-9!#$%&*+/=?^_`{|}~-]"
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{0,63}"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}"
    r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IP = re.compile(rf"(?<![\d.]){_BYTE}(?:\.{_BYTE}){{3}}(?!\.?\d)")


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class MaskPII:
    """Return the text with emails and public IPv4 addresses replaced.

    Private, local and reserved addresses (10.0.0.1, 127.0.0.1, 192.0.2.1) stay. Version numbers
    of four parts look like addresses and are replaced with them, as in FineWeb.
    Args:
        email, ip: what stands in their place; None for off.

    Source: Penedo et al. 2024 (FineWeb), arXiv:2406.17557, section 3.1.
    Differs: one replacement each, where FineWeb's code goes round among several.

    >>> MaskPII()("Ask jo.doe@mail.org at 8.8.8.8 or 10.0.0.1.")
    'Ask email@example.com at 22.214.171.124 or 10.0.0.1.'
    """

    email: str | None = "email@example.com"
    ip: str | None = "22.214.171.124"

    def __call__(self, text: str) -> str:
        return apply_cuts(text, self.cuts(Text.of(text)))

    def cuts(self, text: str) -> list[Cut]:
        """Return the addresses, and what stands in their place."""
        found = []
        if self.email is not None and "@" in text:
            found += [Cut(*one.span(), "email", self.email) for one in _EMAIL.finditer(text)]
        if self.ip is not None:
            found += [
                Cut(*one.span(), "ip", self.ip)
                for one in _IP.finditer(text)
                if _is_public(one[0]) and not any(c.start < one.end() <= c.end for c in found)
            ]
        return sorted(found)

    def steps(self) -> list[Step]:
        """Return its one step."""
        put = (self.email or "") + (self.ip or "")
        more = " " in put or any(map(str.isalpha, self.ip or ""))
        return [edit(self.cuts, name="pii", adds_words=more)]


def _is_public(address: str) -> bool:
    return IPv4Address(address).is_global


FILTERS = {"pii": MaskPII}
