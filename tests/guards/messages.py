"""Every sentence that wants a translation, found in the sources; and the French catalogue made of them.

`python -m tests.guards.messages update` adds what is new, drops what is gone and compiles; nothing else is needed.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polib

from tests.guards.sources import ROOT, module, named, python_files, template_files, tree

CATALOGUE = ROOT / "cases" / "locale" / "fr" / "LC_MESSAGES" / "django.po"
HEADER = {
    "Project-Id-Version": "casedesk",
    "Language": "fr",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n > 1);",
}
# How each function takes its words: the places of context, singular and plural among its arguments.
FUNCTIONS: dict[str, tuple[int | None, int, int | None]] = {
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
PLACES = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}")


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence to translate, and the file it stands in."""

    text: str
    plural: str = ""
    context: str | None = None
    path: str = ""

    @property
    def key(self) -> tuple[str | None, str]:
        """What a catalogue finds it by."""
        return self.context, self.text


def everything() -> list[Message]:
    """Every message of modules, templates and refusals, each once."""
    found: dict[tuple[str | None, str], Message] = {}
    for message in (*_of_modules(), *_of_templates(), *_of_refusals()):
        known = found.get(message.key)
        if known is None or (message.plural and not known.plural):
            found[message.key] = message
    return sorted(found.values(), key=lambda one: (one.path, one.text, one.context or ""))


def dynamic() -> list[str]:
    """Calls whose words are not written where they stand, so that nobody can find them."""
    return [f"{named(path)}:{call.lineno}" for path, call, words in _calls() if words is None]


# ---------------------------------------------------------------- modules


def _calls() -> Iterator[tuple[Path, ast.Call, Message | None]]:
    for path in python_files():
        names = _names(path)
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                places = names.get(name)
                if places is not None:
                    yield path, node, _message(node, places, named(path))


def _names(path: Path) -> dict[str, tuple[int | None, int, int | None]]:
    names = dict(FUNCTIONS)
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            names |= {alias.asname: FUNCTIONS[alias.name] for alias in node.names if alias.asname}
    return names


def _message(call: ast.Call, places: tuple[int | None, int, int | None], path: str) -> Message | None:
    context, singular, plural = (_word(call.args, place) for place in places)
    if singular is None or (places[2] is not None and plural is None):
        return None
    return Message(singular, plural or "", context if places[0] is not None else None, path)


def _word(arguments: Sequence[ast.expr], place: int | None) -> str | None:
    if place is None or place >= len(arguments):
        return None
    value = arguments[place]
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _of_modules() -> Iterator[Message]:
    return (words for _, _, words in _calls() if words is not None)


def _of_refusals() -> Iterator[Message]:
    from cases import errors

    # A refusal is known once its module is there.
    for path in python_files("cases"):
        if "errors.Refused" in path.read_text() or "errors.Invalid)" in path.read_text():
            module(path)
    waiting: list[type[errors.Refused]] = [errors.Refused]
    while waiting:
        refusal = waiting.pop()
        waiting += refusal.__subclasses__()
        if refusal is not errors.Invalid:
            yield Message(errors.sentence(refusal), path=refusal.__module__.replace(".", "/") + ".py")


# ---------------------------------------------------------------- templates

_WORD = r"\"[^\"]*\"|'[^']*'"
_TRANSLATE = re.compile(rf"^trans(?:late)?\s+({_WORD})(?:\s+(?!context)\S+)*?(?:\s+context\s+({_WORD}))?(?:\s|$)")
_UNDERSCORE = re.compile(rf"_\(({_WORD})\)")
_BLOCK = re.compile(r"^blocktrans(?:late)?\b")
_CONTEXT = re.compile(rf"\bcontext\s+({_WORD})")


def _of_templates() -> Iterator[Message]:
    for path in template_files():
        yield from _of_template(path.read_text(), named(path))


def _of_template(source: str, path: str) -> Iterator[Message]:
    from django.template.base import Lexer, TokenType

    tokens = iter(Lexer(source).tokenize())
    for token in tokens:
        if token.token_type in {TokenType.VAR, TokenType.BLOCK}:
            for found in _UNDERSCORE.findall(token.contents):
                yield Message(found[1:-1].replace("%", "%%"), path=path)
        if token.token_type != TokenType.BLOCK:
            continue
        said = _TRANSLATE.match(token.contents)
        if said:
            yield Message(said[1][1:-1].replace("%", "%%"), context=_bare(said[2]), path=path)
        elif _BLOCK.match(token.contents):
            yield _block(token.contents, tokens, path)


def _bare(quoted: str | None) -> str | None:
    return quoted[1:-1] if quoted else None


def _block(opening: str, tokens: Iterator[object], path: str) -> Message:
    """The words between blocktranslate and its end, as Django asks for them."""
    from django.template.base import Token, TokenType
    from django.utils.translation import trim_whitespace

    parts: list[list[str]] = [[]]
    for token in tokens:
        assert isinstance(token, Token)
        if token.token_type == TokenType.BLOCK and token.contents.startswith("endblocktrans"):
            break
        if token.token_type == TokenType.BLOCK and token.contents.strip() == "plural":
            parts.append([])
        elif token.token_type == TokenType.VAR:
            parts[-1].append(f"%({token.contents.split('|')[0]})s")
        elif token.token_type == TokenType.TEXT:
            parts[-1].append(token.contents.replace("%", "%%"))
    texts = ["".join(part) for part in parts]
    if re.search(r"\btrimmed\b", opening):
        texts = [trim_whitespace(text) for text in texts]
    context = _CONTEXT.search(opening)
    return Message(texts[0], texts[1] if len(texts) > 1 else "", _bare(context[1]) if context else None, path)


# ---------------------------------------------------------------- the catalogue


def catalogue() -> polib.POFile:
    """The French catalogue as it stands."""
    return polib.pofile(str(CATALOGUE), wrapwidth=110) if CATALOGUE.exists() else polib.POFile(wrapwidth=110)


def merged(known: polib.POFile, messages: Sequence[Message]) -> polib.POFile:
    """The catalogue with exactly these messages, what was translated kept."""
    translated = {(entry.msgctxt, entry.msgid): entry for entry in known if not entry.obsolete}
    fresh = polib.POFile(wrapwidth=110)
    fresh.metadata = dict(HEADER)
    for message in messages:
        entry = polib.POEntry(msgid=message.text, msgctxt=message.context, occurrences=[(message.path, "")])
        before = translated.get(message.key)
        if message.plural:
            entry.msgid_plural = message.plural
            entry.msgstr_plural = before.msgstr_plural if before and before.msgid_plural else {0: "", 1: ""}
        elif before and not before.msgid_plural:
            entry.msgstr = before.msgstr
        if re.search(r"%\(\w+\)|%[sd]", message.text):
            entry.flags = ["python-format"]
        fresh.append(entry)
    return fresh


def update() -> list[str]:
    """Write both files; the sentences that have no translation yet."""
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    fresh = merged(catalogue(), everything())
    fresh.save(str(CATALOGUE))
    CATALOGUE.with_suffix(".mo").write_bytes(fresh.to_binary())
    return [entry.msgid for entry in fresh if not entry.translated()]


if __name__ == "__main__":
    import django

    django.setup()
    if sys.argv[1:] != ["update"]:
        sys.exit("usage: DJANGO_SETTINGS_MODULE=casedesk.settings python -m tests.guards.messages update")
    missing = update()
    sys.exit("\n".join(["not translated yet:", *missing]) if missing else 0)
