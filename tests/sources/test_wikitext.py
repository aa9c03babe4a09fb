"""Wikitext to prose: what each mark becomes, and that no text is too odd or too deep."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.sources.wikitext import plain

CASES = {
    "bold and italic": ("'''''a''''' '''b''' ''c'' d's l'''e''", "a b c d's l'e"),
    "an apostrophe before italics": ("C'est ''Dans'' l'''Œuvre'' lu", "C'est Dans l'Œuvre lu"),
    "an apostrophe after italics": (
        "''Eagle'''s and ''Eagle''{{'}}s legs",
        "Eagle's and Eagle's legs",
    ),
    "italics around nothing": ("* ''{{BVT}}'' (NOR) ''a\n''b'' [[c|{{x}}]]", "- (NOR) a\nb c"),
    "lines of one paragraph": (
        "'''a''' is\nb. \nC\n\nd\n* e\nf\n f\n: g\nh\n== I ==\nj\nk<br>\nl",
        "a is b. C\n\nd\n- e\nf\nf\ng\nh\n\nI\nj k\nl",
    ),
    "lines of Chinese": ("面包\n是食品\na\n面", "面包是食品 a 面"),
    "lines of a poem": ("<poem>\na\nb\n</poem>\nc\n{{poemquote|d\ne}}", "a\nb\n\nc\n\nd\ne"),
    "lines of code": ("a\n<pre>b\nc</pre>\nd\ne", "a\nb\nc\nd e"),
    "an item without its title": ("* {{citation|x}}. It is\n* .NET", "- It is\n- .NET"),
    "four apostrophes": ("''''a'''' {{'s}}", "'a' 's"),
    "a power of ten": (
        "10<sup>18</sup>, 10<sup>−3</sup>, m<sup>2</sup>, CO<sub>2</sub>, 2<sup>n</sup>",
        "10^18, 10^−3, m2, CO2, 2n",
    ),
    "numbers": (
        "{{val|6.02|(1)|e=23|u=mol}} {{e|9}} {{US$|5}} {{£|3}} {{nts|12}}",
        "6.02×10^23 mol ×10^9 US$5 £3 12",
    ),
    "nuclides": ("{{nuclide|carbon|14}} + {{SimpleNuclide2|H|1}} → {{eqm}}", "carbon-14 + H-1 → ⇌"),
    "a key": ("C{{music|sharp}} {{music|bar}}", "C♯"),
    "a ship": ("{{ship|HMS|Beagle||6}}, {{HMS|Hood}}", "HMS Beagle, HMS Hood"),
    "two brackets for one": ("[[http://x.org the page]] [[https://y.org]]", "the page"),
    "what is left before a bracket": (
        "A (B, {{IPAc-en|x}}; {{respell|y}}) and (C; ) and (&Psi;) (&nbsp;, D)",
        "A (B) and (C) and (Ψ) (D)",
    ),
    "two scripts": (
        "-{zh-hans:数据; zh-hant:資料}-和-{A|zh-cn:网; zh-tw:網}--{H|zh:a}--{T|b}--{只}-",
        "数据和网只",
    ),
    "a link": ("[[Bread]]s and [[wheat|grain]], [[:File:x|x]]", "Breads and grain, x"),
    "the pipe trick": ("[[Mercury (planet)|]] [[Paris, Texas|]]", "Mercury Paris"),
    "a picture": ("a [[File:x.jpg|thumb|The [[cap|caption]] {{of}} it]] b", "a b"),
    "a category": ("a\n[[Category:Food]]", "a"),
    "another language": ("a [[de:Brot]] [[simple:Bread]]", "a"),
    "another language, shown": ("a [[:de:Brot]] [[de:Brot|loaf]]", "a de:Brot loaf"),
    "a title with a colon": ("[[2001: A Space Odyssey]]", "2001: A Space Odyssey"),
    "a page outside": (
        "[https://x.org the page] [http://y.org] https://z.org",
        "the page https://z.org",
    ),
    "a note": ('a<ref name="x">n {{cite|a=[[b]]}}</ref>b<ref name="x" />c<ref>d</ref>', "abc"),
    "a note with a tag": ("a<ref>b <i>c</i> <br> d</ref>e", "ae"),
    "a table": ("a\n{| class=x\n|-\n| b || {{c|d}}\n{|\n| e\n|}\n|}\nf", "a\n\nf"),
    "a table in a box": ("{{Box|\n{|\n| a\n|}\n}}b", "b"),
    "a table without end": ("a\n{|\n| b\n! c\nd", "a\n\nd"),
    "a box": ("{{Infobox\n| a = {{b|c}}\n| d = [[e|f]]\n}}\n'''g'''", "g"),
    "a box without end": ("{{Infobox\n| a = b\n'''g''' is", "Infobox\ng is"),
    "a comment": ("a<!-- b -->c<!-- d", "ac"),
    "latin letters": ("{{transl|ar|al ilāh}}, {{transl|ar|ALA|šāʾ}}{{transl|ar}}", "al ilāh, šāʾ"),
    "words of a language": ("{{lang|fr|mot}} {{lang-de|Wort}} {{langx|es|a}}", "mot Wort a"),
    "a quantity": ("{{convert|5|to|10|km|mi}} {{cvt|3|sqmi|km2}}", "5 to 10 km 3 square miles"),
    "signs": ("a{{nbsp}}b {{snd}} c {{'}} {{frac|1|2}} {{circa|1900}}", "a b – c ' 1/2 c. 1900"),
    "a date": ("{{as of|2010|3|5}}, {{as of|2011}}", "As of 5 March 2010, As of 2011"),
    "a quotation": ("a\n{{quote|To be|Hamlet}}\nb", "a\n\nTo be\n\nb"),
    "named words": ("{{nowrap|1=a = b}}", "a = b"),
    "left brackets": ("Apollo ({{IPAc-en|x}}; {{lang-el|Ἀπόλλων}}) ( ) x", "Apollo (Ἀπόλλων) x"),
    "headings": ("== A ==\na\n=== B ===\n== C ==\n<!-- x -->\n== D==\nd", "A\na\n\nD\nd"),
    "items": ("* a\n** b\n# c\n; d\n: e\n*\n----", "- a\n- b\n- c\nd\ne"),
    "entities": ("a &amp; b&nbsp;c &lt;d&gt; &eacute;", "a & b c <d> é"),
    "mathematics": ("so <math>a_{b} {{c}} ''d''</math> holds", "so a_{b} {{c}} ''d'' holds"),
    "as it is written": ("<nowiki>[[a]] '''b'''</nowiki> &amp; c", "[[a]] '''b''' & c"),
    "tags": ('<div class="x">a<br/>b</div> <span>c</span> 2 < 3 > 1', "a\nb\nc 2 < 3 > 1"),
    "a gallery": ("a\n<gallery>\nFile:x.jpg|b\n</gallery>\nc", "a\n\nc"),
    "magic": ("__NOTOC__a", "a"),
    "what was not opened": ("a}} b]] c\n|}\nd", "a b c\n\nd"),
    "what was not closed": ("[[a {{b [[c]] d", "a b c d"),
    "the apparatus": ("a\n== See also ==\n* b\n=== x ===\n== Uses ==\nc", "a\n\nUses\nc"),
    "nothing": ("{{stub}}\n[[Category:x]]\n== References ==\n{{reflist}}", ""),
}  # fmt: skip


@pytest.mark.parametrize(("wikitext", "wanted"), CASES.values(), ids=CASES)
def test_what_a_mark_becomes(wikitext, wanted):
    assert plain(wikitext) == wanted


def test_names_of_other_wikis():
    assert plain("a [[Datei:x.png|mini|b]] [[Kategorie:c]]", ("datei", "kategorie")) == "a"


OTHERS = {
    "de": (
        "[[Datei:x.jpg|mini|Ein [[Bild]]]]'''Brot''' ({{enS|bread}}) ist gut.\n\n"
        "{{Zitat|Kein Brot|Wer}}\n== Weblinks ==\n* {{Commonscat|Brot}}\n[[Kategorie:Brot]]"
        "\n__KEIN_INHALTSVERZEICHNIS__[[Bild:y.png]]",
        "Brot (bread) ist gut.\n\nKein Brot",
    ),
    "fr": (
        "[[Fichier:x.jpg|vignette|Du pain]]Le '''pain''' d'{{langue|it|Italia}}, l'''Art'', "
        "{{nombre|1 000|km}}.\n== Notes et références ==\n{{Références}}\n[[Catégorie:Pain]]",
        "Le pain d'Italia, l'Art, 1 000 km.",
    ),
    "ja": (
        "[[ファイル:x.jpg|thumb|パン]][[画像:y.png]]'''パン'''は{{仮リンク|小麦粉|en|Flour}}の"
        "[[食品]]。\n== 脚注 ==\n{{Reflist}}\n== 関連項目 ==\n* [[麺]]\n__目次非表示__"
        "[[Category:パン]]",
        "パンは小麦粉の食品。",
    ),
    "ru": (
        "[[Файл:x.jpg|мини|Хлеб]][[Изображение:y.png]]'''Хлеб''' ({{lang-en|bread}}) — "
        "{{нп5|продукт||en|Product}}.\n== Примечания ==\n{{примечания}}\n[[Категория:Хлеб]]",
        "Хлеб (bread) — продукт.",
    ),
    "zh": (
        "[[文件:x.jpg|缩略图|面包]][[檔案:y.png]]'''面包'''是-{zh-cn:食品; zh-tw:食物}-，见"
        "{{link-en|面粉|Flour}}。\n== 参考文献 ==\n{{reflist}}\n[[分类:面包]]",
        "面包是食品，见面粉。",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("wikitext", "wanted"), OTHERS.values(), ids=OTHERS)
def test_other_languages(wikitext, wanted):
    assert plain(wikitext) == wanted


def test_the_apparatus_if_asked_for():
    assert plain("a\n== See also ==\n* b", apparatus=True) == "a\n\nSee also\n- b"


PARTS = (
    "{{", "}}", "[[", "]]", "{|", "|}", "|", "a", "<ref>", "</ref>", "<ref/>", "<!--", "-->", "==",
    "'''", "''", "-{", "}-", "*", "<math>", "</math>",
    "File:", "0", "[http:x", "]", "\n", " ", "\x00",
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PARTS), max_size=40).map("".join))
def test_any_text_gives_one(wikitext):
    found = plain(wikitext)
    assert "\x00" not in found
    assert found == found.strip()


HOSTILE = ("{{", "[[", "{{a|", "[[a|", "{{[[", "<ref>", "<ref name=a>{{", "\n{|", "'''", "==", "(",
           "[http:", "<a ", "<!--", "{{a}}", "( ", "<math>", "}}", "* ", "\n|}", "-{",
           "'' ", "1<sup>", "a ,")  # fmt: skip


@pytest.mark.parametrize("part", HOSTILE)
def test_hostile_texts_cost_no_more_than_their_length(part):
    """Twenty times the text, and by far not four hundred times the time."""
    seconds = []
    for size in (10_000, 200_000):
        began = time.process_time()
        plain(part * (size // len(part)))
        seconds.append(time.process_time() - began)
        assert seconds[-1] < 1.5, seconds
