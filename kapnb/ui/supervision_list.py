"""The list of cases: a table that sorts and searches in the browser, without the network. Its texts are never taken for markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from kapnb.group.room import LISTED, Room
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.ui.plots import write_key, write_textures

if TYPE_CHECKING:
    from itables.widget import ITable


KEY: Final = "listed"
BOX: Final = "kapnb-list"
"""The class of the box that holds the list, and becomes a region that scrolls."""

PAGE: Final = 15
MOST_APART: Final = 5


def write_list_head(room: Room) -> Html:
    """What stands above the list."""
    if not room.chosen:
        return join(())
    cases = len(room.material.cases)
    more = words("supervision_page.cases_more", shown=f"{LISTED:,}", cases=f"{cases:,}") if cases > LISTED else None
    return join(
        (
            write_textures(KEY),
            element("h2", words("supervision_page.cases"), id="supervision-cases"),
            element("p", words("supervision_page.cases_lead"), class_="intro"),
            element("p", more, class_="intro caveat") if more else None,
            _write_apart(room),
            write_key(KEY),
            element("span", hidden=True, data_region=BOX, data_label=words("supervision_page.cases_region")),
        )
    )


def _write_apart(room: Room) -> Html | None:
    """Where to begin, when the hour is short: the ways to the most disputed cases."""
    first = [name for name in room.material.disputed[:MOST_APART] if name in room.material.listed]
    if not first:
        return None
    links = (element("li", _write_way(name)) for name in first)
    head = element("span", words("supervision_page.cases_apart"), id="supervision-apart")
    return element("div", head, element("ul", *links, aria_labelledby="supervision-apart"), class_="apart")


def _write_way(name: str) -> Html:
    said = words("supervision_page.cases_apart_open", case=name)
    return element("a", name, href="#supervision-case", data_action="pick", data_value=name, aria_label=said)


def make_list(listing: Any, chosen: int, pick: Callable[[int], None]) -> ITable:
    """A list of cases.

    Args:
        listing: a frame of texts, one row a case.
        chosen: the place of the row that is on view.
        pick: called with the place of a row that was chosen.
    """
    from itables import options as known  # brings pandas, so not before there is a table
    from itables.widget import ITable

    known.warn_on_unexpected_option_type = False  # DataTables knows more than the types of itables say
    many = len(listing) > PAGE
    options: dict[str, Any] = {
        "allow_html": False,
        "showIndex": False,
        "text_in_header_can_be_selected": False,  # so that the whole header is the button that sorts
        "maxBytes": 0,
        "select": {"style": "single", "info": False, "toggleable": False},
        "selected_rows": [chosen],
        "classes": "display",
        "style": "width:100%;margin:0;caption-side:top",
        "layout": {"topStart": "search", "topEnd": None, "bottomStart": "info" if many else None, "bottomEnd": "paging"},
        "pageLength": PAGE,
        "paging": many,
        "autoWidth": False,
        "language": _say(),
    }
    table = ITable(listing, caption=words("supervision_page.cases_caption"), **options)
    table.observe(lambda change: pick(change["new"][0]) if change["new"] else None, names="selected_rows")
    return table


def _say() -> dict[str, Any]:
    """The words of the table's own controls."""
    said = {name: words(f"supervision_page.cases_{key}") for name, key in _CONTROLS.items()}
    paginate = {name: words(f"supervision_page.cases_{key}") for name, key in _PAGES.items()}
    sorted_by = {name: words(f"supervision_page.cases_{key}") for name, key in _SORTS.items()}
    return {**said, "aria": {**sorted_by, "paginate": paginate}}


_CONTROLS: Final = {
    "search": "search",
    "info": "info",
    "infoEmpty": "info_none",
    "infoFiltered": "filtered",
    "zeroRecords": "none",
    "emptyTable": "info_none",
}
_SORTS: Final = {"orderable": "sorted_up", "orderableReverse": "sorted_down", "orderableRemove": "unsorted"}
_PAGES: Final = {"first": "page_first", "previous": "page_before", "next": "page_next", "last": "page_last"}
