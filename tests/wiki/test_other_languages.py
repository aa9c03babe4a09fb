"""Templates that carry words: by the rules of the preprocessor, and in other languages."""

import pytest

from curate.wiki.wikitext import plain

# label: (language, wikitext, text)
CASES = {
    "a sign from a template is no mark": ("en", "{{nowrap|E {{=}} mc}} is so", "E = mc is so"),
    "single quotes": ("en", "{{'|so}} {{literal translation|mill}}", "'so' lit. 'mill'"),
    "letters after a name": (
        "en",
        "Roe {{post-nominals|country=GBR|OBE|FRS}} was",
        "Roe OBE FRS was",
    ),
    "signs above each other": ("en", "x{{su|p=2|b=i}} {{val|e=6}}", "x_i^2 10^6"),
    "brackets from templates": ("en", "{{((}}a{{))}} {{(}}b{{)}}", "{{a}} {b}"),
    "a template's name": ("en", "Use {{tlx|cite web|x}} so.", "Use {{cite web|x}} so."),
    "larger formulas": ("en", "{{bigmath|''a'' {{=}} 2}} is", "a = 2 is"),
    "one or many": ("en", "{{plural:5|mill|mills}}, {{plural:1|mill|mills}}", "mills, mill"),
    "he or she": ("en", "{{gender:x|he|she|they}} went", "they went"),
    "if it is there": (
        "en",
        "{{#ifexist:A|b|c}} {{#iferror:x|bad|good}} {{#iferror:x|bad}}",
        "b good x",
    ),
    "a tag by function": ("en", "It {{#tag:nowiki|is}} so.{{#tag:ref|x}}", "It is so."),
    "zeros before": ("en", "{{padleft:7|3|0}} {{padright:7|3}}", "007 700"),
    "two years, perhaps": ("en", "in {{circa|1500|1510}}", "in c. 1500 – c. 1510"),
    "numbers in words": (
        "en",
        "{{spellnum|12}} {{spellnum|42}} {{numtext|120}}",
        "twelve forty-two 120",
    ),
    "money": (
        "en",
        "{{currency|5|EUR}} {{currency|5|XYZ}} {{INRConvert|5|c}}",
        "€5 XYZ 5 ₹5 crore",
    ),
    "verses": ("en", "{{verse translation|Le\nvent|The wind}}", "Le\nvent\n\nThe wind"),
    "numbers": ("de", "{{formatnum:12345}} {{§|1|BGB}}", "12.345 § 1 BGB"),
    "numbers in French": ("fr", "{{formatnum:12345.5}} {{nb|12345}}", "12 345,5 12 345"),
    "numbers in English": ("en", "{{formatnum:12345}} {{formatnum:12,345|R}}", "12,345 12345"),
    "powers of units": (
        "fr",
        "{{unité|3|m|2}} {{unité|5|kg||m|-3}} {{unité|4}}",
        "3 m^2 5 kg m^-3 4",
    ),
    "small letters of words": ("fr", "n{{o}} 4, M{{me}} Roe", "no 4, Mme Roe"),
    "a doubt in French": ("fr", "{{refnec|beau|date=mai 2010}} et {{rom-maj|IV|4}}", "beau et IV"),
    "Japanese in French": ("fr", "{{japonais|moulin|水車|suisha}}", "moulin (水車, suisha)"),
    "a fraction in German": ("de", "{{Bruch|1|2}} und {{Höhe|500|DE-NN}}", "1/2 und 500 m"),
    "a quantity in Italian": ("it", "{{M|5|ul=km}}", "5 km"),
    "a link to come in Russian": (
        "ru",
        "{{нп5|Мельница|мельница|en|Mill}}, {{нп5|А}}",
        "мельница, А",
    ),
    "a link to come in Ukrainian": ("uk", "{{не перекладено|Млин|млин|en|Mill}}", "млин"),
    "how it is read": ("ja", "{{読み仮名|水車|すいしゃ}}", "水車（すいしゃ）"),
    "a stroke from a template": ("en", "{{mono|x{{!}}y}} is so", "x|y is so"),
    "words with a sign, two deep": ("en", "{{nowrap|{{code|n=1}}}}", ""),
    "words with a sign, named": ("en", "{{nowrap|{{code|1=n=1}}}} is", "n=1 is"),
    "a sign in a link": ("en", "{{nowrap|[[A|b=c]]}} is", "b=c is"),
    "a parameter": ("en", "It is {{{1|five}}} of {{{2}}}them.", "It is five of them."),
    "a condition": ("en", "{{#if: x |Yes|No}}, {{#if:|yes|no}}.", "Yes, no."),
    "a choice": ("en", "{{#switch:b|a=x|b|c=y|#default=z}}", "y"),
    "a prefix": ("en", "{{Template:Nowrap|a b}} {{subst:nowrap|c}}", "a b c"),
    "the page's name": ("en", "{{PAGENAME}} is a town.", "Town is a town."),
    "an author and a year": (
        "en",
        "{{harvtxt|Roe|Poe|1999|p=3}} said",
        "Roe and Poe (1999, p. 3) said",
    ),
    "an author in brackets": ("en", "So it is {{harv|Roe|1999}}.", "So it is (Roe 1999)."),
    "an author alone": ("en", "see {{harvnb|Roe|1999|pp=3–4}}", "see Roe 1999, p. 3–4"),
    "a year in brackets": ("en", "{{harvp|Roe|1999|p=3}} said", "Roe (1999), p. 3 said"),
    "a page after a colon": ("en", "so {{harvcol|Roe|1999a|3}}", "so (Roe 1999a:3)"),
    "an author, and a page after a colon": ("en", "{{harvcoltxt|Roe|1999|3}}", "Roe (1999:3)"),
    "neither brackets nor p.": ("en", "{{harvcolnb|Roe|n.d.|3}}", "Roe n.d.:3"),
    "other words for it": ("en", "{{citeref|Roe|1999|Roe's book}}", "Roe's book"),
    "named authors": (
        "en",
        "{{harvs|txt|last1=Roe|last2=Poe|year=1999}} said",
        "Roe and Poe (1999) said",
    ),
    "a book in a list": (
        "en",
        "* {{cite book|last=Roe|first=A.|title=Rain|publisher=P|year=1999}}",
        "- A. Roe, Rain, P, 1999",
    ),
    "ouvrage": (
        "fr",
        "* {{Ouvrage|auteur1=A. Roe|titre=Pluie|éditeur=P|année=1999}}",
        "- A. Roe, Pluie, P, 1999",
    ),
    "Literatur": (
        "de",
        "* {{Literatur |Autor=A. Roe |Titel=Regen |Jahr=1999}}",
        "- A. Roe, Regen, 1999",
    ),
    "cita libro": (
        "es",
        "* {{cita libro|apellidos=Roe|nombre=A.|título=Lluvia|año=1999}}",
        "- A. Roe, Lluvia, 1999",
    ),
    "Cita libro": (
        "it",
        "* {{Cita libro|autore=A. Roe|titolo=Pioggia|anno=1999}}",
        "- A. Roe, Pioggia, 1999",
    ),
    "citar livro": (
        "pt",
        "* {{citar livro|autor=A. Roe|título=Chuva|ano=1999}}",
        "- A. Roe, Chuva, 1999",
    ),
    "Citeer boek": (
        "nl",
        "* {{Citeer boek|auteur=A. Roe|titel=Regen|jaar=1999}}",
        "- A. Roe, Regen, 1999",
    ),
    "Cytuj książkę": (
        "pl",
        "* {{Cytuj książkę|autor=A. Roe|tytuł=Deszcz|rok=1999}}",
        "- A. Roe, Deszcz, 1999",
    ),
    "книга": ("ru", "* {{книга|автор=A. Roe|заглавие=Дождь|год=1999}}", "- A. Roe, Дождь, 1999"),
    "bokref": (
        "sv",
        "* {{bokref|efternamn=Roe|förnamn=A.|titel=Regn|år=1999}}",
        "- A. Roe, Regn, 1999",
    ),
    "cite book ja": (
        "ja",
        "* {{cite book ja|author=A. Roe|title=雨|year=1999}}",
        "- A. Roe, 雨, 1999",
    ),
    "chú thích sách": (
        "vi",
        "* {{chú thích sách|tác giả=A. Roe|tựa đề=Mưa|năm=1999}}",
        "- A. Roe, Mưa, 1999",
    ),
    "استشهاد بكتاب": (
        "ar",
        "* {{استشهاد بكتاب|المؤلف=رو|العنوان=مطر|السنة=1999}}",
        "- رو, مطر, 1999",
    ),
    "ref-llibre": (
        "ca",
        "* {{ref-llibre|cognom=Roe|nom=A.|títol=Pluja|any=1999}}",
        "- A. Roe, Pluja, 1999",
    ),
    "a date in French": ("fr", "le {{date|1|5|1990}}", "le 1er mai 1990"),
    "a birth in French": ("fr", "né le {{date de naissance|4|juin|1990}}", "né le 4 juin 1990"),
    "a day in French": ("fr", "le {{1er mars}} et le {{2 mai}}", "le 1er mars et le 2 mai"),
    "a century in French": ("fr", "au {{s-|XVIII|e}}", "au XVIIIe siècle"),
    "two centuries in French": ("fr", "aux {{s2-|XV|e|XVI|e}}", "aux XVe et XVIe siècles"),
    "from century to century": ("fr", "du {{sp-|XV|e|au|XVI|e}}", "du XVe au XVIe siècle"),
    "before Christ in French": (
        "fr",
        "au {{-s-|V|e}}, {{av JC}}",
        "au Ve siècle av. J.-C., av. J.-C.",
    ),
    "a link to come in French": ("fr", "un {{lien|trad=X|lang=en|texte=mot}}", "un mot"),
    "a link to come in Chinese": ("zh", "{{tsl|en|Word|字|词}}和{{tsl|en|Word|字}}", "词和字"),
    "short words in French": ("fr", "{{M.|Roe}}, {{n°|4}}", "M. Roe, no 4"),
    "a quotation in French": ("fr", "Il dit {{citation|oui}}.", "Il dit « oui »."),
    "a century in Spanish": ("es", "en el {{siglo|XIX||s}}", "en el siglo XIX"),
    "a date in Spanish": ("es", "el {{fecha|4|5|1990}}", "el 4 de mayo de 1990"),
    "a birth in Portuguese": ("pt", "em {{dni|4|5|1990}}", "em 4 de maio de 1990"),
    "a century in Portuguese": ("pt", "no {{séc|XIX}}", "no século XIX"),
    "a century in Catalan": ("ca", "al {{segle|XIX}}", "al segle XIX"),
    "a date in Russian": ("ru", "{{дата|4|5|1990}}", "4 мая 1990"),
    "a date in Ukrainian": ("uk", "{{ДН|4|5|1990}}", "4 травня 1990"),
    "a date in Ukrainian, of a shared name": ("uk", "{{дата|4|5|1990}}", "4 травня 1990"),
    "a date in Czech": ("cs", "{{Datum|4|5|1990}}", "4. května 1990"),
    "a birth in Norwegian": ("no", "{{fødselsdato|4|5|1990}}", "4. mai 1990"),
    "a birth in Vietnamese": ("vi", "{{ngày sinh|1990|5|4}}", "4 tháng 5, 1990"),
    "a date as of ISO 8601": ("sv", "den {{datum|1990-05-04}}", "den 4 maj 1990"),
    "no date at all": ("sv", "{{datum|okänt}} x", "x"),
    "a date in Italian": ("it", "il {{data|4|5|1990}}", "il 4 maggio 1990"),
    "a date in Polish": ("pl", "{{data|4|5|1990}}", "4 maja 1990"),
    "a date in German": ("de", "am {{Datum|4|5|1990}}", "am 4. Mai 1990"),
    "a date in Turkish": ("tr", "{{doğum tarihi|1990|5|4}}", "4 Mayıs 1990"),
    "a date in Japanese": ("ja", "{{生年月日と年齢|1990|5|4}}生まれ", "1990年5月4日生まれ"),
    "a date in Korean": ("ko", "{{출생일|1990|5|4}}", "1990년 5월 4일"),
    "a date in Persian": ("fa", "{{تاریخ تولد|1990|5|4}}", "4 مه 1990"),
    "a life in Chinese": (
        "zh",
        "某{{bd|1900年|5月4日|1990年|6月1日}}",
        "某（1900年5月4日－1990年6月1日）",
    ),
}


@pytest.mark.parametrize("label", CASES)
def test_words(label):
    language, wikitext, expected = CASES[label]
    text = plain(wikitext, english=language == "en", language=language, page="Town")
    assert text == expected


TABLE = """Before.
{| class="wikitable" style="x"
|+ Towns
! Town !! People || Area
|-
| [[Ostrava|Ost]] || 12 ||
|- style="y"
| style="z" | {{lang|cs|Brno}}
|
| align=right | 19
|}
After."""


def test_tables_stay_if_they_are_asked_for():
    assert plain(TABLE) == "Before.\n\nAfter."
    rows = ["Towns", "Town | People | Area", "Ost | 12 |", "Brno | | 19"]
    assert plain(TABLE, tables=True).split("\n\n")[1] == "\n".join(rows)


def test_a_table_in_a_table_is_a_cell():
    inner = "{|\n| a || b\n|}"
    assert plain(f"{{|\n| x ||\n{inner}\n|}}", tables=True) == "x | a | b"
