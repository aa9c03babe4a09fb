"""Rules on URLs: made lists, and UT1's own."""

import gzip

import pytest

from curate.filters import UrlRules, find
from curate.steps import apply


def listed(folder, name, *lines):
    path = folder / name
    path.write_text("\n".join(["# a comment", "", *lines]))
    return str(path)


@pytest.fixture
def rules(tmp_path):
    return UrlRules(
        url_domain=(listed(tmp_path, "d", "bad.org", "WWW.worse.net", "10.1.2.3"),),
        url_listed=(listed(tmp_path, "u", "good.org/~bad", "http://fine.org/x?y=1"),),
        url_substring=(listed(tmp_path, "s", "porn"),),
        url_hard_word=(listed(tmp_path, "h", "casino"),),
        url_soft_words=(listed(tmp_path, "w", "sex", "teen", "hot"),),
    )


CASES = {
    "nothing": ("https://example.org/a/page.html", None),
    "the domain": ("http://bad.org/", "url_domain"),
    "a domain below it": ("https://www.very.bad.org:8080/x", "url_domain"),
    "a domain that ends like it": ("https://notbad.org/", None),
    "a domain listed with www": ("https://worse.net", "url_domain"),
    "a listed address of a machine": ("http://10.1.2.3/x", "url_domain"),
    "a listed URL": ("https://good.org/~bad", "url_listed"),
    "below a listed URL": ("https://www.good.org/~bad/pictures/1.html", "url_listed"),
    "beside a listed URL": ("https://good.org/~badly", None),
    "a listed query": ("https://fine.org/x?y=1", "url_listed"),
    "another query": ("https://fine.org/x?y=2", None),
    "a part of a word": ("https://example.org/unpornlike", "url_substring"),
    "a hard word": ("https://example.org/the-CASINO_royal", "url_hard_word"),
    "a hard word inside another": ("https://example.org/casinos", None),
    "a hard word in percents": ("https://example.org/%63asino", "url_hard_word"),
    "one soft word": ("https://essex.org/sex-education", None),
    "a soft word twice": ("https://example.org/hot/hot", None),
    "two soft words": ("https://example.org/hot/teen", "url_soft_words"),
    "broken brackets": ("http://[::1/casino", "url_hard_word"),
    "no host": ("urn:isbn:1", None),
}


@pytest.mark.parametrize(("url", "reason"), CASES.values(), ids=CASES)
def test_urls(rules, url, reason):
    assert rules({"url": url}) == reason


@pytest.mark.parametrize("columns", [{}, {"url": None}, {"url": ""}])
def test_documents_without_a_url_are_kept(rules, columns):
    assert rules(columns) is None


def test_a_recipe_s_filter_sees_the_columns(tmp_path):
    steps = find("url", url_domain=[listed(tmp_path, "d", "bad.org")])
    assert apply(steps, "text", {"url": "http://bad.org"}) == ("text", "url_domain")


WRONG = {
    "no list": ({}, "expected a list in one of url_domain, url_listed"),
    "no such file": (
        {"url_domain": "/no/such"},
        "url_domain must be readable UTF-8 lists.*/no/such",
    ),
    "no number": ({"least_soft_words": None}, "least_soft_words"),
    "no path": ({"url_listed": [7]}, "url_listed.0: expected a valid string, got 7"),
}


@pytest.mark.parametrize(("settings", "message"), WRONG.values(), ids=WRONG)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        find("url", **settings)


def test_an_empty_list_and_a_broken_one(tmp_path):
    with pytest.raises(ValueError, match="has none"):
        UrlRules(url_domain=listed(tmp_path, "d"))
    broken = tmp_path / "broken.gz"
    broken.write_bytes(gzip.compress(b"bad.org\n" * 100)[:-9])
    with pytest.raises(ValueError, match="readable UTF-8 lists"):
        UrlRules(url_domain=str(broken))


def test_ut1_s_own_lists(data):
    lists = data / "lists"
    rules = UrlRules(
        url_domain=[
            str(lists / "ut1_gambling_domains.txt.gz"),
            str(lists / "ut1_press_domains.txt.gz"),
        ],
        url_listed=str(lists / "ut1_adult_urls.txt.gz"),
    )
    with gzip.open(lists / "ut1_gambling_domains.txt.gz", "rt") as file:
        names = file.read().split()
    assert all(rules.judge(f"https://www.{name}/x") == "url_domain" for name in names[::50])
    with gzip.open(lists / "ut1_adult_urls.txt.gz", "rt") as file:
        addresses = file.read().split()
    result = [rules.judge(f"http://{address}") for address in addresses[::10]]
    assert result.count(None) == 0
    assert rules.judge("https://www.whatwg.org/specs") is None
