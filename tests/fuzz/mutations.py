"""Ways to spoil an input: of bytes, of pieces, and of the JSON inside. The choices come from outside."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

SIZE_MAX = 6_000
NOISE = 244
"""Every twentieth input or so has nothing to do with a seed."""
ODD_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        10**12,
        10**30,
        10**400,
        1.5,
        1e300,
        "",
        " ",
        "x",
        "0",
        "\x00",
        "\ud800",
        "会员" * 30,
    ),
    *([], {}, [[]], {"": {}}, [1] * 201, "A" * 2_000, "10000", "OK", "+86", "2026-02-30", "1-1"),
)
"""What may stand in the place of a value."""


CHOICE = 5
"""So many bytes choose one change: how, where (two of them), with what, and how much of it."""


def spoilt(choices: bytes, seeds: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """A seed with some changes; now and then nothing but noise."""
    first, rest = (choices or b"\0")[0], choices[1:]
    if first >= NOISE:
        return rest * (first - NOISE + 1)
    return changed(seeds[first % len(seeds)], rest, seeds, words)


def changed(data: bytes, choices: bytes, seeds: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """An input with some changes, one after the other."""
    for at in range(0, len(choices), CHOICE):
        how, high, low, what, much = choices[at : at + CHOICE].ljust(CHOICE, b"\0")
        piece = (
            words[what // 2 % len(words)]
            if what % 2 and words
            else bytes([what, high, low, much])[: much % 5]
        )
        place = (high << 8 | low) * (len(data) + 1) >> 16
        data = WAYS[how % len(WAYS)](data, place, piece, seeds)[:SIZE_MAX]
    return data


def _insert(data: bytes, place: int, piece: bytes, _: Sequence[bytes]) -> bytes:
    return data[:place] + piece + data[place:]


def _overwrite(data: bytes, place: int, piece: bytes, _: Sequence[bytes]) -> bytes:
    return data[:place] + piece + data[place + len(piece) :]


def _remove(data: bytes, place: int, piece: bytes, _: Sequence[bytes]) -> bytes:
    return data[:place] + data[place + 1 + len(piece) :]


def _flip(data: bytes, place: int, piece: bytes, _: Sequence[bytes]) -> bytes:
    if place >= len(data):
        return data
    bit = 1 << (len(piece) % 8)
    return data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]


def _double(data: bytes, place: int, piece: bytes, _: Sequence[bytes]) -> bytes:
    stretch = data[place : place + 1 + 4 * len(piece)]
    return data[:place] + stretch + data[place:]


def _cut(data: bytes, place: int, piece: bytes, _: Sequence[bytes]) -> bytes:
    return data[:place]


def _splice(data: bytes, place: int, piece: bytes, seeds: Sequence[bytes]) -> bytes:
    other = seeds[len(piece) % len(seeds)]
    return data[:place] + other[place:]


def _change_case(data: bytes, place: int, piece: bytes, _: Sequence[bytes]) -> bytes:
    return data[:place] + data[place : place + 1 + len(piece)].swapcase() + data[place + 1 + len(piece) :]


def _found(data: bytes, place: int) -> tuple[int, Any, int]:
    """The last object before the place that begins a line: its beginning, its value, its end."""
    text = data.decode(errors="surrogateescape")
    begins = [match.start() for match in re.finditer(r"(?m)^\{", text)] or [max(text.find("{"), 0)]
    begin = max((each for each in begins if each <= place), default=begins[0])
    try:
        value, end = json.JSONDecoder().raw_decode(text, begin)
    except (ValueError, RecursionError):
        return 0, None, 0
    before = len(text[:begin].encode(errors="surrogateescape"))
    return before, value, before + len(text[begin:end].encode(errors="surrogateescape"))


def _json(change: Callable[[list[tuple[Any, Any]], int, bytes], None]) -> "Way":
    """A change of one member somewhere in the JSON inside, if there is any."""

    def way(data: bytes, place: int, piece: bytes, _: Sequence[bytes]) -> bytes:
        begin, value, end = _found(data, place)
        members = list(_members(value)) if isinstance(value, dict) else []
        if not members:
            return data
        change(members, (place * 7 + len(piece)) % len(members), piece)
        text = json.dumps(value, ensure_ascii=b"\\u" in data).encode(errors="surrogatepass")
        return data[:begin] + text + data[end:]

    return way


def _say_twice(data: bytes, place: int, piece: bytes, _: Sequence[bytes]) -> bytes:
    """A name of the outermost object stands once more in front, with another value."""
    begin, value, _end = _found(data, place)
    if not isinstance(value, dict) or not value:
        return data
    name = list(value)[place % len(value)]
    other = json.dumps(ODD_VALUES[sum(piece) % len(ODD_VALUES)])
    return data[: begin + 1] + f"{json.dumps(name)}:{other},".encode() + data[begin + 1 :]


def _members(value: Any) -> Any:
    """Every container with every name or place in it."""
    for name, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, name
        if isinstance(inner, dict | list):
            yield from _members(inner)


def _replace_value(members: list[tuple[Any, Any]], which: int, piece: bytes) -> None:
    container, name = members[which]
    container[name] = ODD_VALUES[sum(piece) % len(ODD_VALUES)]


def _drop_value(members: list[tuple[Any, Any]], which: int, piece: bytes) -> None:
    container, name = members[which]
    del container[name]


def _move_value(members: list[tuple[Any, Any]], which: int, piece: bytes) -> None:
    container, name = members[which]
    other, other_name = members[sum(piece) % len(members)]
    container[name], other[other_name] = other[other_name], container[name]


def _add_value(members: list[tuple[Any, Any]], which: int, piece: bytes) -> None:
    container, _ = members[which]
    value = ODD_VALUES[sum(piece) % len(ODD_VALUES)]
    if isinstance(container, dict):
        container[piece.decode("latin-1")] = value
    else:
        container.append(value)


Way = Callable[[bytes, int, bytes, Sequence[bytes]], bytes]
WAYS: tuple[Way, ...] = (
    *(_insert, _overwrite, _remove, _flip, _double, _cut, _splice, _change_case),
    _say_twice,
    *map(_json, (_replace_value, _replace_value, _drop_value, _move_value, _add_value)),
)
