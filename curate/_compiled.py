"""Numba compilation of loops over NumPy arrays; numba is imported in this module only.

A kernel is compiled at its first call (5 s of processor time for all those of `compiled`, over
half a minute for the extractor's) and cached on disk; the next process loads them in half a second
or more, most of it spent in numba. Numba notices changes of a file, not of those it calls into:
kernels therefore call only kernels of their own file, and `mix` below, which is frozen by the
vectors in the tests; or they are made by `compiled_with`, which looks at all the files they are in.
"""

import gc
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar, cast

from curate.extras import install

try:
    import numba
    import numba.extending
    import numpy as np
    from numba.core import targetconfig
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import Compiler
except ImportError as error:
    raise ImportError(f"this part of curate needs numpy and numba: {install('dedup')}") from error

Function = TypeVar("Function", bound=Callable[..., object])


class _NoEnvironment:
    """The code generator of a part: there is no environment of Python to tell it of."""

    def __init__(self, generator: Any) -> None:
        self._generator = generator

    def set_env(self, *_: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return getattr(self._generator, name)


class _Linked(JITCodeLibrary):
    """The code of a part: linked into that of its callers and compiled with it, not by itself."""

    @property
    def codegen(self) -> Any:
        return _NoEnvironment(self._codegen)

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self: Any) -> None:
        self._finalize_dynamic_globals()
        self._verify_declare_only_symbols()
        self._finalized = True

    def get_pointer_to_function(self: Any, _: str) -> int:
        self._ensure_finalized()
        return 0


class _PartCompiler(Compiler):
    """A compiler up to the code that is linked."""

    def define_pipelines(self) -> Any:
        state, linked, whole = self.state, cast(Any, _Linked), cast(Any, super())
        state.library = linked(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return whole.define_pipelines()


_PART: Any = {
    "nogil": True, "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True,
    "_nrt": True,  # stated, or it is that of the first caller
    "pipeline_class": _PartCompiler,
}  # fmt: skip


def compiled(function: Function) -> Function:
    """Return the compiled function, cached on disk where there is a folder to write to.

    It releases the GIL while it runs. A Spark worker without a home and with a read-only
    package has no such folder: there each process compiles for itself.
    """
    return _compiled(function, error_model="python")


def _compiled(function: Function, error_model: Any) -> Function:
    try:
        kernel = numba.njit(cache=True, nogil=True, error_model=error_model)(function)
    except RuntimeError:  # "cannot cache function: no locator available for file"
        kernel = numba.njit(nogil=True, error_model=error_model)(function)
    return cast(Function, kernel)


def compiled_with(package: str, *others: str) -> Callable[[Function], Function]:
    """Return `compiled` for kernels that share constants and call each other, in several modules.

    What is kept on disk holds as long as no byte changes of the function's module, of the modules
    of `package` that it imports, and those import, and of the modules `others`. A division by zero
    raises nothing: with a way out at each division, compilers take minutes for long loops.
    """

    def keep(function: Function) -> Function:
        kernel = _compiled(function, error_model="numpy")
        try:
            file = kernel._cache._cache_file  # type: ignore[attr-defined]
            file._source_stamp = (file._source_stamp, _stamp(function.__module__, package, others))
            _drop_unreadable(file)
        except AttributeError:  # no folder to write to, or a numba that keeps it elsewhere
            return cast(Function, numba.njit(nogil=True, error_model="numpy")(function))
        return kernel

    return keep


def _drop_unreadable(file: Any) -> None:
    """Empty an index that cannot be loaded: of a version whose modules had other names.

    Raises AttributeError where numba keeps it in another way.
    """
    load, empty = file._load_index, file.flush
    try:
        load()
    except Exception:  # whatever unpickling raises, AttributeError for a name that is gone
        empty()


def _unowned(value: Any) -> Any:
    """Return arrays, or a tuple of them, as they are; see `unowned`."""
    return value


def _without_owner(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Return an array's or a tuple's value in LLVM without what its memory is counted by."""
    if isinstance(kind, numba.types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = array.meminfo.type(None)
        return array._getvalue()
    if isinstance(kind, numba.types.BaseTuple):
        parts: Any = kind
        for n, part_type in enumerate(parts):
            part = _without_owner(context, builder, part_type, builder.extract_value(value, n))
            value = builder.insert_value(value, part, n)
    return value


def _type_unowned(_: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return _without_owner(context, builder, signature.args[0], given[0])

    return value(value), generate


_config: Any = numba.config
interpreted = bool(_config.DISABLE_JIT)  # kernels are functions of Python, for tests
# Arrays, or a tuple of them, whose references a kernel does not count: at each call counting takes
# longer than what small kernels do. Who calls it must hold the arrays themselves until after.
unowned: Any = _unowned if interpreted else numba.extending.intrinsic(_type_unowned)


def part(function: Function) -> Function:
    """Return a kernel that only kernels call, not Python: it has no wrapper, and none is kept.

    Wrappers take as long to compile as small kernels do, and are compiled again with all that
    call these.
    """
    return cast(Function, _of_any_number(numba.njit(**_PART)(function)))


def part_without_arrays(function: Function) -> Function:
    """Return a `part` that makes no arrays and returns none: no references are counted in it."""
    return cast(Function, _of_any_number(numba.njit(**{**_PART, "_nrt": False})(function)))


def _of_any_number(kernel: Any) -> Any:
    """Return a kernel that is not compiled again where an argument is a literal number."""
    find: Any = getattr(kernel, "get_call_template", None)
    if find is not None:

        def template(args: Any, names: Any) -> Any:
            plain: Any = numba.types.unliteral
            return find(tuple(map(plain, args)), {n: plain(a) for n, a in names.items()})

        kernel.get_call_template = template
    return kernel


@contextmanager
def compiling() -> Iterator[None]:
    """Compile what is called inside sooner, for kernels whose loops are short.

    Vectors make their code longer, not faster; a compiler makes millions of objects that stay,
    which garbage collection would go through again and again; and numba looks for the type of an
    operation among all it knows, each time it meets one.
    """
    thresholds, vectors = gc.get_threshold(), (_config.LOOP_VECTORIZE, _config.SLP_VECTORIZE)
    functions: Any = numba.types.functions.BaseFunction
    resolve = functions.get_call_type
    gc.set_threshold(200_000, 50, 1_000)
    _config.LOOP_VECTORIZE = _config.SLP_VECTORIZE = 0
    functions.get_call_type = _remembered(resolve)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        _config.LOOP_VECTORIZE, _config.SLP_VECTORIZE = vectors
        functions.get_call_type = resolve


def _remembered(resolve: Any) -> Any:
    """Return what finds the signature of a call, each looked for once."""
    known: dict[Any, Any] = {}
    flags_now: Any = targetconfig.ConfigStack.top_or_none

    def get_call_type(function: Any, context: Any, args: Any, kws: Any) -> Any:
        flags = flags_now()
        if kws or flags is None:
            return resolve(function, context, args, kws)
        key = function, context, tuple(args), flags.summary()
        if key not in known:
            known[key] = resolve(function, context, args, kws)
        return known[key]

    return get_call_type


def is_kept(function: object) -> bool:
    """Return whether a kernel is cached on disk, compiled for this processor."""
    try:
        index = function._cache._cache_file._load_index()  # type: ignore[attr-defined]
        target = import_module("numba.core.registry").cpu_target.target_context.codegen()
        return any(key[1] == target.magic_tuple() for key in index)
    except (AttributeError, OSError):  # not kept, or a numba that keeps it elsewhere
        return False


def folder_of(function: object) -> Path | None:
    """Return the folder in which a kernel is kept; None where it is not."""
    try:
        return Path(function._cache.cache_path)  # type: ignore[attr-defined]
    except (AttributeError, TypeError):  # not kept, or a numba that keeps it elsewhere
        return None


@cache
def _stamp(module: str, package: str, others: Sequence[str]) -> str:
    """Return a digest of a module of a package, of those it needs, and of others."""
    sources: dict[str, bytes] = {}
    todo = [module, *others]
    while todo:
        name = todo.pop()
        if name in sources:
            continue
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            raise ImportError(f"compiled_with: expected a module, got {name!r}")
        sources[name] = Path(spec.origin).read_bytes()
        todo += _imported(sources[name].decode(), package)
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(sources):
        digest.update(name.encode() + b"\0" + sources[name])
    return digest.hexdigest()


def _imported(source: str, package: str) -> list[str]:
    r"""Return the modules of a package that a module's source imports, wherever it does.

    >>> _imported("from a.b import (\n    c as d,\n    e,\n)\nfrom a.b.f import g", "a.b")
    ['a.b.f', 'a.b.c', 'a.b.e']
    """
    modules = re.findall(rf"\b{re.escape(package)}\.\w+", source)  # in a string, too: no harm
    for names in re.findall(rf"from {re.escape(package)} import (\([^)]*\)|[^\n]*)", source):
        imported = re.sub(r"#[^\n]*|[()]", "", names).split(",")
        modules += [f"{package}.{name.split()[0]}" for name in imported if name.strip()]
    return modules


@compiled
def mix(h: np.uint64) -> np.uint64:
    """Mix the bits of a 64-bit hash: the finalizer of splitmix64, a bijection."""
    h ^= h >> np.uint64(30)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(27)
    h *= np.uint64(0x94D049BB133111EB)
    h ^= h >> np.uint64(31)
    return h
