"""The pip command that installs an optional extra, with the package's own name and source."""

SPARK_MAJOR = 4  # the oldest Spark whose data sources and Arrow functions do what is used here


def install(extra: str) -> str:
    """Return the command that adds an extra to this installation.

    It names what the package was installed from, as pip recorded it (direct_url.json, PEP 610): a
    checkout's folder, an archive, a repository; without a record, the package index.

    Args:
        extra: as pyproject.toml names it.
    """
    import json  # noqa: PLC0415 - used in error messages only; imports stay light
    import shlex  # noqa: PLC0415
    from importlib import metadata  # noqa: PLC0415
    from urllib.parse import unquote, urlsplit  # noqa: PLC0415

    wanted = f"corpus-curate[{extra}]"
    try:
        noted = metadata.distribution("corpus-curate").read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        noted = None
    if noted is None:
        return f"pip install {shlex.quote(wanted)}"
    origin = json.loads(noted)
    url = origin["url"]
    if "dir_info" in origin:
        folder = shlex.quote(f"{unquote(urlsplit(url).path)}[{extra}]")
        editable = "--editable " if origin["dir_info"].get("editable") else ""
        return f"pip install {editable}{folder}"
    if vcs := origin.get("vcs_info"):
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    return f"pip install {shlex.quote(f'{wanted} @ {url}')}"


def old_spark() -> str | None:
    """Return what is wrong with the pyspark that would be imported: it is older than 4.0.

    None where it is not, or there is none; pyspark itself is not imported.
    """
    import re  # noqa: PLC0415
    import sys  # noqa: PLC0415
    from importlib.util import find_spec  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    loaded = getattr(sys.modules.get("pyspark"), "__version__", None)
    spec = None if loaded else find_spec("pyspark")
    if spec is not None and spec.origin:
        file = Path(spec.origin).with_name("version.py")
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        loaded = next(iter(re.findall(r"__version__[^=]*=\s*[\"']([^\"']+)", text)), None)
    if loaded is None or int(str(loaded).partition(".")[0]) >= SPARK_MAJOR:
        return None
    return (
        f"expected pyspark {SPARK_MAJOR}.0 or later, got {loaded}: {install('spark')}, "
        f"or submit with a Spark {SPARK_MAJOR}"
    )


def refuse_old_spark() -> None:
    """Raise ImportError where the pyspark that would be imported is older than 4.0."""
    if message := old_spark():
        raise ImportError(f"curate.spark: {message}")


# Distributions by their modules, and the extra that brings them.
_BROUGHT_BY = {
    "local": (
        "pyarrow", "numpy", "numba", "fsspec", "lxml", "py3langid", "tiktoken", "msgspec",
        "backports",
    ),
    "spark": ("pyspark", "pandas"),
}  # fmt: skip


_OF_POSIX = ("fcntl", "resource")  # modules of the standard library that Windows has not


def lacking(error: ImportError) -> str | None:
    """Return what to do where a module of an extra is not installed; None for other errors.

    >>> lacking(ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow.lib"))
    "this needs pyarrow: pip install ...local]..."
    """
    module = (error.name or "").partition(".")[0]
    if module in _OF_POSIX:
        return "this needs Linux or macOS; on Windows it runs in WSL 2"
    extra = next((extra for extra, names in _BROUGHT_BY.items() if module in names), None)
    shown = "backports.zstd" if module == "backports" else module
    return f"this needs {shown}: {install(extra)}" if extra else None


_STORES = {"s3": "s3", "s3a": "s3", "http": "http", "https": "http", "gs": "gcs", "gcs": "gcs",
           "az": "azure", "abfs": "azure", "abfss": "azure", "adl": "azure",
           "hf": "hf"}  # fmt: skip


def extra_of(url: str) -> str:
    """Return the extra that brings what a URL is read with.

    >>> extra_of("gs://b/x"), extra_of("az://c/x"), extra_of("hf://datasets/x"), extra_of("ftp://h")
    ('gcs', 'azure', 'hf', 'local')
    """
    return _STORES.get(url.partition("://")[0].rpartition("::")[2], "local")
