"""Remove page boilerplate from text: heading anchors, buttons, advertisement captions.

Recognised by its words and its element, never by words alone that may occur in a text.
"""

import re

from curate.extract.combined.page import names

# Signs of links to the heading they stand in.
ANCHORS = names("↩ ↩︎ ↵ ⤴ ↑ ⇧ [↩] ¶ # ## § 🔗 ⚓ ∞ ⁋ ☍ 🔗︎ ⛓ ¤ ◆ \uf0c1 \ue157 link")
ANCHOR_WORDS = frozenset(
    {"permalink", "permanent link", "anchor", "direct link", "link to this heading", "edit",
     "[edit]", "edit section", "edit source", "edit this section", "editar", "bearbeiten",
     "modifier", "modifica", "править", "編集", "编辑", "top", "back to top", "copy link", "[link]",
     "link to this section", "permalink to this heading", "permalink to this headline", "source",
     "src", "view source", "−", "goto source"}
)  # fmt: skip
COPY = frozenset(
    {"copy", "copy code", "copied", "copied!", "copy to clipboard", "copy snippet", "copy link",
     "copy text", "copy command", "copy as markdown", "toggle word wrap", "toggle line numbers",
     "expand code", "collapse code", "view raw", "wrap lines", "📋", "select all", "kopieren",
     "copier", "copiar", "copy page", "code: select all", "select code", "code: [select]",
     "click to copy", "run code snippet", "expand snippet", "hide results", "wrap text", "raw",
     "open in playground", "try it yourself »", "try it", "edit in codepen", "edit on codepen",
     "open in codepen", "view on github", "show more lines", "show line numbers"}
)  # fmt: skip
_CAPTIONS = COPY | ANCHOR_WORDS | {"share", "tweet", "print", "download", "run", "close", "menu"}
# Not those of forms, as subscribe or submit: by them the text beside a form is known.
BUTTONS = _CAPTIONS | frozenset(
    {"yes", "no", "like", "dislike", "follow", "following", "unfollow", "clap", "upvote",
     "downvote", "vote up", "vote down", "save", "bookmark", "reply", "report", "flag", "dismiss",
     "accept", "accept all", "got it", "ok", "cancel", "play", "pause", "listen", "mute",
     "fullscreen", "expand", "expand all", "collapse", "collapse all", "show more", "show less",
     "load more", "view more", "see more", "read more", "listen to this article", "add to cart",
     "add comment", "view comments", "show comments", "toggle navigation", "toggle menu",
     "toggle sidebar", "toggle theme", "toggle dark mode", "back", "skip", "embed", "cite", "email",
     "feedback", "edit this page"}
)  # fmt: skip
ADS = frozenset(
    {"advertisement", "advertisements", "advertising", "advertisment", "ad", "ads", "sponsored",
     "sponsored content", "story continues below advertisement", "article continues below",
     "advertisement - continue reading below", "continue reading below", "skip advertisement",
     "article continues after advertisement", "story continues below", "scroll to continue",
     "article continues below advertisement", "story continues below this ad",
     "article continues below this ad", "continue reading below this ad",
     "article continues after ad", "ad feedback",
     "advertisement - scroll to continue", "advertisement - story continues below",
     "advertisement. scroll to continue reading", "advertisement story continues below",
     "story continues after advertisement", "scroll to continue with content", "remove ads",
     "report this ad", "report ad", "skip ad", "paid content", "why ads?", "remove this ad",
     "advertisement · scroll to continue", "advertisement · story continues below",
     "continue reading the main story", "anzeige", "werbung",
     "publicité", "publicidad", "anuncio", "pubblicità", "реклама", "reklama", "advertentie",
     "annons", "annonse", "annonce", "publicidade", "広告", "广告", "광고", "mainos", "hirdetés"}
    # What stands for a film or picture; what a page asks.
    | {f"your browser does not support {what}" for what in (
        "the video tag", "the audio tag", "the video element", "the audio element", "html5 video",
        "html5 audio", "the html5 video tag", "the html5 audio element", "iframes", "frames",
        "inline frames", "the canvas element", "video", "audio")}
    | {"press enter or click to view image in full size", "click to enlarge", "loading…",
       "click image to enlarge", "click to view larger image", "listen to this article",
       "share this", "share this post", "share this article", "share this story",
       "was this page helpful?", "was this article helpful?", "was this helpful?",
       "did you find this page helpful?", "did you find this article helpful?",
       "is this page helpful?", "did this page help you?"}
    # What a button says that was pressed.
    | {"link copied", "link copied!", "link copied to clipboard", "copied to clipboard",
       "copied to clipboard!", "url copied to clipboard"}
    # What pages say where scripts do not run.
    | {"you need to enable javascript", "you need to enable javascript to run this app",
       "please enable javascript", "please enable javascript to continue",
       "please enable javascript in your browser", "please turn on javascript",
       "please enable javascript to view this page", "javascript is disabled",
       "javascript is not enabled", "javascript is required", "javascript must be enabled",
       "javascript is disabled in your browser", "enable javascript and cookies to continue",
       "your browser does not support javascript", "this page requires javascript",
       "this site requires javascript"}
)  # fmt: skip
ANCHOR_STARTS = ("section titled ", "direct link to ", "link to ", "permalink to ", "anchor for ")
AROUND = " \t.:|[]()<>«»‹›←→↑↓⇑^…-–—▲△"
_BUTTON = re.compile(
    r"clipboard|copy-?(?:btn|button|code|icon)|(?:btn|button)-?copy|copybtn|viewcode-(?:link|back)"
)
_EDIT = re.compile(r"\bmw-editsection\b|\beditsection\b|\bedit-section\b")
CAPTIONED = frozenset(("button", "a", "span", "i", "sup", "clipboard-copy"))
# Names of icons that a font draws; what rustdoc sets beside a signature; numbers of pages and of
# lines of source; the way back from a note of an encyclopedia, and its "[citation needed]".
DROPPED_WORDS = names(
    "material-icons material-icons-outlined material-icons-round material-icons-rounded "
    "material-icons-sharp material-icons-two-tone material-symbols-outlined "
    "material-symbols-rounded material-symbols-sharp rightside out-of-band srclink pagenum "
    "source-line-no sourcelineno mw-cite-backlink inline-template "
    "toolbar_item"
)
_LONGEST = 60  # characters
# What links say that act on the page or lead around the site.
LINKS = _CAPTIONS | frozenset(
    {"back to the top", "return to top", "go to top", "to top", "page top", "nach oben", "retour",
     "share this", "share this page", "share on facebook", "share on twitter", "tweet this", "like",
     "print this page", "print page", "email this", "email this page", "printer-friendly version",
     "reply", "quote", "reply with quote", "report", "report abuse", "report post", "flag",
     "post a reply", "post reply", "leave a comment", "leave a reply", "add a comment",
     "post a comment", "add comment", "save", "follow", "skip to content", "skip to main content",
     "skip to navigation", "jump to navigation", "jump to content", "edit this page",
     "edit this page on github", "edit on github", "improve this page", "improve this question",
     "improve this answer", "report a problem", "report an issue", "toggle navigation", "log in",
     "login", "sign in", "sign up", "register", "subscribe", "read more", "continue reading",
     "more", "previous", "next", "prev", "previous page", "next page", "table of contents", "home",
     "up", "index", "more info on this list", "jump to recipe", "print recipe",
     "pin recipe", "jump to video", "skip to recipe", "twitter", "facebook", "linkedin",
     "pinterest", "whatsapp", "reddit", "telegram", "tumblr", "email", "share on linkedin",
     "share on pinterest", "share on reddit", "share on whatsapp", "share via email",
     "share on telegram", "share on x"}
)  # fmt: skip
# How lines begin that lead to the message, post, story before and after, in archives.
BAR_STARTS = frozenset(
    {f"{where} {what}" for where in ("previous", "next", "prev", "older", "newer")
     for what in ("message", "messages", "post", "posts", "thread", "topic", "story", "entry",
                  "in thread", "in topic", "by thread", "by date", "by author", "by subject")}
    | {"messages sorted", "contemporary messages sorted", "index(es)", "available languages:",
       "other languages:", "read in other languages:", "read this in other languages:"}
)  # fmt: skip
STEPS = frozenset(("next:", "previous:", "prev:", "up:"))  # of a manual: mostly links follow
LONGEST_START = 40  # characters
FOOTS = frozenset(("more information about the",))  # of a list of mail: they end with:
FOOT_END = " mailing list"
_BAR = re.compile(r"(?:\[[^\[\]]{1,40}\][ |·•,]*){2,}")


def is_dropped(tag: str, name: str) -> bool:
    """Return whether an element's class and id (lower case) mean that it has no text."""
    if "edit" in name and _EDIT.search(name):
        return True
    if tag not in CAPTIONED:
        return False
    if not DROPPED_WORDS.isdisjoint(name.split()):
        return True
    captioned = "copy" in name or "clipboard" in name or "viewcode" in name
    return captioned and _BUTTON.search(name) is not None


def is_anchor(text: str, name: str, href: str, *, in_heading: bool) -> bool:
    """Return whether a link is a permalink to its own position."""
    said = text.strip().lower()
    if href.startswith("#") and said.startswith(ANCHOR_STARTS):
        return in_heading or "anchor" in name or "link" in name
    if said in ANCHORS:
        return in_heading or href.startswith("#") or "anchor" in name or "headerlink" in name
    return in_heading and said.strip("[]() ") in ANCHOR_WORDS


def is_button(text: str) -> bool:
    """Return whether a button does something with the page, rather than open a part of it."""
    return text.strip().lower() in BUTTONS


def is_bar(text: str, linked: int) -> bool:
    """Return whether a line is links around the site; `linked` are its characters in links.

    >>> is_bar("[ date ] [ thread ]", 12), is_bar("Next message: Re: the wheel", 13)
    (True, True)
    >>> is_bar("Next: Tools, Up: Top [Contents][Index]", 24), is_bar("Next: a test of tools", 5)
    (True, False)
    >>> is_bar("Next message", 0), is_bar("See [1] and [2] for it", 6)
    (False, False)
    >>> is_bar("- [ date ] [ thread ]", 12)  # as by the kernel
    False
    """
    if not linked:
        return False
    said = text.lower()
    if len(text) < _LONGEST and (
        said.strip(" .:|") in COPY or (10 * linked > 9 * len(text) and said.strip(AROUND) in LINKS)
    ):
        return True
    if 2 * linked > len(text) and _BAR.fullmatch(text) is not None:
        return True
    return _begins_bar(said, linked)


def _begins_bar(said: str, linked: int) -> bool:
    """Return whether a line in lower case begins as those that lead to others."""
    for n in range(min(LONGEST_START, len(said)) + 1):
        if n < len(said) and said[n] not in " :":
            continue
        start = said[:n]
        if start in BAR_STARTS or start in FOOTS:
            return start in BAR_STARTS or said.endswith(FOOT_END)
        if start in STEPS and 2 * linked > len(said):
            return True
    return False


def is_advertisement(line: str) -> bool:
    """Return whether a line is the caption of an advertisement, or asks for scripts.

    >>> is_advertisement("- Advertisement -"), is_advertisement("The advertisement said so")
    (True, False)
    """
    return len(line) < _LONGEST and line.strip(" -–—•*[]().:|").lower() in ADS


def is_copy(line: str) -> bool:
    """Return whether a line beside code is the caption of a button."""
    return len(line) < _LONGEST and line.strip(" .:|").lower() in COPY
