"""What people read out and type: a room's code, the labels that it gives, and a judgment as ten characters without a network."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from string import ascii_lowercase, digits
from typing import Final

from kapnb.engine.outcomes import Outcome
from kapnb.group.judgments import Confidence
from kapnb.room.state import MOST_CASES, Round

SIGNS: Final = "ACDEFHJKLMNPRTWXY34679"
"""None is taken for another, as 0 and O, 1 and I, 2 and Z, 5 and S, 6 and G, 8 and B, or U and V are."""
LENGTH: Final = 6
JUDGMENT: Final = 10
_BASE: Final = len(SIGNS)
_DIGITS: Final = str.maketrans(SIGNS, (digits + ascii_lowercase)[:_BASE])
_CHECK: Final = 97
"""Signs stand for a multiple of this prime: one that is mistyped, and two neighbors that are exchanged, never give another."""
SALTS: Final = 1 << 17
"""Tells one participant's judgment from another's with the same content. A page without a server draws one of the lower half."""
_ROOMS: Final = 1021
_BIRDS: Final = """
Avocet Bittern Bluebird Bunting Buzzard Chaffinch Condor Cormorant Crane Curlew Dipper Dove Dunlin Eagle Egret Eider
Falcon Finch Flicker Gannet Godwit Goldfinch Grebe Grouse Gull Harrier Heron Hoopoe Ibis Jackdaw Jay Kestrel Kingfisher
Kinglet Kite Lapwing Lark Linnet Loon Magpie Martin Merlin Nightjar Nuthatch Oriole Osprey Owl Partridge Pelican Petrel
Pipit Plover Puffin Quail Raven Redstart Robin Sandpiper Siskin Skylark Snipe Sparrow Starling Stork Swallow Swan Swift
Tanager Teal Tern Thrush Towhee Turnstone Vireo Wagtail Warbler Waxwing Whimbrel Wigeon Woodcock Woodpecker Wren
"""
LABELS: Final = tuple(_BIRDS.split())


def make_code() -> str:
    return "".join(secrets.choice(SIGNS) for _ in range(LENGTH))


def code_of_set(link: str) -> str:
    """The code of a set where there is no room yet: whoever has the set's link (:mod:`kapnb.training.links`) comes to the same."""
    number = int.from_bytes(hashlib.sha256(link.encode()).digest()[:8])
    return "".join(SIGNS[number // _BASE**place % _BASE] for place in range(LENGTH))


def read_code(text: str) -> str | None:
    """A code as somebody types it; None for what is none.

    >>> read_code(" hkt-3 4x "), read_code("HKT340")
    ('HKT34X', None)
    """
    plain = re.sub(r"[\s·.-]", "", text).upper()
    return plain if len(plain) == LENGTH and all(sign in SIGNS for sign in plain) else None


def write_code(code: str) -> str:
    """In two groups, as it is read out."""
    return f"{code[: LENGTH // 2]} {code[LENGTH // 2 :]}"


def label_of(place: int, room: str) -> str:
    """The label of whoever joins after so many others; each room has an order of its own.

    >>> label_of(0, "a") != label_of(1, "a"), label_of(0, "a") == label_of(0, "a"), label_of(len(LABELS), "a")[-2:]
    (True, True, ' 2')
    """
    order = Random(room).sample(LABELS, len(LABELS))  # noqa: S311  # an order, no secret
    turn, bird = divmod(place, len(LABELS))
    return order[bird] if not turn else f"{order[bird]} {turn + 1}"


@dataclass(frozen=True, slots=True)
class Signed:
    """A judgment as signs carry it: ``case`` is the place in the set, ``salt`` whose it is, and nobody's name."""

    case: int
    round: Round
    outcome: Outcome
    confidence: Confidence
    salt: int


def write_signs(code: str, signed: Signed) -> str:
    """Ten signs.

    >>> signs = write_signs("HKT34X", Signed(2, Round.FIRST, Outcome.CLARIFY_FIRST, Confidence.HIGH, 77))
    >>> len(signs), read_signs("HKT34X", signs).outcome.value, read_signs("WWWWWW", signs)
    (10, 'clarify_first', None)
    """
    choice = list(Outcome).index(signed.outcome) * len(Confidence) + list(Confidence).index(signed.confidence)
    content = signed.salt
    for value, size in ((choice, 15), (signed.round - 1, 2), (signed.case, MOST_CASES), (_of_room(code), _ROOMS)):
        content = content * size + value
    number = content * _CHECK
    signs = ""
    for _ in range(JUDGMENT):
        number, rest = divmod(number, _BASE)
        signs = SIGNS[rest] + signs
    return signs


def salt_of(member: int, secret: str) -> int:
    """The salt of a phone in a room, by which its ten characters are known; the room's ``secret`` keeps others from making them."""
    number = int.from_bytes(hashlib.sha256(f"{secret} {member}".encode()).digest()[:8])
    return SALTS // 2 + number % (SALTS // 2)


def salt_of_label(label: str) -> int:
    """The salt of whoever practiced under this label, with a set that came by a link."""
    return int.from_bytes(hashlib.sha256(label.encode()).digest()[:8]) % SALTS


def read_signs(code: str, signs: str) -> Signed | None:
    """What ten characters say; None where they are mistyped or those of another room."""
    content, rest = divmod(_read_number(signs), _CHECK)
    if rest:
        return None
    values = []
    for size in (_ROOMS, MOST_CASES, 2, 15):
        content, value = divmod(content, size)
        values.append(value)
    room, case, given, choice = values
    if room != _of_room(code) or content >= SALTS:
        return None
    outcome, confidence = divmod(choice, len(Confidence))
    return Signed(case, Round(given + 1), list(Outcome)[outcome], list(Confidence)[confidence], content)


def find_signs(chat: str) -> Iterator[str]:
    """Everything in a pasted chat that may be ten characters, with or without a gap in the middle, in any case."""
    for found in re.finditer(rf"(?<![A-Z0-9])([{SIGNS}]{{5}})[ -]?([{SIGNS}]{{5}})(?![A-Z0-9])", chat.upper()):
        yield found[1] + found[2]


def _of_room(code: str) -> int:
    return _read_number(code) % _ROOMS


def _read_number(signs: str) -> int:
    return int(signs.translate(_DIGITS), _BASE)
