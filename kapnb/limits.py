"""Limits and defaults that more than one module needs, or that a user meets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PACK: Final = "begley"
"""The guidance pack that a command or a page asks where none is named."""

CASE_FILE: Final = 64 * 1024
"""Characters of one case as a JSON file."""

CASE_TEXTS: Final[Mapping[str, int]] = {"case_id": 64, "title": 200, "vignette": 5_000, "note": 5_000}
"""The free texts of a case, with the most characters of each."""

MOST_PROBLEMS: Final = 100
"""How many mistakes of one file are listed."""

IDENTIFIER_SEARCH: Final = 20_000
"""Characters of a text in which identifiers are looked for; limit a text's length before you read it."""

# kapnb serve
PORT: Final = 8866
SESSIONS: Final = 20
"""Pages that may be open at the same time, unless ``--max-sessions`` says otherwise."""
MOST_SESSIONS: Final = 1_000
"""Each is a process."""
ADDRESS_SHARE: Final = 0.75
"""The share of the places that one network address may take, unless ``--max-per-address`` says otherwise."""
IDLE_MINUTES: Final = 60.0
LEAST_IDLE_MINUTES: Final = 0.05
"""A page takes seconds to open."""
MOST_IDLE_MINUTES: Final = 10_080.0
"""A week."""
SPARE_KERNELS: Final = 1
MOST_SPARE_KERNELS: Final = 50
UNWATCHED_SECONDS: Final = 300
"""After so long a session ends that no browser is connected to."""
RENDER_SECONDS: Final = 120.0
"""A page that takes longer to be made is given up."""
STUCK_SECONDS: Final = 20.0
"""A kernel that has not taken a message for so long does not answer."""
BODY_BYTES: Final = 64 * 1024
"""Of a request. The form for the token is the largest; files travel over a page's socket."""
TOKEN_CHARACTERS: Final = 16
TOKEN_DISTINCT: Final = 8
"""What a token needs where others can try it: characters, and different ones among them."""
WRONG_TOKENS: Final = 20
WRONG_TOKENS_SECONDS: Final = 60.0
"""So many wrong tokens from one address within so many seconds, then none is looked at."""
SOCKETS_PER_SESSION: Final = 8
"""A page has one, or two for a while after its network was cut. Each takes descriptors that all pages share."""
MESSAGE_BUFFERS: Final = 16
PAGES_WITHOUT_SERVER: Final = ("assessment", "training", "article", "sets")
"""The pages that need neither pandas nor numpy, and so can run in a browser alone."""
