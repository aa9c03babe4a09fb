"""HTTP requests: credentials of a URL as a header, and limits on redirects (SSRF protection).

A server may redirect to another of its addresses, from http to https, or to another public host;
not to another scheme, and not into a private network (link-local and loopback addresses
included), which a reader may be able to reach and the server not. Exceptions are hosts named, with
commas, in the environment variable CURATE_ALLOW_HOSTS.
"""

import base64
import errno
import os
import urllib.request
from collections.abc import Mapping
from http.client import HTTPMessage
from typing import IO, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from curate.store.urls import bare, host_of, is_private

ALLOW_HOSTS = "CURATE_ALLOW_HOSTS"


class RedirectError(OSError):
    """A server redirected to a target that is not allowed."""

    def __init__(self, message: str) -> None:
        super().__init__(errno.EACCES, message)


def open_url(url: str, *, method: str = "GET", headers: Mapping[str, str], timeout: float) -> Any:
    """Return a server's response, a file with `status` and `headers`.

    Raises:
        RedirectError: it redirects to a target that is not allowed.
        ValueError: not a URL of a web server.
        OSError, http.client.HTTPException: as of urllib.
    """
    plain, credentials = _without_user(url)
    request = urllib.request.Request(plain, method=method, headers={**headers, **credentials})  # noqa: S310
    return _opener().open(request, timeout=timeout)


def refused_redirect(url: str, target: str) -> str | None:
    """Return why `url` must not redirect to `target`; None if it may.

    >>> refused_redirect("http://a.org/x", "ftp://a.org/x")
    'another scheme than http or https'
    """
    scheme, old = urlsplit(target).scheme.lower(), urlsplit(url).scheme.lower()
    if scheme not in ("http", "https"):
        return "another scheme than http or https"
    if (old, scheme) == ("https", "http"):
        return "http, from https"
    host = host_of(target)
    allowed = {name.strip().lower() for name in os.environ.get(ALLOW_HOSTS, "").split(",")}
    if host in allowed or host == host_of(url) or not is_private(host):
        return None
    return "a private network"


class _Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(  # noqa: PLR0917 - urllib's
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        why = refused_redirect(req.full_url, newurl)
        if why is not None:
            raise RedirectError(
                f"{bare(req.full_url)}: expected a file, got a redirect to {why}: {bare(newurl)} "
                f"(allow the host {host_of(newurl)} by {ALLOW_HOSTS})"
            )
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        if request is not None and host_of(newurl) != host_of(req.full_url):
            request.headers.pop("Authorization", None)  # credentials are for the first host only
        return request


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_Redirects)  # reads the environment's proxies again


def _without_user(url: str) -> tuple[str, dict[str, str]]:
    """Return a URL without user name and password, and the header that carries them."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    plain = urlunsplit((parts.scheme, host, parts.path, parts.query, ""))
    if not at:
        return plain, {}
    token = base64.b64encode(unquote(user).encode()).decode()
    return plain, {"Authorization": f"Basic {token}"}
