"""URLs without secrets, for output; and detection of hosts in private networks.

A URL's query, fragment and user name may hold secrets (signatures, tokens, passwords): they are
needed to read, and left out of everything written: file paths, the ledger, manifests, messages.
"""

import ipaddress
import re
import socket
from urllib.parse import urlsplit

_URL = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>|\\^`]+")
_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#]*@")
_TRAILING = ".,;:)]}"


def is_web(url: str) -> bool:
    """Return whether a URL is http(s), where `?` begins a query and is not a wildcard."""
    return url[:8].lower().startswith(("http://", "https://"))


def bare(url: str) -> str:
    """Return a URL without user name, query and fragment; a path as it is.

    In URLs other than http(s), `?` and `#` are part of a name or a pattern, and stay.

    >>> bare("https://me:key@a.org/x.gz?sig=1#2"), bare("s3://b/2024-??/#x"), bare("/d/a?.txt")
    ('https://a.org/x.gz', 's3://b/2024-??/#x', '/d/a?.txt')
    """
    if "://" not in url:
        return url
    if "::" in url:  # fsspec's chains, such as simplecache::https://…
        return "::".join(map(bare, url.split("::")))
    url = _USER.sub(r"\1", url)
    return re.split(r"[?#]", url, maxsplit=1)[0] if is_web(url) else url


def with_user_of(url: str, other: str) -> str:
    """Return a URL with the user name and password of another URL of the same server.

    >>> with_user_of("https://a.org/x", "https://me:key@a.org/list"), with_user_of("/x", "/y")
    ('https://me:key@a.org/x', '/x')
    """
    match = _USER.match(other)
    if match is None or not url.startswith(match[1]) or host_of(url) != host_of(other):
        return url
    return match[0] + url.removeprefix(match[1])


def hide_secrets(text: str) -> str:
    """Remove secrets from every URL in a text; `?…` replaces a query.

    >>> hide_secrets("cannot read https://a.org/x?sig=1, nor s3://me:key@b/x")
    'cannot read https://a.org/x?…, nor s3://b/x'
    """

    def hidden(match: re.Match[str]) -> str:
        url = match[0].rstrip(_TRAILING)
        shown = bare(url)
        mark = "?…" if is_web(url) and re.search(r"[?#]", url) else ""
        return shown + mark + match[0][len(url) :]

    return _URL.sub(hidden, text) if "://" in text else text


def is_private(host: str) -> bool:
    """Return whether a host, or an address it resolves to, is in a private or local network.

    A host that does not resolve is not private: nothing can be read from it.

    >>> is_private("127.0.0.1"), is_private("169.254.169.254"), is_private("::1")
    (True, True, True)
    """
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return False
    return any(_is_private_address(str(address)) for address in addresses)


def _is_private_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return True  # not an address: treated as private
    mapped = getattr(address, "ipv4_mapped", None) or address
    return not mapped.is_global or mapped.is_multicast


def host_of(url: str) -> str:
    """Return a URL's host, "" if it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
