"""What the assessment page costs a kernel: memory and time, beside a bare ipywidgets page.

Every measurement is a new kernel that imports and builds a page without showing it: bare, one ipywidgets slider in a box; echo, one
anywidget; the assessment page with everything it needs; and the same once the first example has been explained. Printed, as medians
over kernels started in turn with their range, and the ratio to the bare page, round by round: memory of its own (unique), memory in
all (resident), and the time to import and build in a kernel that is up. Aim: its memory within 1.15 of bare.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import psutil
from jupyter_client.manager import KernelManager

from benchmarks import figures, rounds
from benchmarks.figures import Figure

ROUNDS = 7

NAMES = {
    "bare": "bare ipywidgets page",
    "echo": "echo anywidget",
    "page": "assessment page",
    "used": "assessment page, first explanation shown",
}
PAGES = {
    "bare": "import ipywidgets\npage = ipywidgets.Box([ipywidgets.IntSlider()])",
    "echo": (
        "import anywidget, traitlets\n"
        "class Echo(anywidget.AnyWidget):\n"
        "    _esm = 'export default { render() {} }'\n"
        "    state = traitlets.Int(0).tag(sync=True)\n"
        "page = Echo()"
    ),
    "page": "from kapnb.ui.assessment import show_page\npage = show_page()",
    "used": (
        "from kapnb.ui.assessment import AssessmentPage\n"
        "from kapnb.ui.session import list_examples\n"
        "page = AssessmentPage()\n"
        "page.act({'action': 'confirm'})\n"
        "page.act({'action': 'example', 'name': list_examples()[0]})"
    ),
}


def start_kernel(page: str) -> dict[str, float]:
    manager = KernelManager(transport="ipc")
    manager.start_kernel(cwd=str(Path(__file__).parent.parent))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        code = f"import time\nstart = time.perf_counter()\n{PAGES[page]}\nms = (time.perf_counter() - start) * 1e3"
        reply = client.execute(code, user_expressions={"ms": "ms"}, reply=True, timeout=60)["content"]
        assert reply["status"] == "ok", reply
        memory = psutil.Process(manager.provisioner.pid).memory_full_info()
        build = float(reply["user_expressions"]["ms"]["data"]["text/plain"])
        return {"unique": memory.uss / 1e6, "resident": memory.rss / 1e6, "build": build}
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def measure(*, brief: bool = False) -> list[Figure]:
    for page in PAGES:
        start_kernel(page)  # bytecode is written, files are in memory
    measured = rounds.run({page: partial(start_kernel, page) for page in PAGES}, 2 if brief else ROUNDS)
    told = []
    for key, group, unit in (
        ("unique", "Memory of its own", "MB"),
        ("resident", "Memory in all", "MB"),
        ("build", "Import and build", "ms"),
    ):
        aims = {"page": 1.15, "used": 1.15} if key == "unique" else {}
        numbers = {page: [one[key] for one in own] for page, own in measured.items()}
        told += figures.compare(key, group, unit, NAMES, numbers, base="bare", aims=aims)
    return told


if __name__ == "__main__":
    figures.show(measure())
