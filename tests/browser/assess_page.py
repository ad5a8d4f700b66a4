"""What a person does on the assessment page, in the words of the page."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from kapnb import assess, fields, load_guidance
from kapnb.text.explanation import outcome_line
from kapnb.text.phrases import sentence
from kapnb.text.words import words
from tests.browser.pages import locate, read_storage, settle, visit
from tests.strategies import PRACTICE

KEY = "kapnb:assessment"
READINGS = load_guidance("begley").readings


class AssessPage:
    """The assessment page in a browser."""

    def __init__(self, page: Page, server: str) -> None:
        self.page = page
        self.address = locate(server, "assessment")
        self.aside = page.locator("aside.answer")
        self.outcome = self.aside.locator(".sum h2")
        self.notice = page.locator(".notice")
        self.trouble = page.locator(".trouble")
        self.set_aside = page.locator(".aside p:not(.note)")  # what tells of cases that were kept and cannot be read
        self.unkept = page.locator(".aside .note")  # what tells that the browser keeps nothing
        self.gate = page.get_by_role("checkbox", name=words("page.gate_confirm"))
        self.title = page.get_by_role("textbox", name=words("page.title_label"))
        self.bar = page.locator(".bar")  # the line at the foot of a narrow page
        self.sheet = page.get_by_role("dialog")  # the explanation over a narrow page
        self.spoken = page.locator(".kapnb-page > [role=status]")
        self.readings = page.locator("details.readings")  # the card with the readings of the source
        self.band = page.get_by_role("group", name=words("page.whatif_mode"), exact=True)  # what says that this is a what-if

    def open(self) -> AssessPage:
        visit(self.page, self.address)
        settle(self.page)
        expect(self.question("psychological_assessment")).to_be_visible()
        return self

    def reset(self) -> AssessPage:
        """Forget the case and whatever a test before did to the window; only the gate stays open."""
        self.page.set_viewport_size({"width": 1280, "height": 800})
        self.page.emulate_media(media="screen", forced_colors="none", reduced_motion="reduce")
        self.page.evaluate("""() => {
            document.querySelectorAll('dialog[open]').forEach(one => one.close())
            document.querySelectorAll('details[open]').forEach(one => one.removeAttribute('open'))
        }""")
        self.button("forget").click()
        expect(self.notice).to_contain_text(words("page.forgotten"))
        settle(self.page)
        self.page.evaluate("scrollTo(0, 0); document.querySelectorAll('.kapnb *').forEach(one => one.scrollTop = 0)")
        return self

    def confirm(self) -> AssessPage:
        self.gate.check()
        expect(self.outcome).to_have_count(1)
        return self

    def question(self, name: str) -> Locator:
        return self.page.get_by_role("group", name=sentence(fields[name].label), exact=True)

    def option(self, name: str, option: str) -> Locator:
        return self.question(name).get_by_role("radio", name=fields[name].option(option).label, exact=True)

    def answer(self, name: str, option: str) -> None:
        self.option(name, option).check()

    def clear(self, name: str) -> Locator:
        """The button that clears an answer."""
        return self.question(name).get_by_role("button", name=words("page.clear_of", label=sentence(fields[name].label)))

    def reading(self, name: str) -> Locator:
        return self.page.get_by_role("group", name=READINGS[name].question, exact=True)

    def choice(self, name: str, choice: str) -> Locator:
        return self.reading(name).get_by_role("radio", name=READINGS[name].choice(choice).label, exact=True)

    def choose(self, name: str, choice: str) -> None:
        """Open the readings, where they are closed, and make a choice."""
        if self.readings.get_attribute("open") is None:
            self.readings.locator("> summary").click()
        self.choice(name, choice).check()

    def button(self, key: str, **values: object) -> Locator:
        return self.page.locator(".kapnb-form").get_by_role("button", name=words(f"page.{key}", **values), exact=True).first

    def load(self, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        with self.page.expect_file_chooser() as chooser:
            self.button("load").click()
        chooser.value.set_files({"name": "case.json", "mimeType": "application/json", "buffer": data})
        settle(self.page)

    def load_case(self, case_id: str, **more: object) -> dict[str, str]:
        """Load a practice case, and give its answers."""
        answers = PRACTICE[case_id]
        self.load(json.dumps({**answers, **more}))
        expect(self.notice).to_contain_text(words("page.file_loaded"))  # the outcome alone may be the one of the case before
        expect(self.outcome).to_have_text(outcome_line(assess(answers, more.get("readings"))))
        return answers

    def load_example(self, place: int) -> None:
        self.button("new_case").click()
        self.page.get_by_role("list", name=words("page.examples")).get_by_role("button").nth(place).click()
        expect(self.page.locator(".about")).to_be_visible()

    def save(self, key: str = "save") -> Path:
        """Press a button that hands out a file; it keeps the name that the page gave it."""
        with self.page.expect_download() as download:
            self.button(key).click()
        return Path(download.value.path()).rename(Path(download.value.path()).with_name(download.value.suggested_filename))

    def begin_what_if(self, case_id: str = "V16") -> dict[str, str]:
        answers = self.load_case(case_id)
        self.button("whatif").click()
        expect(self.band).to_be_visible()
        return answers

    def print(self) -> None:
        """As a browser does when it prints; ``reset`` does not undo it."""
        self.page.emulate_media(media="print")
        self.page.evaluate("dispatchEvent(new Event('beforeprint'))")

    def end_print(self) -> None:
        self.page.emulate_media(media="screen")
        self.page.evaluate("dispatchEvent(new Event('afterprint'))")

    def width(self) -> int:
        """What the page takes, sideways."""
        settle(self.page)
        return int(self.page.evaluate("document.documentElement.scrollWidth"))

    def kept(self, part: str = "case") -> dict[str, str]:
        """What the browser keeps of the case, without the edition that it is of."""
        cases = json.loads(read_storage(self.page, KEY) or "{}")
        return {name: value for name, value in cases.get(part, {}).items() if name not in {"pack", "edition"}}

    def answers(self) -> dict[str, str]:
        """What the form shows as answered."""
        settle(self.page)
        checked = self.page.locator("[data-field]:not([hidden]) :checked")
        return dict(checked.evaluate_all("all => all.map(one => [one.closest('[data-field]').dataset.field, one.value])"))

    def text(self) -> str:
        """All that the explanation says, folded parts too."""
        settle(self.page)
        return self.aside.text_content() or ""


def changes(count: int) -> str:
    """What the band says of a what-if."""
    return words("page.whatif_count", changes=count) if count else words("page.whatif_none")


def changed_readings(count: int) -> str:
    """What the card of the readings says of how many are changed."""
    return words("page.readings_changed", changed=count, readings=len(READINGS)) if count else words("page.readings_none")
