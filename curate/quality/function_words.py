"""Function words of a language, which masked texts keep.

English has a fixed list, the closed classes: determiners, pronouns, prepositions, conjunctions,
auxiliaries and adverbs of degree, place and time that say nothing about a subject. For any other
language they are found in the data: words that a large share of the windows of *every* source
has, references and crawl alike, so that no source's subject is among them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from curate.quality.masks import words_of

_ENGLISH = """
    a about above according across after again against all almost alone along already also
    although always am among an and another any anybody anyone anything anywhere are aren't
    around as at away back be became because become becomes been before behind being below
    beside besides best better between beyond both but by came can can't cannot come could
    couldn't did didn't do does doesn't doing don't done down during each either else enough
    even ever every everybody everyone everything everywhere except far few first for former
    from further gave get gets getting give given go goes going gone got had hadn't has hasn't
    have haven't having he he'd he'll he's hence her here hers herself him himself his how
    however i i'd i'll i'm i've if in indeed inside instead into is isn't it it's its itself
    just last later latter least less let let's like likely little made make makes making many
    may maybe me might mine more moreover most mostly much must my myself near nearly neither
    never nevertheless next no nobody none nor not nothing now nowhere of off often on once one
    one's only onto or other others otherwise ought our ours ourselves out outside over own per
    perhaps put quite rather really said same say says see seem seemed seems seen several shall
    she she'd she'll she's should shouldn't since so some somebody somehow someone something
    sometimes somewhere soon still such take taken takes than that that's the their theirs them
    themselves then there there's therefore these they they'd they'll they're they've thing
    things think this those though three through throughout thus till to together too took
    toward towards two under unless unlike until up upon us use used very was wasn't way we
    we'd we'll we're we've well went were weren't what what's whatever when whenever where
    whereas wherever whether which whichever while who who's whoever whole whom whose why will
    with within without won't would wouldn't yes yet you you'd you'll you're you've your yours
    yourself yourselves
"""
ENGLISH = frozenset(_ENGLISH.split())
LEAST_SHARE = 0.1  # of the windows of every source; see `found_in`
MOST = 400  # words of a language
FEWEST = 20  # windows of a source; with fewer, any word of theirs might seem to be everywhere


def function_words(texts: Iterable[tuple[str, str, str]]) -> dict[str, frozenset[str]]:
    """Return the function words of each language among (language, source, text).

    The fixed list for English ("en"), `found_in` for any other.
    """
    by_language: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for language, source, text in texts:
        by_language[language][source].append(text)
    return {
        language: ENGLISH if language == "en" else found_in(sources)
        for language, sources in sorted(by_language.items())
    }


def found_in(
    sources: Mapping[str, Sequence[str]],
    least: float = LEAST_SHARE,
    most: int = MOST,
    fewest: int = FEWEST,
) -> frozenset[str]:
    """Return the words that at least `least` of the texts of every source have; at most `most`.

    None where a source has fewer than `fewest` texts.

    Args:
        sources: texts of each, of about equal length.

    >>> sorted(found_in({"a": ["the cat", "the dog"], "b": ["of the moon"]}, 0.6, fewest=1))
    ['the']
    """
    shares: dict[str, list[float]] = defaultdict(list)
    if any(len(texts) < fewest for texts in sources.values()):
        return frozenset()
    for texts in sources.values():
        having = Counter(word for text in texts for word in set(words_of(text)))
        for word, count in having.items():
            shares[word].append(count / len(texts))
    least_shares = {
        word: min(by_source) for word, by_source in shares.items() if len(by_source) == len(sources)
    }
    order = sorted(
        (word for word, share in least_shares.items() if share >= least),
        key=lambda word: (-least_shares[word], word),
    )
    return frozenset(order[:most])
