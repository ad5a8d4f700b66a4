"""The guidance page: the ledger, its readings, the atlas of the case space, and the proof."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from functools import partial

from ipywidgets import Box, Widget

from kapnb.engine.edition import served_edition
from kapnb.text.html import Html, element, join
from kapnb.text.words import words
from kapnb.ui import atlas_view as atlas
from kapnb.ui.assessment_state import read_examples
from kapnb.ui.ledger_view import EVERY, count_reach, filter_words, write_ledger, write_source
from kapnb.ui.proof_view import Report, Work, check_all, check_readings, report_words, write_proof
from kapnb.ui.readings_view import write_readings
from kapnb.ui.sheet import Message, Sheet
from kapnb.ui.trouble import note_trouble


class GuidancePage:
    """Holds what its reader chose to see; a message of the browser leads to the next view of one sheet."""

    def __init__(self) -> None:
        self.guidance = served_edition().guidance
        self.edition = self.guidance.bind()
        self.basis = EVERY
        self.choice = atlas.Choice()
        self.report = Report()
        self.reach = count_reach(self.guidance, read_examples(self.edition).values())
        self.source = Sheet(write_source(self.guidance.ledger), self._ignore)
        self.ledger = Sheet(write_ledger(self.guidance, self.reach), partial(self.act, "ledger"))
        self.readings = Sheet(write_readings(self.guidance), self._ignore)
        self.atlas = Sheet(atlas.write_atlas(self.edition, self.choice), partial(self.act, "atlas"))
        self.proof = Sheet(write_proof(self.guidance, self.report), partial(self.act, "proof"))
        self.task: asyncio.Task[None] | None = None

    @property
    def sheets(self) -> Mapping[str, Sheet]:
        """The parts of the page, from its top."""
        names = ("source", "ledger", "readings", "atlas", "proof")
        return {name: getattr(self, name) for name in names}

    def act(self, sheet: str, message: Message) -> None:
        """Do what a message asks for. Whatever goes wrong leaves the page as it was, and is told with a number."""
        try:
            self._do(sheet, message)
        except Exception:  # noqa: BLE001  # whatever it is, it is told and noted
            self._tell_trouble(sheet, note_trouble("guidance"), message.get("seq"))

    def _do(self, sheet: str, message: Message) -> None:
        fields = self.guidance.fields
        match sheet, message["action"]:
            case "ledger", "basis":
                self._filter(message)
            case "atlas", "axis":
                self._look(atlas.choose_axis(self.choice, message["name"], message["value"], fields), message)
            case "atlas", "fix":
                self._look(atlas.fix(self.choice, message["name"], message["value"], fields), message)
            case "atlas", "quiet":
                self._look(atlas.quiet(self.choice, fields), message)
            case "atlas", "free":
                self._look(atlas.free(self.choice), message)
            case "proof", "prove":
                self._prove(check_all, message)
            case "proof", "prove_readings":
                self._prove(check_readings, message)
            case _, action:
                raise ValueError(f"the {sheet} does not know {action}")

    def _tell_trouble(self, sheet: str, number: str, seq: int | None) -> None:
        said = words("guidance.trouble"), words("page.trouble_number", number=number)
        notice = element("div", *(element("p", line) for line in said), class_="trouble")
        self.sheets[sheet].update(join((notice, self._draw(sheet))), " ".join(said), seq)

    def _draw(self, sheet: str) -> Html:
        if sheet == "ledger":
            return write_ledger(self.guidance, self.reach, self.basis)
        if sheet == "atlas":
            return atlas.write_atlas(self.edition, self.choice)
        return write_proof(self.guidance, self.report)

    def _ignore(self, _message: Message) -> None:
        """Nothing can be asked of a sheet that is only read."""

    def _filter(self, message: Message) -> None:
        html, said = write_ledger(self.guidance, self.reach, message["value"]), filter_words(self.guidance, message["value"])
        self.basis = message["value"]
        self.ledger.update(html, said, message["seq"])

    def _look(self, choice: atlas.Choice, message: Message) -> None:
        html, said = atlas.write_atlas(self.edition, choice), atlas.count_words(self.edition, choice)
        self.choice = choice
        self.atlas.update(html, said, message["seq"])

    def _prove(self, work: Callable[..., AsyncIterator[Report]], message: Message) -> None:
        """Begin to check; the page stays at work meanwhile."""
        if not self.report.work:
            self.task = asyncio.get_running_loop().create_task(self._follow(work(self.guidance, self.report), message["seq"]))

    async def _follow(self, reports: AsyncIterator[Report], seq: int) -> None:
        try:
            async for report in reports:
                self.report = report
                self.proof.update(write_proof(self.guidance, report), report_words(report), seq)
        except Exception:  # noqa: BLE001  # whatever it is, it is told and noted
            self.report = replace(self.report, work=Work.NOTHING)
            self._tell_trouble("proof", note_trouble("guidance"), seq)

    def show(self) -> Widget:
        page = Box(list(self.sheets.values()))
        page.add_class("kapnb").add_class("kapnb-page").add_class("kapnb-guidance")
        return page


def show_page() -> Widget:
    """The guidance page, ready to be shown in a notebook."""
    return GuidancePage().show()
