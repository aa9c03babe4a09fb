"""Damaged archives: what is hurt is counted with its place, and the rest is read."""

import tracemalloc

import pytest

from curate.warc.reader import ArchiveRecord, Damage

from .archives import (
    RECORDS,
    archive,
    covered,
    damages_of,
    http,
    hurt_everywhere,
    member,
    packed,
    page,
    read,
    records_of,
    response,
    split_read,
    whole,
)


def test_one_damaged_member_of_200_costs_one_record():
    data, starts = archive(RECORDS)
    hurt = bytearray(data)
    hurt[starts[100] + 120 : starts[100] + 180] = bytes(60)
    result = read(bytes(hurt))
    assert len(records_of(result)) == 199
    assert damages_of(result) == [Damage(starts[100], starts[101] - starts[100], "corrupt")]
    assert covered(result, len(data))


def test_a_file_cut_inside_a_record_keeps_those_before():
    data, starts = archive(RECORDS)
    result = read(data[: starts[150] + 50])
    assert len(records_of(result)) == 150
    assert damages_of(result) == [Damage(starts[150], 50, "truncated")]
    plain = b"".join(RECORDS)
    at = sum(map(len, RECORDS[:150]))
    result = read(plain[: at + 500])
    assert len(records_of(result)) == 150
    assert damages_of(result) == [Damage(at, 500, "truncated")]


def test_damage_all_over_a_file_is_told_apart():
    result = read(hurt_everywhere())
    assert [damage.why for damage in damages_of(result)] == [
        "garbage",
        "corrupt",
        "corrupt",
        "garbage",
        "truncated",
    ]
    assert len(records_of(result)) == 40 - 1 - 2 - 1
    assert covered(result, len(hurt_everywhere()))


def overwritten(at, count):
    data, starts = archive(RECORDS)
    hurt = bytearray(data)
    hurt[starts[100] + at : starts[100] + at + count] = bytes(count)
    return bytes(hurt)


NO_ARCHIVE = page(1) * 50
ONE = response(1)
# label: file, records, damages as (offset, length, why)
DAMAGED = {
    "empty": (b"", 0, [(0, 0, "empty_file")]),
    "a page": (NO_ARCHIVE, 0, [(0, len(NO_ARCHIVE), "not_an_archive")]),
    "a packed page": (
        packed(NO_ARCHIVE),
        0,
        [(0, len(packed(NO_ARCHIVE)), "not_an_archive")],
    ),
    "one byte": (b"\x1f", 0, [(0, 1, "not_an_archive")]),
    "the first member's magic": (
        b"\0\0" + archive(RECORDS)[0][2:],
        199,
        [(0, archive(RECORDS)[1][1], "garbage")],
    ),
    "a member's checksum": (
        packed(ONE)[:-8] + b"abcd" + packed(ONE)[-4:] + packed(ONE),
        1,
        [(0, len(packed(ONE)), "corrupt")],
    ),
    "a member's length": (
        packed(ONE)[:-4] + b"abcd" + packed(ONE),
        1,
        [(0, len(packed(ONE)), "corrupt")],
    ),
    "a reserved bit of a member's header": (
        packed(ONE)[:3] + b"\x20" + packed(ONE)[4:] + packed(ONE),
        1,
        [(0, len(packed(ONE)), "garbage")],
    ),
    "a zero between members": (
        packed(ONE) + b"\0" + packed(ONE),
        2,
        [(len(packed(ONE)), 1, "garbage")],
    ),
    "an empty member between others": (
        packed(ONE) + packed(b"") + packed(ONE),
        2,
        [(len(packed(ONE)), len(packed(b"")), "garbage")],
    ),
    "garbage between members": (
        packed(ONE) + b"garbage" + packed(ONE),
        2,
        [(len(packed(ONE)), 7, "garbage")],
    ),
    "a length too small": (
        packed(member(block=http(page(1)), length=100)) + packed(ONE),
        2,
        [],
    ),
    "a length too large": (
        packed(member(block=http(page(1)), length=10**6)) + packed(ONE),
        2,
        [],
    ),
    "a length too small, plain": (
        ONE + member(block=http(page(1)), length=100) + ONE,
        3,
        [],
    ),
    "a length too large, plain": (
        ONE + member(block=http(page(1)), length=500) + ONE * 3,
        5,
        [],
    ),
    "a length beyond the file, plain": (
        ONE + member(block=http(page(1)), length=10**6) + ONE,
        3,
        [],
    ),
    "a length beyond all bounds, plain": (
        ONE + member(block=http(page(1)), length=10**15) + ONE,
        3,
        [],
    ),
    "a length that is no number": (
        packed(ONE.replace(b"Length: ", b"Length: -")) + packed(ONE),
        2,
        [],
    ),
    "a length beyond all bounds at the end, plain": (
        ONE + member(block=http(page(1)), length=10**15),
        2,
        [],
    ),
    "a record cut off, plain": (
        ONE + member(block=http(page(1)), length=10**15)[:-40],
        1,
        [(len(ONE), len(member(block=http(page(1)), length=10**15)) - 40, "truncated")],
    ),
    "a length beyond all bounds at the end, no line break, plain": (
        ONE + member(block=http(page(1)), length=10**15)[:-4],
        2,
        [],
    ),
    "no line break between records, plain": (ONE[:-4] + ONE[:-4] + ONE, 3, []),
    "no length": (packed(ONE.replace(b"Content-Length", b"X-Length")) + packed(ONE), 2, []),
    "no length, plain": (ONE + ONE.replace(b"Content-Length", b"X-Length") + ONE, 3, []),
    "line breaks before a record": (packed(ONE) + packed(b"\r\n\r\n" + ONE), 2, []),
    "garbage between records, plain": (
        ONE + b"garbage\n" + ONE,
        2,
        [(len(ONE), 8, "garbage")],
    ),
    "a whole stream, cut": (
        whole(RECORDS)[:-100],
        None,
        None,
    ),
}


@pytest.mark.parametrize(("data", "records", "damages"), DAMAGED.values(), ids=DAMAGED)
def test_damage_is_counted_and_the_rest_is_read(data, records, damages):
    result = read(data)
    if records is None:  # offsets are those of what could be unpacked
        [damage] = damages_of(result)
        assert damage.why == "truncated"
        assert result[-1] == damage
        assert len(result) > 150
        return
    assert len(records_of(result)) == records
    assert damages_of(result) == [Damage(*damage) for damage in damages]
    assert covered(result, len(data))


WRONG = [0, 1, 99, 400, 10**3, 10**6, 10**12]


@pytest.mark.parametrize("length", WRONG)
@pytest.mark.parametrize("build", [b"".join, whole, lambda records: archive(records)[0]])
def test_a_record_whose_end_is_known_is_read_though_its_length_lies(length, build):
    liar = member(block=http(page(7)), length=length, url="http://example.org/7")
    result = read(build([RECORDS[0], response(1), liar, response(2), response(3)]))
    assert damages_of(result) == []
    assert [item.payload for item in result[1:]] == [page(n) for n in (1, 7, 2, 3)]


@pytest.mark.parametrize("at", range(0, 300, 7))
def test_an_overwritten_place_costs_at_most_two_of_200(at):
    result = read(overwritten(at, 60))
    assert len(records_of(result)) in (198, 199)
    assert len(damages_of(result)) == 1
    assert covered(result, len(archive(RECORDS)[0]))


def test_a_bomb_is_counted_and_memory_stays_small():
    size = 200 << 20
    bomb = member(block=http(bytes(size)), n=1)
    data = packed(ONE) + packed(bomb) + packed(ONE)
    del bomb
    tracemalloc.start()
    result = read(data, max_block=4 << 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [type(item) for item in result] == [ArchiveRecord, Damage, ArchiveRecord]
    assert result[1].why == "too_large"
    assert covered(result, len(data))
    assert peak < 16 << 20


def test_a_record_too_large_is_passed_over():
    inner = response(5) * 3  # records inside it are not ours
    large = member(block=http(bytes(100_000) + b"\r\n" + inner))
    result = read(ONE + large + ONE, max_block=1000)
    assert [type(item) for item in result] == [ArchiveRecord, Damage, ArchiveRecord]
    assert result[1] == Damage(len(ONE), len(large), "too_large")
    result = read(packed(ONE) + packed(large) + packed(ONE), max_block=1000)
    assert [type(item) for item in result] == [ArchiveRecord, Damage, ArchiveRecord]
    assert result[1] == Damage(len(packed(ONE)), len(packed(large)), "too_large")


@pytest.mark.parametrize("cuts", [(), (1,), (3,), (4,), (2, 3, 300)], ids=str)
def test_records_behind_a_byte_order_mark_are_read(cuts):
    data = b"\xef\xbb\xbf" + b"".join([response(1), response(2)])
    result, _ = split_read(data, cuts)
    assert [item.payload for item in records_of(result)] == [page(1), page(2)]
    assert damages_of(result) == []
    assert covered(result, len(data))


@pytest.mark.parametrize("at", [20, 60, 300, 400])
def test_records_of_two_members_each_are_read(at):
    """The cut falls into the header of the record, of the answer, into the page."""
    records = [response(n) for n in range(3)]
    data = b"".join(packed(record[:at]) + packed(record[at:]) for record in records)
    result = read(data)
    assert damages_of(result) == []
    assert [item.payload for item in result] == [page(n) for n in range(3)]
