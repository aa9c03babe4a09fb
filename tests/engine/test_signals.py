"""Ctrl-C and SIGTERM: raised where they arrive, and again where Python has dropped them."""

import signal

import pyarrow as pa
import pytest

from curate.engine.local import LocalEngine
from curate.engine.signals import STOPS, raised_again
from curate.store.units import Unit

RAISES = {signal.SIGINT: (KeyboardInterrupt, None), signal.SIGTERM: (SystemExit, 143)}
EMPTY = pa.schema([])


@pytest.fixture(autouse=True)
def handlers_are_restored():
    before = [signal.getsignal(number) for number in STOPS]
    yield
    assert [signal.getsignal(number) for number in STOPS] == before


class Signalled:
    """An object whose destructor is interrupted: Python prints what is raised, and goes on."""

    def __init__(self, number):
        self.number = number

    def __del__(self):
        signal.raise_signal(self.number)


@pytest.mark.parametrize("number", STOPS)
def test_a_signal_is_raised_where_it_arrives(number):
    error, code = RAISES[number]
    with pytest.raises(error) as raised, raised_again():
        signal.raise_signal(number)
    assert getattr(raised.value, "code", None) == code


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("number", STOPS)
def test_a_dropped_signal_ends_the_run_after_the_task(number, tmp_path):
    error, code = RAISES[number]
    ran = []

    def work(units):
        ran.extend(unit.name for unit in units)
        Signalled(number)
        return iter(())

    def run():
        with raised_again() as check:
            engine = LocalEngine(1, str(tmp_path), check=check)
            tasks = [[Unit("first", "", 1)], [Unit("second", "", 1)]]
            engine.collect(engine.start(work, tasks, EMPTY))

    with pytest.raises(error) as raised:
        run()
    assert ran == ["first"]
    assert getattr(raised.value, "code", None) == code


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_dropped_signal_is_raised_at_the_end_at_the_latest():
    went_on = []

    def run():
        with raised_again():
            Signalled(signal.SIGINT)
            went_on.append(True)

    with pytest.raises(KeyboardInterrupt):
        run()
    assert went_on
