"""Upload a corpus to a dataset repository of the Hugging Face hub.

Input: a finished run. Output: a repository with the files that its manifest lists, the manifest and
croissant.json. Files that the repository holds already are not sent; content that an interrupted
push has sent is not sent again. The manifest comes with the last commit, which also takes away the
files of an earlier manifest that this one does not list. At most COMMIT_FILES files go into a
commit, so most corpora are one.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate._lazy import listing
from curate.errors import RecipeError
from curate.extras import install
from curate.hub import files
from curate.hub.files import LocalFile, RemoteFile
from curate.store import io
from curate.store.output import read_report

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, HfApi

__all__ = ["push"]
__dir__ = listing(__name__, __all__)

COMMIT_FILES = 1_000
UPLOAD_BYTES = 8 << 30  # sent at a time: what an interruption may have to send again
# Errors of the client's HTTP library, which is another one by its version.
UNREACHABLE = ("ConnectError", "ConnectTimeout", "ConnectionError")
SMALL = 10 << 20  # bytes; larger files of a store are copied to a temporary folder


@dataclass(frozen=True, slots=True)
class _Repository:
    api: "HfApi"
    name: str
    branch: str | None

    def where(self) -> dict[str, Any]:
        return {"repo_id": self.name, "repo_type": "dataset", "revision": self.branch}


def push(
    out: str,
    to: str,
    *,
    public: bool = False,
    texts_of_others: bool = False,
    endpoint: str | None = None,
    token: str | None = None,
    log: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Return what was sent: {url, sent, bytes, deleted, commits, same}.

    Args:
        out: of a finished run; a folder or URL.
        to: hf://datasets/OWNER/NAME, with @BRANCH if it is not to be main. Repository and branch
            are created where there are none.
        public: whether a new repository is public; an existing one stays as it is.
        texts_of_others: also samples, pairs and passages, which hold texts of records that the
            corpus does not hold.
        endpoint, token: of the hub; None: as huggingface_hub finds them.

    Raises:
        RecipeError: there is no manifest, a file is not as the manifest says, the URL is none of a
            dataset, there is no token, or it may not write there.
        ImportError: huggingface_hub is not installed.
    """
    name, branch = files.repository_of(to)
    out = io.absolute(out, Path.cwd())
    manifest = read_report(out, "manifest")
    wanted = files.files_to_publish(out, manifest, texts_of_others=texts_of_others)
    repository = _Repository(_api(endpoint, token), name, branch)
    with _explained(repository):
        head = _opened(repository, public=public)
        remote = _files_of(repository)
        todo = files.changed_files(wanted, remote)
        deleted = files.stale_files(_earlier_manifest(repository, remote, todo), wanted, remote)
        commits = _send(repository, todo, deleted, head, log) if todo or deleted else []
    return {
        "url": f"{repository.api.endpoint}/datasets/{name}{f'/tree/{branch}' if branch else ''}",
        "sent": len(todo),
        "bytes": sum(file.size for file in todo),
        "deleted": len(deleted),
        "commits": commits,
        "same": len(wanted) - len(todo),
    }


def _api(endpoint: str | None, token: str | None) -> "HfApi":
    try:
        from huggingface_hub import HfApi, get_token  # noqa: PLC0415 - the extra hf
    except ImportError as error:
        raise ImportError(f"push: hf:// needs huggingface_hub: {install('hf')}") from error
    token = token or get_token()
    if token is None:
        raise RecipeError(
            "push: expected a token of the hub that may write, found none: "
            "set HF_TOKEN, or type hf auth login"
        )
    return HfApi(endpoint=endpoint, token=token, library_name="curate")


@contextmanager
def _explained(repository: _Repository) -> Iterator[None]:
    """Say of a refusal which right is missing, and of a failed connection whose it was."""
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    try:
        yield
    except HfHubHTTPError as error:
        code = error.response.status_code
        if code == 401:
            raise RecipeError(
                "push: the hub does not know this token: type hf auth login"
            ) from error
        if code == 403:
            raise RecipeError(
                f"push: expected a token that may write to datasets/{repository.name}, got one "
                "that may not"
            ) from error
        raise
    except Exception as error:
        if type(error).__name__ not in UNREACHABLE:
            raise
        endpoint = repository.api.endpoint
        raise ConnectionError(f"push: {endpoint} cannot be reached: {error}") from error


def _opened(repository: _Repository, *, public: bool) -> str | None:
    """Return the last commit of the branch; branch and repository are created if missing."""
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError  # noqa: PLC0415

    api, name = repository.api, repository.name
    try:
        info = api.repo_info(**repository.where())
    except RepositoryNotFoundError:
        api.create_repo(name, repo_type="dataset", private=not public, exist_ok=True)
    except RevisionNotFoundError:
        pass
    else:
        return info.sha
    if repository.branch is not None:
        api.create_branch(name, repo_type="dataset", branch=repository.branch, exist_ok=True)
    return api.repo_info(**repository.where()).sha


def _files_of(repository: _Repository) -> dict[str, RemoteFile]:
    from huggingface_hub.hf_api import RepoFile  # noqa: PLC0415

    tree = repository.api.list_repo_tree(recursive=True, **repository.where())
    return {
        entry.path: RemoteFile(entry.lfs.sha256 if entry.lfs else None, entry.blob_id)
        for entry in tree
        if isinstance(entry, RepoFile)
    }


def _earlier_manifest(
    repository: _Repository, remote: dict[str, RemoteFile], todo: Sequence[LocalFile]
) -> dict[str, Any]:
    """Return the repository's manifest; {} if it has none, another tool's, or this corpus's."""
    if "manifest.json" not in remote or "manifest.json" not in {file.name for file in todo}:
        return {}
    with tempfile.TemporaryDirectory(prefix="curate-") as folder:
        path = repository.api.hf_hub_download(
            filename="manifest.json", local_dir=folder, **repository.where()
        )
        try:
            manifest = json.loads(Path(path).read_bytes())
        except ValueError:
            return {}
    return manifest if isinstance(manifest, dict) and "shards" in manifest else {}


def _send(
    repository: _Repository,
    todo: Sequence[LocalFile],
    deleted: Sequence[str],
    head: str | None,
    log: Callable[[str], None],
) -> list[str]:
    """Upload and commit files; return the names of the commits."""
    from huggingface_hub import CommitOperationDelete  # noqa: PLC0415

    done: list[str] = []
    groups = list(files.batches(todo, COMMIT_FILES, 1 << 62)) or [[]]
    for number, group in enumerate(groups, 1):
        operations: list[Any] = []
        for batch in files.batches(group, COMMIT_FILES, UPLOAD_BYTES):
            log(f"Sending {len(batch):,} files, {sum(file.size for file in batch):,} bytes")
            operations += _uploaded(repository, batch)
        if number == len(groups):
            operations += [CommitOperationDelete(name, is_folder=False) for name in deleted]
        message = f"Corpus, part {number} of {len(groups)}" if len(groups) > 1 else "Corpus"
        commit = repository.api.create_commit(
            operations=operations, commit_message=message, parent_commit=head, **repository.where()
        )
        head = commit.oid
        done.append(commit.oid)
        log(f"Committed: {commit.commit_url}")
    return done


def _uploaded(repository: _Repository, batch: Sequence[LocalFile]) -> "list[CommitOperationAdd]":
    """Upload the content of files; return the operations that commit them.

    Raises RecipeError: the bytes of one are not those that the manifest says.
    """
    from huggingface_hub import CommitOperationAdd  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="curate-") as folder:
        operations = []
        for number, file in enumerate(batch):
            add = CommitOperationAdd(file.name, _content(file, Path(folder) / str(number)))
            if (got := add.upload_info.sha256.hex()) != file.sha256:
                raise RecipeError(f"{file.name}: expected sha256 {file.sha256}, got {got}")
            operations.append(add)
        # Frees what was sent; what is small and no large file stays, and is sent by the commit.
        repository.api.preupload_lfs_files(additions=operations, **repository.where())
    return operations


def _content(file: LocalFile, copy: Path) -> bytes | Path:
    if not file.url:
        return file.data
    if io.is_local(file.url):
        return io.local_path(file.url)
    if file.size <= SMALL:
        return io.read_bytes(file.url)
    with io.open_read(file.url) as source, copy.open("wb") as sink:
        shutil.copyfileobj(source, sink, 1 << 20)
    return copy
