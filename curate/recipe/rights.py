"""The recipe's `rights`: opt-outs, licences, removals."""

import re
from typing import Annotated

from pydantic import Field, field_validator

from curate.recipe.fields import Flag, OneOrList, Section, Text, as_list

AGENTS = (
    "AI2Bot", "Amazonbot", "anthropic-ai", "Applebot-Extended", "Bytespider", "CCBot", "ClaudeBot",
    "cohere-ai", "cohere-training-data-crawler", "Diffbot", "FacebookBot", "Google-Extended",
    "GPTBot", "ImagesiftBot", "meta-externalagent", "omgili", "omgilibot", "PanguBot", "Timpibot",
    "webzio-extended",
)  # fmt: skip

# As `curate.licences.page.name_of` writes them, with their version or without.
_LICENCE = re.compile(
    r"none|(?:(?:cc0|pdm)|cc-(?:by(?:-nc)?(?:-nd|-sa)?|by-nd-nc|by-sa-nc|nc|nc-sa|nd|sa))(?:-\d\.\d)?"
)


class OptOuts(Section):
    """Which opt-outs from machine learning are honoured: of pages, and of sites."""

    directives: tuple[Text, ...] = Field(
        ("noai",),
        description="Of X-Robots-Tag and <meta name=robots>: a page that has one is dropped. "
        "noimageai concerns pictures, which no text has; noindex and noarchive may be named.",
    )
    tdm: Flag = Field(
        True, description="Whether TDM reservation in a header or meta element drops a page."
    )
    hosts: Annotated[tuple[Text, ...], OneOrList()] = Field(
        (),
        description="Parquet of host, robots, ai_txt, tdmrep, date, or archives of robots.txt "
        "(.warc.gz): paths, patterns or URLs. A list or one.",
    )
    agents: tuple[Text, ...] = Field(
        AGENTS,
        description="Whose groups of robots.txt, and directives of X-Robots-Tag, count beside "
        "those for all.",
    )
    later: Flag = Field(
        True, description="Whether a site's file that was fetched after the page counts."
    )

    _listed = field_validator("hosts", mode="before")(as_list)

    def lowered(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return directives and agents in lower case."""
        return tuple(map(str.lower, self.directives)), tuple(map(str.lower, self.agents))


class License(Section):
    """Which licences pages may state for themselves."""

    keep: tuple[Text, ...] | None = Field(
        None,
        min_length=1,
        description="Names such as cc-by (all versions), cc-by-sa-4.0, cc0, pdm; none: pages that "
        "state no Creative Commons licence. Other pages are dropped. null: pages are counted by "
        "licence, and none is dropped.",
    )

    @field_validator("keep")
    @classmethod
    def _are_known(cls, keep: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """Refuse names that no page's licence can have: every page would be dropped."""
        for name in keep or ():
            if not _LICENCE.fullmatch(name):
                raise ValueError(
                    "expected names such as cc-by, cc-by-sa-4.0, cc0, pdm or none, "
                    f"got {name!r:.80}"
                )
        return keep


class Rights(Section):
    """What must not be in the corpus by right of those who wrote it."""

    tombstones: Annotated[tuple[Text, ...], OneOrList()] = Field(
        (),
        description="Folders of finished runs from which `curate remove` took records, or files "
        "of their tombstones: what was removed there is dropped here. Those of OUT itself and of "
        "dedup.against always count. A list or one.",
    )

    opt_outs: OptOuts | None = Field(
        None, description="null: opt-outs are not looked for; {}: as by default."
    )

    license: License | None = Field(
        None, description="null: licences are not looked for; {}: pages are counted by licence."
    )

    _listed = field_validator("tombstones", mode="before")(as_list)
