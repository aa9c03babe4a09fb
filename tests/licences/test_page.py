"""Which licence a page states for itself: forms of pages, and what states none."""

import pytest

from curate.licences.page import find_licence, is_kept, name_of

BY = "https://creativecommons.org/licenses/by/4.0/"
SA = "http://creativecommons.org/licenses/by-sa/3.0/deed.de"
LD = '<script type="application/ld+json">{}</script>'
CASES = {
    "rel=license": (f'<a rel="license" href="{BY}"><img src="x.png"></a>', "cc-by-4.0"),
    "a link element": (f'<link href="{BY}" rel=license>', "cc-by-4.0"),
    "a footer": (f"<footer>Content is available under <a href='{SA}'>CC BY-SA</a>", "cc-by-sa-3.0"),
    "a footer with a sign": (f"<p>&copy; 2021 <a href='{BY}'>CC BY</a>", "cc-by-4.0"),
    "in Chinese": (f'<p>本博客所有文章均采用 <a href="{BY}">CC BY 4.0</a> 许可协议。', "cc-by-4.0"),
    "in German": (f'<p>Steht unter der <a href="{SA}">Lizenz CC BY-SA</a>', "cc-by-sa-3.0"),
    "JSON-LD": (LD.format(f'{{"@type": "Article", "license": "{BY}"}}'), "cc-by-4.0"),
    "JSON-LD in a graph": (
        LD.format(f'{{"@graph": [{{"@type": "WebPage", "license": {{"@id": "{BY}"}}}}]}}'),
        "cc-by-4.0",
    ),
    "Dublin Core": (f'<meta name="DC.rights" content="{SA}">', "cc-by-sa-3.0"),
    "dcterms": (f'<meta property="dcterms.license" content="{SA}">', "cc-by-sa-3.0"),
    "public domain": (
        '<a rel="license" href="https://creativecommons.org/publicdomain/zero/1.0/">', "cc0-1.0",
    ),
    "several: the strictest": (
        f'<a rel=license href="{BY}">text</a> <a rel=license href="{SA}">more</a>', "cc-by-sa-3.0",
    ),
    "upper-case tags": (f'<P>Licensed under <A HREF="{BY}">CC BY</A>', "cc-by-4.0"),
    "a picture of JSON-LD": (LD.format(f'{{"@type": "ImageObject", "license": "{BY}"}}'), None),
    "broken JSON-LD": (LD.format(f'{{"license": "{BY}"'), None),
    "a caption": (
        f'<figure><img><figcaption>Licensed under <a rel="license" href="{BY}">CC BY</a></figure>',
        None,
    ),
    "the name of a file": (f"<p>Paris.jpg by A. Duret under <a href='{BY}'>CC by</a>", None),
    "a photo": (f"<p>Photo by Jo, licensed under <a href='{BY}'>CC BY</a>", None),
    "quoted in a mail": (f'<pre>license: CC, <A HREF="{BY}">{BY}</A></pre>', None),
    "a script": (f"<script>/* @license {BY} */ x = '<a rel=license href={BY}>'</script>", None),
    "a comment": (f"<!-- <a rel=license href={BY}> -->", None),
    "a link that says nothing": (f"<p>Read more about <a href='{BY}'>this text</a>", None),
    "the home page": ('<a rel=license href="https://creativecommons.org/">CC</a>', None),
    "no page": ("", None),
}  # fmt: skip


@pytest.mark.parametrize(("html", "expected"), CASES.values(), ids=CASES)
def test_pages(html, expected):
    assert find_licence(html) == expected


def test_names():
    assert name_of("//creativecommons.org/licenses/by-nc-nd/2.5/tw/") == "cc-by-nc-nd-2.5"
    assert name_of("creativecommons.org/publicdomain/mark/1.0") == "pdm-1.0"
    assert name_of("creativecommons.org/licenses/by/4.0.1") is None
    assert name_of("creativecommons.org/licenses/free/1.0") is None


def test_what_is_kept():
    assert is_kept("cc-by-4.0", ["cc-by"])
    assert is_kept("cc-by-4.0", ["cc-by-4.0"])
    assert not is_kept("cc-by-sa-4.0", ["cc-by"])
    assert not is_kept(None, ["cc-by"])
    assert is_kept(None, ["none"])


@pytest.mark.parametrize("part", [f'<a href="{BY}">', "<figure", "<!--", "<script>", "<meta "])
def test_hostile_pages_end(part):
    import time

    start = time.process_time()
    find_licence(BY + part * (200_000 // len(part)))
    assert time.process_time() - start < 5
