"""Says by its first bytes what an uploaded file is, whether it may be kept, and under which harmless name."""

from __future__ import annotations

import codecs
import math
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from cases.rules import text

# How much of a file `judge` wants to see, when there is that much.
HEAD_BYTES = 8 * 1024
MAX_NAME = 120


class Refusal(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    PROGRAM = "program"
    MARKUP = "markup"
    ARCHIVE = "archive"
    MISMATCH = "mismatch"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class FileType:
    """A type of file that may be kept: its media type, what people call it, and the endings it may have."""

    media_type: str
    title: str
    extensions: tuple[str, ...]

    @property
    def is_image(self) -> bool:
        """Whether it may be previewed, once its pixels were checked."""
        return self.media_type.startswith("image/")


@dataclass(frozen=True)
class Verdict:
    """Whether a file may be kept, as what and under which name; else the reason, as a code and in a sentence."""

    name: str
    size: int
    type: FileType | None = None
    refusal: Refusal | None = None
    found: str = ""
    message: str = ""

    @property
    def is_allowed(self) -> bool:
        """Whether the file may be kept."""
        return self.refusal is None


PNG = FileType("image/png", "a PNG image", ("png",))
JPEG = FileType("image/jpeg", "a JPEG image", ("jpg", "jpeg", "jpe", "jfif"))
GIF = FileType("image/gif", "a GIF image", ("gif",))
WEBP = FileType("image/webp", "a WebP image", ("webp",))
HEIC = FileType("image/heic", "a HEIC image", ("heic", "heif"))
PDF = FileType("application/pdf", "a PDF", ("pdf",))
TEXT = FileType("text/plain", "plain text", ("txt", "text", "log", "md"))
TABLE = FileType("text/csv", "a table", ("csv", "tsv"))
MAIL = FileType("message/rfc822", "a mail", ("eml",))
DOCX = FileType("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a Word document", ("docx",))
XLSX = FileType("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "an Excel workbook", ("xlsx",))
ODT = FileType("application/vnd.oasis.opendocument.text", "an OpenDocument text", ("odt",))
MP4 = FileType("video/mp4", "an MP4 video", ("mp4", "m4v"))
MOV = FileType("video/quicktime", "a QuickTime video", ("mov", "qt"))
M4A = FileType("audio/mp4", "an M4A sound", ("m4a", "m4b"))
MP3 = FileType("audio/mpeg", "an MP3 sound", ("mp3",))
OGG = FileType("audio/ogg", "an Ogg sound", ("ogg", "oga", "opus"))
ALLOWED = (PNG, JPEG, GIF, WEBP, HEIC, PDF, TEXT, TABLE, MAIL, DOCX, XLSX, ODT, MP4, MOV, M4A, MP3, OGG)
EXTENSIONS = tuple(extension for each in ALLOWED for extension in each.extensions)

_MAGIC: tuple[tuple[bytes, FileType], ...] = (
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"%PDF-", PDF),
    (b"ID3", MP3),
    (b"OggS", OGG),
)
_REFUSED: tuple[tuple[bytes, Refusal, str], ...] = (
    (b"MZ", Refusal.PROGRAM, "a Windows program"),
    (b"\x7fELF", Refusal.PROGRAM, "a Linux program"),
    (b"\xfe\xed\xfa\xce", Refusal.PROGRAM, "a macOS program"),
    (b"\xfe\xed\xfa\xcf", Refusal.PROGRAM, "a macOS program"),
    (b"\xce\xfa\xed\xfe", Refusal.PROGRAM, "a macOS program"),
    (b"\xcf\xfa\xed\xfe", Refusal.PROGRAM, "a macOS program"),
    (b"\xca\xfe\xba\xbe", Refusal.PROGRAM, "a macOS or Java program"),
    (b"\x00asm", Refusal.PROGRAM, "a WebAssembly program"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", Refusal.PROGRAM, "a Windows shortcut"),
    (b"#!", Refusal.PROGRAM, "a script"),
    (b"%!PS", Refusal.PROGRAM, "a PostScript program"),
    (b"PK\x05\x06", Refusal.ARCHIVE, "an empty ZIP archive"),
    (b"Rar!\x1a\x07", Refusal.ARCHIVE, "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", Refusal.ARCHIVE, "a 7-Zip archive"),
    (b"\x1f\x8b", Refusal.ARCHIVE, "a gzip archive"),
    (b"BZh", Refusal.ARCHIVE, "a bzip2 archive"),
    (b"\xfd7zXZ\x00", Refusal.ARCHIVE, "an xz archive"),
    (b"\x28\xb5\x2f\xfd", Refusal.ARCHIVE, "a Zstandard archive"),
    (b"MSCF", Refusal.ARCHIVE, "a Windows cabinet"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refusal.UNKNOWN, "an old Office document or an installer"),
    (b"{\\rtf", Refusal.UNKNOWN, "a rich text document"),
)
_BRANDS: dict[bytes, FileType] = {
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), HEIC),
    **dict.fromkeys((b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash"), MP4),
    **dict.fromkeys((b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"mmp4", b"3gp4", b"3gp5"), MP4),
    b"qt  ": MOV,
    **dict.fromkeys((b"M4A ", b"M4B "), M4A),
}
_SCRIPTS = frozenset(
    (
        *("bat", "cmd", "com", "exe", "hta", "jar", "js", "jse", "lnk", "mjs", "msi", "pif", "pl", "ps1", "py", "rb"),
        *("reg", "scr", "sh", "url", "vbe", "vbs", "wsf", "php", "phtml", "app", "apk", "dmg", "deb", "rpm"),
    )
)
# Atomic, so that a long row of comments costs one pass.
_MARKUP = re.compile(
    r"(?>(?:\s++|<!--(?:(?!-->).)*+-->|<\?(?:(?!\?>).)*+\?>)*+)<(?:!doctype|!entity|[a-z][\w:-]*+[\s/>])",
    re.DOTALL | re.IGNORECASE,
)
_MAIL_HEADER = re.compile(
    r"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?(?:from|received|return-path|delivered-to|message-id):", re.IGNORECASE
)
_TEXT_TYPES = (TEXT, TABLE, MAIL)
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def judge(name: str, head: bytes, size: int, limit: int) -> Verdict:
    """Whether a file of `size` bytes that begins with `head` (`HEAD_BYTES` of it) may be kept."""
    safe = safe_name(name)
    if size == 0 or not head:
        return Verdict(safe, size, refusal=Refusal.EMPTY, message=f"“{safe}” is empty.")
    if size > limit:
        return _refuse(safe, size, Refusal.TOO_LARGE, _megabytes(size), f"; at most {_megabytes(limit)} can be taken")
    extension = _extension(safe)
    found, refusal, title = _identify(head, extension)
    if found is None:
        return _refuse(safe, size, refusal, title, _contrast(extension) if extension in EXTENSIONS else "")
    if found in _TEXT_TYPES:
        return _text_verdict(safe, size, found, extension)
    if extension in found.extensions:
        return Verdict(safe, size, type=found)
    if not extension or (found.is_image and any(each.is_image for each in ALLOWED if extension in each.extensions)):
        # Phones and browsers often misname one image type as another; the true ending is put right instead.
        return Verdict(_renamed(safe, found.extensions[0]), size, type=found)
    return _refuse(safe, size, Refusal.MISMATCH, found.title, _contrast(extension))


def safe_name(name: str) -> str:
    """A file name without path, control and direction characters, at most 120 long, its ending kept; never empty."""
    plain = text.clean(name).replace(text.REPLACEMENT, "").replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(c for c in unicodedata.normalize("NFC", plain) if unicodedata.category(c)[0] != "C" or c in "\n\t")
    plain = " ".join(re.sub(r"[<>:\"|?*]", "_", plain).split()).strip(". ")
    if not plain:
        return "file"
    if _RESERVED.match(plain):
        plain = f"_{plain}"
    extension = _extension(plain)
    if len(plain) > MAX_NAME and extension:
        return plain[: MAX_NAME - len(extension) - 1].rstrip(". ") + "." + plain[-len(extension) :]
    return plain[:MAX_NAME].rstrip(". ")


def _identify(head: bytes, extension: str) -> tuple[FileType | None, Refusal, str]:
    for magic, refusal, title in _REFUSED:
        if head.startswith(magic) and not (magic in {b"MZ", b"BZh"} and _reads_as_text(head)):
            return None, refusal, title
    for magic, known in _MAGIC:
        if head.startswith(magic):
            return known, Refusal.UNKNOWN, known.title
    if head[:4] == b"RIFF":
        return (WEBP if head[8:12] == b"WEBP" else None), Refusal.UNKNOWN, "a RIFF sound or video"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12]), Refusal.UNKNOWN, "a video or image of a type that is not taken"
    if head[4:8] in {b"moov", b"mdat", b"wide", b"free"}:
        return MOV, Refusal.UNKNOWN, MOV.title
    if head[0] == 0xFF and len(head) > 3 and head[1] & 0xE6 == 0xE2 and head[2] & 0xF0 != 0xF0:
        return MP3, Refusal.UNKNOWN, MP3.title
    if head.startswith(b"PK\x03\x04"):
        return _zipped(head, extension)
    if head[257:262] == b"ustar":
        return None, Refusal.ARCHIVE, "a tar archive"
    return _written(head)


def _zipped(head: bytes, extension: str) -> tuple[FileType | None, Refusal, str]:
    """Office documents are ZIP archives that begin in their own way; any other ZIP is an archive."""
    length = int.from_bytes(head[26:28], "little")
    first = head[30 : 30 + length]
    if first == b"mimetype":
        is_text = head[38:].startswith(ODT.media_type.encode() + b"PK")
        return (ODT if is_text else None), Refusal.UNKNOWN, "an OpenDocument or e-book of a type that is not taken"
    if first == b"[Content_Types].xml" or first.startswith((b"_rels/", b"docProps/", b"word/", b"xl/")):
        if b"vbaProject" in head:
            return None, Refusal.PROGRAM, "an Office document with macros"
        # A preview picture may push the telling name out of the head; then the ending has to do.
        if b"word/" in head or (extension == "docx" and b"xl/" not in head):
            return DOCX, Refusal.UNKNOWN, DOCX.title
        if b"xl/" in head or extension == "xlsx":
            return XLSX, Refusal.UNKNOWN, XLSX.title
    return None, Refusal.ARCHIVE, "a ZIP archive"


def _reads_as_text(head: bytes) -> bool:
    return not re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", head)


def _written(head: bytes) -> tuple[FileType | None, Refusal, str]:
    is_wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if not is_wide and not _reads_as_text(head):
        return None, Refusal.UNKNOWN, "of a type that is not taken"
    words = text.project(head)
    if words.startswith("#!"):
        return None, Refusal.PROGRAM, "a script"
    if _MARKUP.match(words) or re.match(r"\s*<\?(?:xml|php)", words, re.IGNORECASE):
        return None, Refusal.MARKUP, _markup_title(words)
    if _MAIL_HEADER.match(words):
        return MAIL, Refusal.UNKNOWN, MAIL.title
    return TEXT, Refusal.UNKNOWN, TEXT.title


def _markup_title(words: str) -> str:
    beginning = words[:2000].lower()
    if "<svg" in beginning or "doctype svg" in beginning:
        return "an SVG drawing, which can hold a script"
    if "<?php" in beginning:
        return "a PHP script"
    return "a web page" if "<html" in beginning or "doctype html" in beginning else "HTML or XML"


def _text_verdict(name: str, size: int, found: FileType, extension: str) -> Verdict:
    """What reads as text is named by its ending, as long as that stands for text."""
    for each in _TEXT_TYPES:
        if extension in each.extensions and (each is not MAIL or found is MAIL):
            return Verdict(name, size, type=each)
    if not extension:
        return Verdict(_renamed(name, found.extensions[0]), size, type=found)
    if extension in _SCRIPTS:
        return _refuse(name, size, Refusal.PROGRAM, f"a program or script (.{extension})", "")
    if extension in {"htm", "html", "xhtml", "svg", "xml", "xsl"}:
        return _refuse(name, size, Refusal.MARKUP, f"HTML or XML (.{extension})", "")
    return _refuse(name, size, Refusal.MISMATCH, "plain text", _contrast(extension))


def _extension(name: str) -> str:
    """What follows the last dot when it looks like an ending, in lower case."""
    match = re.search(r"[^.]\.([A-Za-z0-9]{1,10})$", name)
    return match[1].lower() if match else ""


def _renamed(name: str, extension: str) -> str:
    known = _extension(name)
    stem = name[: -len(known) - 1] if known else name
    return f"{stem[: MAX_NAME - len(extension) - 1].rstrip('. ')}.{extension}"


def _refuse(name: str, size: int, refusal: Refusal, found: str, rest: str) -> Verdict:
    verb = "has" if refusal is Refusal.TOO_LARGE else "is"
    return Verdict(name, size, refusal=refusal, found=found, message=f"“{name}” {verb} {found}{rest}.")


def _contrast(extension: str) -> str:
    promised = next((each for each in ALLOWED if extension in each.extensions), None)
    if promised:
        return f", not {promised.title}"
    return f", but its name ends in .{extension}" if extension else ""


def _megabytes(size: int) -> str:
    """A size for people; rounded up, so that what is one byte too large does not read as just right."""
    if size < 100 * 1024:
        return f"{size:,} bytes"
    return f"{math.ceil(size / 1024 / 1024 * 10) / 10:g} MB"
