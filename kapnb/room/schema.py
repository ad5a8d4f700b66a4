"""The tables in which rooms are kept. Everything of a room goes when its row goes."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData()

rooms: Final = sa.Table(
    "room",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("code", sa.String(6), nullable=False, unique=True),
    sa.Column("desk", sa.String(64), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("cases", sa.JSON, nullable=False),
    sa.Column("pack", sa.Text, nullable=False),
    sa.Column("readings", sa.JSON, nullable=False),
    sa.Column("phase", sa.String(20), nullable=False),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("rounds", sa.Integer, nullable=False),
    sa.Column("asked", sa.Integer, nullable=False),
    sa.Column("covered", sa.Boolean, nullable=False),
    sa.Column("small", sa.Boolean, nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("timer", sa.Float, nullable=False),
    sa.Column("until", sa.Float, nullable=False),
    sa.Column("opened", sa.Float, nullable=False),
    sa.Column("expires", sa.Float, nullable=False),
)
members: Final = sa.Table(
    "member",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("room", sa.ForeignKey("room.id", ondelete="CASCADE"), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("gone", sa.Boolean, nullable=False, default=False),
    sa.UniqueConstraint("room", "key"),
    sa.UniqueConstraint("room", "label"),
)
votes: Final = sa.Table(
    "vote",
    METADATA,
    sa.Column("member", sa.ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("case", sa.String(64), primary_key=True),
    sa.Column("round", sa.Integer, primary_key=True),
    sa.Column("ref", sa.String(16), nullable=False, unique=True),
    sa.Column("outcome", sa.String(32), nullable=False),
    sa.Column("confidence", sa.String(8), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("prediction", sa.String(32)),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
)
follow_ups: Final = sa.Table(
    "follow_up",
    METADATA,
    sa.Column("member", sa.ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("case", sa.String(64), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("fit", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
)
lines: Final = sa.Table(
    "line",
    METADATA,
    sa.Column("member", sa.ForeignKey("member.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("ref", sa.String(16), nullable=False, unique=True),
    sa.Column("text", sa.Text, nullable=False),
)
let_through: Final = sa.Table(
    "let_through",
    METADATA,
    sa.Column("room", sa.ForeignKey("room.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("ref", sa.String(16), primary_key=True),
)
"""The reasons and learning lines that the desk lets through, by their refs."""
prompts: Final = sa.Table(
    "prompt",
    METADATA,
    sa.Column("room", sa.ForeignKey("room.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("case", sa.String(64), primary_key=True),
    sa.Column("text", sa.Text, primary_key=True),
)
