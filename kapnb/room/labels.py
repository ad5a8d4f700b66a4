"""The labels that a room gives: no name is asked for."""

from __future__ import annotations

from random import Random
from typing import Final

_BIRDS: Final = """
Avocet Bittern Bluebird Bunting Buzzard Chaffinch Condor Cormorant Crane Curlew Dipper Dove Dunlin Eagle Egret Eider
Falcon Finch Flicker Gannet Godwit Goldfinch Grebe Grouse Gull Harrier Heron Hoopoe Ibis Jackdaw Jay Kestrel Kingfisher
Kinglet Kite Lapwing Lark Linnet Loon Magpie Martin Merlin Nightjar Nuthatch Oriole Osprey Owl Partridge Pelican Petrel
Pipit Plover Puffin Quail Raven Redstart Robin Sandpiper Siskin Skylark Snipe Sparrow Starling Stork Swallow Swan Swift
Tanager Teal Tern Thrush Towhee Turnstone Vireo Wagtail Warbler Waxwing Whimbrel Wigeon Woodcock Woodpecker Wren
"""
LABELS: Final = tuple(_BIRDS.split())


def label_of(place: int, room: str) -> str:
    """The label of whoever joins after so many others; each room has an order of its own.

    >>> label_of(0, "a") != label_of(1, "a"), label_of(0, "a") == label_of(0, "a"), label_of(len(LABELS), "a")[-2:]
    (True, True, ' 2')
    """
    order = Random(room).sample(LABELS, len(LABELS))  # noqa: S311  # an order, no secret
    turn, bird = divmod(place, len(LABELS))
    return order[bird] if not turn else f"{order[bird]} {turn + 1}"
