"""Every template and fragment that is named exists, and every one that exists is named somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from django.template.loader import get_template

from tests.guards.sources import TEMPLATES, named, python_files, template_files, tree

NAME = re.compile(r"^[\w/{}*-]+\.(html|txt)(#[\w-]+)?$")
IN_TEMPLATES = re.compile(r"[\"'\s,]([\w/-]+\.(?:html|txt)(?:#[\w-]+)?)\b")
# Asked for by Django and allauth under these names.
BY_CONVENTION = re.compile(r"^(\d{3}|403_csrf)\.html$|^account/")


def _in_code() -> Iterator[tuple[str, str]]:
    """What Python names, with a star where a name is put together."""
    for path in python_files():
        if "management" in path.parts:
            continue
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                name = node.value
            elif isinstance(node, ast.JoinedStr):
                name = "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
            else:
                continue
            if NAME.match(name):
                yield named(path), name


def _in_templates() -> Iterator[tuple[str, str]]:
    for path in template_files():
        tags = " ".join(re.findall(r"{%.*?%}", path.read_text(), re.DOTALL))
        for name in IN_TEMPLATES.findall(tags):
            yield named(path), name


def test_every_named_template_and_fragment_exists() -> None:
    missing = []
    for where, name in (*_in_code(), *_in_templates()):
        if "*" in name:
            continue
        try:
            get_template(name)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it is what is reported
            missing.append((where, name, type(error).__name__))
    assert missing == []


def test_every_template_is_named_somewhere() -> None:
    known = {name.split("#")[0] for _, name in (*_in_code(), *_in_templates())}
    put_together = [re.compile(re.escape(name).replace(r"\*", ".*") + "$") for name in known if "*" in name]
    unused = [
        name
        for name in (str(path.relative_to(TEMPLATES)) for path in template_files())
        if name not in known and not BY_CONVENTION.match(name) and not any(one.match(name) for one in put_together)
    ]
    assert unused == []


def test_every_fragment_is_used() -> None:
    asked = {name for _, name in (*_in_code(), *_in_templates())}
    unused = [
        f"{path.relative_to(TEMPLATES)}#{fragment}"
        for path in template_files()
        for fragment, is_inline in re.findall(r"{% partialdef ([\w-]+)( inline)? %}", path.read_text())
        if f"{path.relative_to(TEMPLATES)}#{fragment}" not in asked
        and not re.search(rf"{{% partial {fragment} %}}", path.read_text())
    ]
    assert unused == []
