"""The list of cases: a table that is sorted, searched and paged here, and shows twelve rows at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kapnb.group.state import COLUMNS, LISTED, Row, State
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.ui.charts import write_key
from kapnb.ui.controls import button, menu, scroll_box

PAGE: Final = 12
MOST_APART: Final = 5


@dataclass(frozen=True)
class Listing:
    """What of the list is on view.

    Attributes:
        sort: the column to sort by; empty for the order of the table.
        down: from the greatest to the least.
        find: a row needs all of these words.
        page: counted from 0.
    """

    sort: str = ""
    down: bool = False
    find: str = ""
    page: int = 0


def find_rows(rows: Iterable[Row], listing: Listing) -> list[Row]:
    """The rows with all words that are searched for, sorted."""
    wanted = listing.find.casefold().split()
    found = [row for row in rows if all(one in " ".join(row.values()).casefold() for one in wanted)]
    return sorted(found, key=lambda row: _natural(row[listing.sort]), reverse=listing.down) if listing.sort else found


def _natural(text: str) -> list[str | int]:
    """Digits are compared as numbers, so that S2 comes before S10."""
    return [int(part) if place % 2 else part for place, part in enumerate(re.split(r"(\d+)", text.casefold()))]


def sort_by(listing: Listing, column: str) -> Listing:
    """Sort upward, then downward, then as in the table.

    Raises:
        ValueError: when there is no such column.
    """
    if column not in COLUMNS:
        raise ValueError("the list has no such column")
    if listing.sort != column:
        return replace(listing, sort=column, down=False, page=0)
    return replace(listing, sort="" if listing.down else column, down=not listing.down, page=0)


def turn(rows: Iterable[Row], listing: Listing, by: int) -> Listing:
    """Show the next page, or the one before; at either end stay."""
    last = max(0, len(find_rows(rows, listing)) - 1) // PAGE
    return replace(listing, page=min(max(listing.page + by, 0), last))


def info_words(rows: Sequence[Row], listing: Listing) -> str:
    """Which cases are on view, of how many."""
    found, start = len(find_rows(rows, listing)), listing.page * PAGE
    if not found:
        return words("supervision_page.cases_none")
    said = words("supervision_page.cases_info", start=start + 1, end=min(start + PAGE, found), total=found)
    return said if found == len(rows) else f"{said} {words('supervision_page.cases_filtered', all=len(rows))}"


def write_list(state: State, listing: Listing) -> Html:
    """The list, and what stands above it."""
    rows, cases, find = state.dataset.rows, len(state.dataset.cases), "supervision-find"
    more = words("supervision_page.cases_more", shown=f"{LISTED:,}", cases=f"{cases:,}") if cases > LISTED else None
    box = element("input", type="search", id=find, value=listing.find, data_action="find", aria_describedby="supervision-found")
    found = find_rows(rows, listing)
    start, end = listing.page * PAGE, (listing.page + 1) * PAGE
    before = button(words("supervision_page.cases_page_before"), "turn", value="-1", enabled=start > 0)
    after = button(words("supervision_page.cases_page_next"), "turn", value="1", enabled=end < len(found))
    head = element("tr", *(_write_head(name, listing) for name in COLUMNS))
    body = (_write_row(row, chosen=row["case"] == state.chosen) for row in found[start:end])
    caption = element("caption", words("supervision_page.cases_caption"))
    table = element("table", caption, element("thead", head), element("tbody", *body), class_="cases")
    return join(
        (
            element("h2", words("supervision_page.cases"), id="supervision-cases"),
            element("p", words("supervision_page.cases_lead"), class_="intro"),
            element("p", more, class_="intro caveat") if more else None,
            _write_apart(state),
            write_key(),
            element("div", element("label", words("supervision_page.cases_search"), for_=find), box, class_="pick"),
            scroll_box(table, words("supervision_page.cases_region"), "scroll listing"),
            element("p", info_words(rows, listing), id="supervision-found", class_="tally"),
            menu(words("supervision_page.cases_pages"), before, after) if len(found) > PAGE else None,
        )
    )


def _write_head(name: str, listing: Listing) -> Html:
    order = ("descending" if listing.down else "ascending") if listing.sort == name else None
    sort = button(words(f"supervision_page.column_{name}"), "sort", name, class_="sort")
    return element("th", sort, scope="col", aria_sort=order)


def _write_row(row: Row, *, chosen: bool) -> Html:
    case, *rest = row.values()
    pick = button(case, "pick", value=case, class_="quiet", aria_current="true" if chosen else None)
    cells = (element("td", text) for text in rest)
    return element("tr", element("th", pick, scope="row"), *cells, class_="selected" if chosen else None, data_key=f"row-{case}")


def _write_apart(state: State) -> Html | None:
    """Where to begin when the hour is short: links to the most disputed cases."""
    first = [name for name in state.dataset.disputed[:MOST_APART] if name in state.dataset.listed]
    if not first:
        return None
    said = {name: words("supervision_page.cases_apart_open", case=name) for name in first}
    links = (
        element("li", element("a", name, href="#supervision-case", data_action="pick", data_value=name, aria_label=heard))
        for name, heard in said.items()
    )
    head = element("span", words("supervision_page.cases_apart"), id="supervision-apart")
    return element("div", head, element("ul", *links, aria_labelledby="supervision-apart"), class_="apart")
