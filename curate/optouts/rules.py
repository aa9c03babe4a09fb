"""The opt-outs that a recipe honours, loaded and applied to pages."""

from collections.abc import Mapping
from dataclasses import dataclass

from curate.optouts import hosts, page
from curate.recipe import OptOuts


@dataclass(frozen=True, slots=True)
class OptOutRules:
    """What counts as an opt-out. `files` are the tables and archives of what sites say."""

    settings: OptOuts
    files: tuple[hosts.Stamped, ...] = ()

    def of_page(self, http: Mapping[str, str] | None, body: bytes) -> str | None:
        """Return why a page is dropped by its own word, or None."""
        directives, agents = self.settings.lowered()
        tdm = self.settings.tdm
        return page.reason(http, body, directives=directives, agents=agents, tdm=tdm)

    def of_site(self, url: str | None, date: str | None) -> str | None:
        """Return why a page is dropped by its site's word, or None."""
        if not self.files:
            return None
        _, agents = self.settings.lowered()
        known = hosts.load(self.files)
        return hosts.reason(known, url, date, agents=agents, later=self.settings.later)
