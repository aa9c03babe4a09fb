"""URLs of one page: which spellings are one, which must stay apart."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curate.dedup.urls import TRACKING, normalise_url

ONE_PAGE = {
    "scheme": ("http://example.org/a", "https://example.org/a"),
    "scheme in capitals": ("HTTP://example.org/a", "http://example.org/a"),
    "www": ("http://www.example.org/a", "http://example.org/a"),
    "www twice": ("http://www.www.example.org/a", "http://example.org/a"),
    "host in capitals": ("http://Example.ORG/a", "http://example.org/a"),
    "last dot of the host": ("http://example.org./a", "http://example.org/a"),
    "host in another script": ("http://bücher.example/", "http://xn--bcher-kva.example/"),
    "the same in capitals": ("http://BÜCHER.example/", "http://xn--bcher-kva.example"),
    "escaped host": ("http://ex%61mple.org/", "http://example.org/"),
    "port of http": ("http://example.org:80/a", "http://example.org/a"),
    "port of https": ("https://example.org:443/a", "http://example.org/a"),
    "empty port": ("http://example.org:/a", "http://example.org/a"),
    "user and password": ("http://me:secret@example.org/a", "http://example.org/a"),
    "fragment": ("http://example.org/a#part", "http://example.org/a"),
    "fragment of a script": ("http://example.org/#!/a", "http://example.org/"),
    "slash at the end": ("http://example.org/a/", "http://example.org/a"),
    "slashes at the end": ("http://example.org/a//", "http://example.org/a"),
    "no path": ("http://example.org", "http://example.org/"),
    "empty query": ("http://example.org/a?", "http://example.org/a"),
    "index.html": ("http://example.org/a/index.html", "http://example.org/a/"),
    "index.php and its query": ("http://example.org/index.php?id=1", "http://example.org/?id=1"),
    "Default.aspx": ("http://example.org/Default.aspx", "http://example.org/"),
    "index of an index": ("http://example.org/index.html/index.html", "http://example.org/"),
    "escapes without need": ("http://example.org/%7Ejo/%61", "http://example.org/~jo/a"),
    "escapes in small letters": ("http://example.org/%e2%82%ac", "http://example.org/%E2%82%AC"),
    "a letter that needs an escape": ("http://example.org/€", "http://example.org/%E2%82%AC"),
    "a space": ("http://example.org/a b", "http://example.org/a%20b"),
    "spaces around": ("  http://example.org/a\n", "http://example.org/a"),
    "dots": ("http://example.org/a/../b/./c/..", "http://example.org/b/"),
    "dots beyond the root": ("http://example.org/../../a", "http://example.org/a"),
    "escaped dots": ("http://example.org/a/%2E%2e/b", "http://example.org/b"),
    "session in the path": ("http://example.org/a;jsessionid=1F?b=1", "http://example.org/a?b=1"),
    "session in the query": ("http://example.org/a?PHPSESSID=1f&b=1", "http://example.org/a?b=1"),
    "where a reader came from": (
        "http://example.org/a?utm_source=x&id=7&UTM_Medium=y&fbclid=z&gclid=w",
        "http://example.org/a?id=7",
    ),
    "order of parameters": ("http://example.org/a?b=2&a=1", "http://example.org/a?a=1&b=2"),
    "empty parameters": ("http://example.org/a?&a=1&&", "http://example.org/a?a=1"),
    "entities of HTML": ("http://example.org/a?a=1&amp;b=2", "http://example.org/a?a=1&b=2"),
    "two signs of a space": ("http://example.org/a?a=b+c", "http://example.org/a?a=b%20c"),
    "IPv6": ("http://[2001:DB8::1]:80/a", "http://[2001:db8::1]/a"),
}

TWO_PAGES = {
    "letter case of the path": ("http://example.org/a", "http://example.org/A"),
    "letter case of a value": ("http://example.org/?a=b", "http://example.org/?a=B"),
    "another port": ("http://example.org:8080/", "http://example.org/"),
    "another subdomain": ("http://m.example.org/", "http://example.org/"),
    "www2 is a machine of its own": ("http://www2.example.org/", "http://example.org/"),
    "a host called www": ("http://www.com/", "http://com/"),
    "a slash inside": ("http://example.org/a//b", "http://example.org/a/b"),
    "a doubled slash before dots": ("http://example.org/a//../b", "http://example.org/b"),
    "index in a name": ("http://example.org/index.html.bak", "http://example.org/"),
    "index before the end": ("http://example.org/index.html/a", "http://example.org/a"),
    # freepascal.org documents a function of that name there
    "default.html is a page": ("http://example.org/rtl/default.html", "http://example.org/rtl/"),
    "a page of its own name": ("http://example.org/my-index.html", "http://example.org/"),
    "an escaped slash": ("http://example.org/a%2Fb", "http://example.org/a/b"),
    "an escaped ampersand": ("http://example.org/?a=1%26b=2", "http://example.org/?a=1&b=2"),
    "an escaped percent sign": ("http://example.org/%2541", "http://example.org/A"),
    "a plus in the path": ("http://example.org/a+b", "http://example.org/a%20b"),
    "order of equal names": ("http://example.org/?a=1&a=2", "http://example.org/?a=2&a=1"),
    "a parameter that chooses": ("http://example.org/?ref=v1", "http://example.org/"),
    "a name that only begins so": ("http://example.org/?sessionids=1", "http://example.org/"),
    "copyright is no entity here": ("http://example.org/?a&copy=1", "http://example.org/?a©=1"),
    "sid in a query is content": ("http://example.org/?sid=07/01", "http://example.org/"),
}

NONE = {
    "null": None,
    "nothing": "",
    "no scheme": "example.org/a",
    "another scheme": "ftp://example.org/a",
    "a mail address": "mailto:me@example.org",
    "no host": "http:///a",
    "a port that is none": "http://example.org:port/",
    "a port too large": "http://example.org:99999/",
    "an open bracket": "http://[::1/a",
    "a label too long": f"http://{'ü' * 64}.example/",
    "an empty label": "http://ü..example/",
    "a space in the host": "http://exam ple.org/",
    "dots only": "http://../",
}


@pytest.mark.parametrize(("one", "other"), ONE_PAGE.values(), ids=ONE_PAGE)
def test_spellings_of_one_page(one, other):
    assert normalise_url(one) == normalise_url(other)
    assert normalise_url(one) is not None


@pytest.mark.parametrize(("one", "other"), TWO_PAGES.values(), ids=TWO_PAGES)
def test_pages_that_stay_apart(one, other):
    assert None is not normalise_url(one) != normalise_url(other) is not None


@pytest.mark.parametrize("url", NONE.values(), ids=NONE)
def test_what_is_no_web_url(url):
    assert normalise_url(url) is None


@pytest.mark.parametrize("name", TRACKING)
def test_every_tracking_parameter_goes_wherever_it_stands(name):
    name = name.replace("*", "x9")
    for query in (f"{name}=1", f"a=1&{name}=2", f"{name.upper()}=1&a=1", f"{name}&a=1"):
        rest = "?a=1" if "a=1" in query.split("&") else ""
        assert normalise_url(f"http://example.org/b?{query}") == f"http://example.org/b{rest}"


PIECES = st.sampled_from(
    ["/", "//", ".", "..", "%", "%2", "%41", "%2e", "%2F", "%C3%BC", "index.html", "/index.php",
     "?", "&", "&amp;", "amp;", "=", "+", "utm_x=1", "a", "B", "ü", "\ud800", ";sid=1",
     ";jsessionid=", "#", "www.", "@", ":", ":80", "[", "]", " ", "\t", "\\", "\x00", "ſ", "．",
     "℀"]
)  # fmt: skip
URLS = st.one_of(
    st.text(),
    st.builds("http://{}".format, st.text()),
    st.builds("https://{}{}".format, st.sampled_from(["example.org", "www.a.b"]), st.text()),
    st.builds("http://{}".format, st.lists(PIECES).map("".join)),
    st.builds("http://example.org/{}".format, st.lists(PIECES).map("".join)),
)


@given(URLS)
@example("http://example.org/a/..//index.html//../index.php?&amp;amp;utm_a&b")
@example("http://0?amp;&0")
@example("http://example.org/;sid=1/..;sid=2/.")
def test_once_is_as_good_as_twice(url):
    once = normalise_url(url)
    if once is not None:
        assert normalise_url(once) == once
        assert once.isascii()
        assert not any(character.isspace() for character in once)
