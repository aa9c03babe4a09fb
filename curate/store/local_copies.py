"""Local copies of files, for those that many processes of one machine map into memory."""

import os
import tempfile
from pathlib import Path

from curate.store import io


def local_copy(url: str, sha256: str) -> Path:
    """Return a local file with a URL's bytes: itself, or a copy cached for this user by sha256.

    Raises ValueError: the sha256 differs.
    """
    if io.is_local(url):
        return io.local_path(url)
    folder = Path(tempfile.gettempdir()) / f"curate-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder}: expected a folder owned by this user")
    path = folder / sha256
    if not path.is_file():
        io.write_bytes(str(path), io.read_bytes(url))
    if (got := io.sha256(path)) != sha256:
        path.unlink()
        raise ValueError(f"{url}: expected sha256 {sha256}, got {got}")
    return path
