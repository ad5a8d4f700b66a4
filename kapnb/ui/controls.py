"""Controls as HTML, written once for all pages. :mod:`kapnb.ui.page` lists the attributes that they use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kapnb.text.html import Html, element, fragment
from kapnb.text.words import words

Text = str | Html
Attribute = str | bool | None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something said once, in place.

    Attributes:
        lines: one for each problem.
        problem: it needs attention and takes the focus.
        undo: what happened can be taken back.
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
    said: str | None = None,
    **more: Attribute,
) -> Html:
    """A button that asks for an action.

    For those who hear it and do not see its place, ``of`` says what it belongs to, or ``said`` everything.
    """
    more |= {"aria_label": f"{label}: {of}" if of else said, "aria_disabled": None if enabled else "true"}
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
    after: Text | None = None,
    **more: Attribute,
) -> Html:
    """A question as a group of native radio buttons.

    ``id_`` begins the ids: ``ID-VALUE`` is a radio button. ``after`` stands below them; ``more`` are the attributes of the group.
    """
    acts = {"data_action": action, "data_name": name, "data_about": about}
    rows = [_write_option(id_, one, chosen, acts, hint=True) for one in choices]
    parts = element("legend", legend), element("div", *rows, class_=options_class), after
    return element("fieldset", *parts, class_=class_, **more)


def row(
    id_: str,
    label: str,
    choices: Iterable[Option],
    chosen: str | None,
    *,
    action: str,
    name: str,
    help: Text,  # noqa: A002  # what it is
    class_: str | None = None,
    was: str = "",
    clear: Html | None = None,
    after: Text | None = None,
    **more: Attribute,
) -> Html:
    """A question as a row: its label, "?" with what helps to answer it, native radio buttons, and what clears the answer.

    The ids are those of :func:`radios`. What "?" opens has the help, which describes the group, and that of each option, which
    describes its radio button; both are heard without opening it.
    """
    choices = tuple(choices)
    acts = {"data_action": action, "data_name": name}
    told = [
        element("li", element("strong", one.label), " ", element("span", one.help, id=f"{id_}-{one.value}-help"))
        for one in choices
        if one.help
    ]
    more["aria_describedby"] = join_names({f"{id_}-help": help, f"{id_}-was": was})
    parts = (
        element("legend", label),
        details(
            element("span", words("page.help_mark"), class_="sign"),
            element("div", help, id=f"{id_}-help"),
            element("ul", *told) if told else None,
            key=f"{id_}-more",
            summary_label=words("page.help", label=label),
            class_="help",
        ),
        element("div", *(_write_option(id_, one, chosen, acts) for one in choices), class_="options"),
        clear,
        element("p", was, class_="was", id=f"{id_}-was") if was else None,
    )
    return element("fieldset", *parts, after, class_=join_names({"question": True, class_ or "": class_}), **more)


def _write_option(id_: str, one: Option, chosen: str | None, acts: Mapping[str, Attribute], *, hint: bool = False) -> Html:
    """A radio button with its label; with ``hint`` its help stands below it."""
    key = f"{id_}-{one.value}"
    tag = element("span", one.tag, class_="tag", id=f"{key}-tag") if one.tag else None
    told = element("span", one.help, class_="hint", id=f"{key}-help") if hint and one.help else None
    described = join_names({f"{key}-tag": one.tag, f"{key}-help": one.help})
    on = chosen is not None and one.value == str(chosen)
    box = element("input", type="radio", name=id_, value=one.value, id=key, checked=on, aria_describedby=described, **acts)
    return element("div", box, element("div", element("label", one.label, for_=key), tag, told), class_="option")


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


def checks(legend: Text, boxes: Iterable[Html], *, hint: str = "", class_: str = "choice-of") -> Html:
    """A group of checkboxes."""
    told = element("p", hint, class_="hint") if hint else None
    return element("fieldset", element("legend", legend), told, element("div", *boxes, class_="options"), class_=class_)


def select(
    id_: str, label: Text, choices: Iterable[Option], chosen: str | None, *, action: str, name: str | None = None, **more: Attribute
) -> Html:
    """A label and a drop-down list."""
    rows = (element("option", one.label, value=one.value, selected=one.value == str(chosen or "")) for one in choices)
    listed = element("select", *rows, id=id_, data_action=action, data_name=name, **more)
    return fragment(element("label", label, for_=id_), listed)


def text_box(id_: str, label: Text, text: str, action: str, **more: Attribute) -> Html:
    """A label and a box to type in; with ``rows`` it has several lines."""
    more |= {"id": id_, "data_action": action}
    box = element("textarea", text, **more) if "rows" in more else element("input", **{"type": "text", "value": text, **more})
    return fragment(element("label", label, for_=id_), box)


def file(id_: str, label: Text, *, action: str, name: str, accept: str, most: int, **more: Attribute) -> Html:
    """A label and a file input, ``multiple`` or not. Of a file with more than ``most`` bytes only the size is sent."""
    box = element("input", type="file", id=id_, accept=accept, data_action=action, data_name=name, data_most=str(most), **more)
    return fragment(element("label", label, for_=id_), box)


def details(
    summary: Text,
    *content: str | None,
    key: str | None = None,
    summary_class: str | None = None,
    summary_label: str | None = None,
    **more: Attribute,
) -> Html:
    """Something folded. With a ``key`` it stays open or closed while the page changes around it."""
    head = element("summary", summary, class_=summary_class, aria_label=summary_label)
    return element("details", head, *content, data_key=key, **more)


def table(head: Iterable[Text], rows: Iterable[Iterable[Text]], *, label: str | None = None, class_: str | None = None) -> Html:
    """A table; the first cell of each row is its heading."""
    names = element("tr", *(element("th", one, scope="col") for one in head))
    body = (element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in rest)) for first, *rest in rows)
    return element("table", element("thead", names), element("tbody", *body), class_=class_, aria_label=label)


def scroll_box(content: Html, label: str) -> Html:
    """Something wide, in a box that can be scrolled with the keyboard too."""
    return element("div", content, class_="scroll", role="region", tabindex="0", aria_label=label)


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
