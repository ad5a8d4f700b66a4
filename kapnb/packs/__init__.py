"""Guidance packs: what one source says, as a ledger of claims and a page of rules."""
