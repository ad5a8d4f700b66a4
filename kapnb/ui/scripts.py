"""Joins the ES modules in ``static`` to the one script that a widget takes, without a build step."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"

_IMPORT: Final = re.compile(r'^import (?:\{ (?P<names>[^}]+) \}|(?P<default>\w+)) from "\./(?P<module>[\w/]+)\.js";$', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_DEFAULT: Final = re.compile(r"^export default (?P<value>.+?);\s*\Z", re.MULTILINE | re.DOTALL)


def join_modules(entry: str, folder: Path = STATIC) -> str:
    """One script of a module and all that it imports. Each is a function of its own, so that names in them never clash."""
    joined: dict[str, str] = {}

    def link(found: re.Match[str]) -> str:
        names = found["names"] or f"default: {found['default']}"
        return f"const {{ {names} }} = {add(found['module'])};"

    def add(module: str) -> str:
        constant = "module_" + module.replace("/", "_")
        if module not in joined:
            text = _IMPORT.sub(link, (folder / f"{module}.js").read_text("utf-8"))
            exports = _EXPORT.findall(text) + [f"default: {found['value']}" for found in _DEFAULT.finditer(text)]
            body = _EXPORT.sub("", _DEFAULT.sub("", text))
            if not exports:  # a library, as npm has it
                body, exports = (
                    f"const module = {{ exports: {{}} }}, exports = module.exports;\n{body}",
                    ["default: module.exports"],
                )
            joined[module] = f"const {constant} = (() => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();\n"
        return constant

    last = add(entry)
    return "".join(joined.values()) + f"export default {last}.default;\n"
