"""Pack shards to token files for trainers; see `curate.pack.files.pack`."""

from typing import TYPE_CHECKING

from curate._lazy import lazily, listing

if TYPE_CHECKING:
    from curate.pack.files import pack

__all__ = ["pack"]
__dir__ = listing(__name__, __all__)
if not TYPE_CHECKING:  # a type checker knows the names above, and no others
    __getattr__ = lazily(__name__, {"pack": "files"}, needs=None)
