"""Controls as HTML, written once for all pages. What an element asks for by attributes is told in :mod:`kapnb.ui.page`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kapnb.text.html import Html, element, join
from kapnb.text.words import words

Text = str | Html
Attribute = str | bool | None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something said once, in place.

    Attributes:
        lines: one for each problem.
        problem: it needs attention and takes the focus.
        undo: what it tells of can be taken back.
    """

    text: str
    lines: tuple[str, ...] = ()
    problem: bool = False
    undo: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a radio group or a select.

    Attributes:
        help: is read with it.
        tag: stands out beside its label, as "default" does.
    """

    value: str
    label: str
    help: str = ""
    tag: str = ""


def join_names(states: Mapping[str, object]) -> str | None:
    """The classes or ids that hold, for an attribute; None where there is none."""
    return " ".join(name for name, holds in states.items() if holds) or None


def options(pairs: Iterable[tuple[str, str]]) -> tuple[Option, ...]:
    """Options of values and labels."""
    return tuple(Option(value, label) for value, label in pairs)


def button(
    label: Text,
    action: str | None = None,
    name: str | None = None,
    value: str | None = None,
    *,
    enabled: bool = True,
    of: str = "",
    **more: Attribute,
) -> Html:
    """A button that asks for an action. ``of`` says what it belongs to, for those who hear it and do not see where it stands."""
    more |= {"aria_label": f"{label}: {of}" if of else None, "aria_disabled": None if enabled else "true"}
    return element("button", label, type="button", data_action=action, data_name=name, data_value=value, **more)


def radios(
    id_: str,
    legend: Text,
    choices: Iterable[Option],
    chosen: str | None,
    *,
    action: str,
    name: str | None = None,
    about: str | None = None,
    class_: str | None = "choice-of",
    options_class: str = "options",
    help: Text | None = None,  # noqa: A002  # what it is
    was: str = "",
    after: Text | None = None,
    **more: Attribute,
) -> Html:
    """A question as a group of native radio buttons.

    ``id_`` begins the ids: ``ID-VALUE`` is a radio button. ``help`` stands below the question, ``was`` and ``after`` below the
    options; the first two describe the group. ``more`` are its attributes.
    """
    rows = []
    for one in choices:
        key = f"{id_}-{one.value}"
        tag = element("span", one.tag, class_="tag", id=f"{key}-tag") if one.tag else None
        told = element("span", one.help, class_="hint", id=f"{key}-help") if one.help else None
        acts = {"data_action": action, "data_name": name, "data_about": about}
        acts["aria_describedby"] = join_names({f"{key}-tag": one.tag, f"{key}-help": one.help})
        box = element(
            "input",
            type="radio",
            name=id_,
            value=one.value,
            id=key,
            checked=chosen is not None and one.value == str(chosen),
            **acts,
        )
        rows.append(element("div", box, element("div", element("label", one.label, for_=key), tag, told), class_="option"))
    more["aria_describedby"] = join_names({f"{id_}-help": help, f"{id_}-was": was})
    parts = (
        element("legend", legend),
        element("div", help, class_="help", id=f"{id_}-help") if help else None,
        element("div", *rows, class_=options_class),
        element("p", was, class_="was", id=f"{id_}-was") if was else None,
    )
    return element("fieldset", *parts, after, class_=class_, **more)


def check(
    id_: str,
    label: Text,
    action: str,
    name: str | None = None,
    *,
    on: bool,
    hint: str = "",
    class_: str = "option",
    **more: Attribute,
) -> Html:
    """A checkbox with its label."""
    told = element("span", hint, class_="hint", id=f"{id_}-hint") if hint else None
    more |= {"data_action": action, "data_name": name, "aria_describedby": f"{id_}-hint" if hint else None}
    box, text = element("input", type="checkbox", id=id_, checked=on, **more), element("label", label, for_=id_)
    return element("div", box, element("div", text, told) if told else text, class_=class_)


def checks(
    legend: Text, boxes: Iterable[Html], *, hint: str = "", class_: str = "choice-of", options_class: str = "options"
) -> Html:
    """A group of checkboxes."""
    told = element("p", hint, class_="hint") if hint else None
    return element("fieldset", element("legend", legend), told, element("div", *boxes, class_=options_class), class_=class_)


def select(
    id_: str,
    label: Text,
    choices: Iterable[Option],
    chosen: str | None,
    *,
    action: str,
    name: str | None = None,
    **more: Attribute,
) -> Html:
    """A label and a drop-down list."""
    rows = (element("option", one.label, value=one.value, selected=one.value == str(chosen or "")) for one in choices)
    listed = element("select", *rows, id=id_, data_action=action, data_name=name, **more)
    return join((element("label", label, for_=id_), listed))


def file(id_: str, label: Text, *, action: str, name: str, accept: str, most: int, **more: Attribute) -> Html:
    """A label and a file input, ``multiple`` or not. Of a file with more than ``most`` bytes only the size is sent."""
    box = element("input", type="file", id=id_, accept=accept, data_action=action, data_name=name, data_most=str(most), **more)
    return join((element("label", label, for_=id_), box))


def details(
    summary: Text, *content: str | None, key: str | None = None, summary_class: str | None = None, **more: Attribute
) -> Html:
    """Something folded. With a ``key`` it stays open or closed while the page changes around it."""
    return element("details", element("summary", summary, class_=summary_class), *content, data_key=key, **more)


def table(head: Iterable[Text], rows: Iterable[Iterable[Text]], *, label: str | None = None, class_: str | None = None) -> Html:
    """A table; the first cell of each row is its heading."""
    names = element("tr", *(element("th", one, scope="col") for one in head))
    body = (element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest)) for first, *rest in rows)
    return element("table", element("thead", names), element("tbody", *body), class_=class_, aria_label=label)


def scroll_box(content: Html, label: str, class_: str = "scroll") -> Html:
    """Something wide, in a box that can be scrolled with the keyboard too."""
    return element("div", content, class_=class_, role="region", tabindex="0", aria_label=label)


def menu(label: str, *buttons: Html | None) -> Html:
    """A row of buttons."""
    return element("div", *buttons, class_="tools", role="group", aria_label=label)


def notice(said: Notice | None, id_: str | None = None, *buttons: Html | None) -> Html | None:
    """Something said once, in place; a problem stands out."""
    if said is None:
        return None
    lines = element("ul", *(element("li", line) for line in said.lines)) if said.lines else None
    acts = element("span", *buttons, class_="acts") if any(buttons) else None
    class_ = "trouble" if said.problem else "told"
    return element("div", element("p", said.text), lines, acts, class_=class_, id=id_, tabindex="-1" if id_ else None)


def cases_gate(page: str, keep: str) -> Html:
    """What has to be confirmed before a page takes any case; the browser remembers under ``keep`` that it was."""
    box = element("input", type="checkbox", data_action="confirm", data_keep=keep)
    text = element("span", words(f"{page}_page.gate_confirm"))
    title, lead = (element(tag, words(f"{page}_page.gate_{key}")) for tag, key in (("h2", "title"), ("p", "text")))
    return element("section", title, lead, element("label", box, text), class_="gate", id=f"{page}-gate")
