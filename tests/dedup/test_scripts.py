"""Near-copies and contamination in scripts other than Latin."""

import pytest

import curate
from curate.decontaminate import Index, Item
from curate.decontaminate.find import find
from curate.dedup.similarity import jaccard

TEXTS = {  # a text, and another on the same subject
    "zh": (
        "昨天下午，我和朋友一起去了城外的山上。山路很窄，我们走了两个小时才到了山顶。在那里，我们看到了整个城市。",
        "山顶上的风很大。我的朋友说，他小时候常常和父亲来这里，父亲会给他讲很多有意思的事。回家的路上我们不说话。",
    ),
    "ja": (
        "昨日の午後、友人と一緒に町の外の山へ行きました。山道はとても狭く、頂上に着くまで二時間かかりました。",
        "帰り道では誰も話しませんでした。空は暗くなり、遠くのコンピューターの光だけが見えていたのです。",
    ),
    "th": (
        "เมื่อวานนี้ฉันไปตลาดกับเพื่อนเก่าของฉัน เราซื้อผลไม้มากมายและกลับบ้านตอนเย็น ปี ๒๕๖๕",
        "ฝนตกหนักทั้งคืน น้ำในแม่น้ำจึงสูงขึ้นมาก ชาวบ้านต้องย้ายของขึ้นไปไว้บนชั้นสองของบ้าน",
    ),
    "ar": (
        "ذهبت أمس إلى السوق مع صديقي القديم، واشترينا كثيرا من الفاكهة وعدنا إلى البيت سنة ١٩٤٥.",
        "هطل المطر طوال الليل فارتفع الماء في النهر كثيرا، واضطر الناس إلى ترك بيوتهم القريبة منه.",
    ),
    "hi": (
        "कल मैं अपने पुराने मित्र के साथ बाज़ार गया। हमने बहुत सारे फल खरीदे और शाम को १९४५ में घर लौट आए।",
        "रात भर तेज़ वर्षा होती रही और नदी का पानी बहुत ऊपर आ गया। लोगों को अपना सामान हटाना पड़ा।",
    ),
    "ko": (
        "어제 오후에 나는 오랜 친구와 함께 시장에 갔다. 과일을 많이 사서 저녁에 돌아왔다.",
        "밤새 비가 많이 내려서 강물이 높이 올라왔다. 마을 사람들은 물건을 모두 옮겨야 했다.",
    ),
}
COPIES = {  # how a copy of a text differs
    "zh": lambda text: text.translate(str.maketrans("，。", ",.")),
    "ja": lambda text: text.replace("、", " ").replace("。", "\n"),
    "th": lambda text: text.replace(" ", "\u200b").replace("๒๕๖๕", "2565"),
    "ar": lambda text: text.replace("في", "فــي").replace("ك", "ک").replace("١٩٤٥", "1945"),
    "hi": lambda text: text.replace("।", ".").replace("१९४५", "1945"),
    "ko": lambda text: text.replace(".", "\N{FULLWIDTH FULL STOP}").replace(" ", "\u3000"),
}


@pytest.mark.parametrize("code", TEXTS)
def test_copies_are_found_and_other_texts_are_not(code):
    text, other = TEXTS[code]
    copy = COPIES[code](text)
    assert copy != text
    assert jaccard(text, copy) == 1.0
    assert jaccard(text, other) < 0.1
    found = curate.find_duplicates([text, other, copy])
    assert [(one.removed, one.kept) for one in found] in ([(2, 0)], [(0, 2)])


@pytest.mark.parametrize("code", TEXTS)
def test_a_benchmark_is_found_in_a_page(code):
    text, other = TEXTS[code]
    index = Index.build([Item("b", code, (("question", text),))], ngram=8)
    page = f"{other} {COPIES[code](text)} {other}"
    assert find(index, page)
    assert not find(index, other)
