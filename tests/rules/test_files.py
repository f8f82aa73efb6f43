"""A file is what its bytes say, not what its name says."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules import files
from cases.rules.files import Refusal, Verdict, judge, safe_name

LIMIT = 20 * 1024 * 1024


def zipped(first: str, *others: str) -> bytes:
    entries = b""
    for name in (first, *others):
        entries += b"PK\x03\x04" + bytes(22) + len(name).to_bytes(2, "little") + bytes(2) + name.encode() + b"..."
    return entries


def ftyp(brand: bytes) -> bytes:
    return b"\x00\x00\x00\x18ftyp" + brand + b"\x00\x00\x00\x00"


def verdict(name: str, head: bytes) -> Verdict:
    return judge(name, head, len(head), LIMIT)


class TestJudge:
    @pytest.mark.parametrize(
        ("name", "head", "expected"),
        [
            ("a.png", b"\x89PNG\r\n\x1a\n\x00", files.PNG),
            ("a.JPEG", b"\xff\xd8\xff\xe0\x00\x10JFIF", files.JPEG),
            ("a.gif", b"GIF89a\x01\x00", files.GIF),
            ("a.webp", b"RIFF\x10\x00\x00\x00WEBPVP8 ", files.WEBP),
            ("a.heic", ftyp(b"heic"), files.HEIC),
            ("a.pdf", b"%PDF-1.7\n", files.PDF),
            ("a.txt", "Réclamation\r\n".encode(), files.TEXT),
            ("a.txt", "Réclamation".encode("cp1252"), files.TEXT),
            ("a.txt", "Réclamation".encode("utf-16"), files.TEXT),
            ("a.txt", b"MZ is what he signs with", files.TEXT),
            ("a.csv", b"id;text\n1;<b>bold</b>\n", files.TABLE),
            ("a.eml", b"Date: Fri, 1 Mar 2024\r\nFrom: ines@example.org\r\n\r\nHello", files.MAIL),
            ("a.docx", zipped("[Content_Types].xml", "word/document.xml"), files.DOCX),
            ("a.docx", zipped("[Content_Types].xml", "docProps/thumbnail.jpeg"), files.DOCX),
            ("a.xlsx", zipped("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"), files.XLSX),
            (
                "a.odt",
                b"PK\x03\x04" + bytes(22) + b"\x08\x00\x00\x00mimetype" + files.ODT.media_type.encode() + b"PK",
                files.ODT,
            ),
            ("a.mp4", ftyp(b"isom"), files.MP4),
            ("a.mov", ftyp(b"qt  "), files.MOV),
            ("a.m4a", ftyp(b"M4A "), files.M4A),
            ("a.mp3", b"ID3\x04\x00", files.MP3),
            ("a.mp3", b"\xff\xfb\x90\x64", files.MP3),
            ("a.ogg", b"OggS\x00", files.OGG),
        ],
    )
    def test_takes(self, name: str, head: bytes, expected: files.FileType) -> None:
        found = verdict(name, head)
        assert (found.type, found.refusal, found.name) == (expected, None, name)
        assert found.is_allowed

    @pytest.mark.parametrize(
        ("name", "head", "refusal", "message"),
        [
            ("photo.png", b"MZ\x90\x00\x03", Refusal.PROGRAM, "“photo.png” is a Windows program, not a PNG image."),
            ("run", b"\x7fELF\x02", Refusal.PROGRAM, "“run” is a Linux program."),
            ("a.pdf", b"\xcf\xfa\xed\xfe", Refusal.PROGRAM, "“a.pdf” is a macOS program, not a PDF."),
            ("a.txt", b"#!/bin/sh\nrm -rf ~", Refusal.PROGRAM, "“a.txt” is a script, not plain text."),
            ("a.txt", b"\xef\xbb\xbf#!/bin/sh\n", Refusal.PROGRAM, "“a.txt” is a script, not plain text."),
            ("a.bat", b"echo hello", Refusal.PROGRAM, "“a.bat” is a program or script (.bat)."),
            ("a.docx", zipped("[Content_Types].xml", "word/vbaProject.bin"), Refusal.PROGRAM, "with macros"),
            ("a.svg", b"<svg onload='alert(1)'>", Refusal.MARKUP, "an SVG drawing, which can hold a script."),
            ("a.png", b"<?xml version='1.0'?><!-- x --><svg>", Refusal.MARKUP, "not a PNG image"),
            ("a.txt", b"  \n<!DOCTYPE html><p>", Refusal.MARKUP, "“a.txt” is a web page, not plain text."),
            ("a.txt", "<html >".encode("utf-16"), Refusal.MARKUP, "a web page"),
            ("a.html", b"just words", Refusal.MARKUP, "HTML or XML (.html)"),
            ("a.zip", zipped("hello.txt"), Refusal.ARCHIVE, "“a.zip” is a ZIP archive."),
            ("a.docx", zipped("hello.txt"), Refusal.ARCHIVE, "“a.docx” is a ZIP archive, not a Word document."),
            ("a.tgz", b"\x1f\x8b\x08", Refusal.ARCHIVE, "a gzip archive"),
            ("a.tar", bytes(257) + b"ustar\x00", Refusal.ARCHIVE, "a tar archive"),
            ("a.pdf", b"\x89PNG\r\n\x1a\n\x00", Refusal.MISMATCH, "“a.pdf” is a PNG image, not a PDF."),
            ("a.exe", b"\x89PNG\r\n\x1a\n\x00", Refusal.MISMATCH, "is a PNG image, but its name ends in .exe."),
            ("a.png", b"just words", Refusal.MISMATCH, "“a.png” is plain text, not a PNG image."),
            ("a.eml", b"just words", Refusal.MISMATCH, "“a.eml” is plain text, not a mail."),
            ("a.avif", ftyp(b"avif"), Refusal.UNKNOWN, "of a type that is not taken"),
            ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refusal.UNKNOWN, "an old Office document"),
            ("a.bin", b"\x00\x01\x02", Refusal.UNKNOWN, "of a type that is not taken"),
            ("a.png", b"", Refusal.EMPTY, "“a.png” is empty."),
        ],
    )
    def test_refuses(self, name: str, head: bytes, refusal: Refusal, message: str) -> None:
        found = verdict(name, head)
        assert found.refusal is refusal
        assert message in found.message
        assert not found.is_allowed

    def test_refuses_what_is_too_large_and_says_by_how_much(self) -> None:
        head = b"\x89PNG\r\n\x1a\n\x00"
        assert judge("a.png", head, LIMIT, LIMIT).is_allowed
        found = judge("a.png", head, LIMIT + 1, LIMIT)
        assert (found.refusal, found.message) == (
            Refusal.TOO_LARGE,
            "“a.png” has 20.1 MB; at most 20 MB can be taken.",
        )

    def test_puts_a_missing_or_another_image_ending_right(self) -> None:
        assert verdict("scan", b"%PDF-1.7").name == "scan.pdf"
        assert verdict("photo.png", b"\xff\xd8\xff\xe0").name == "photo.jpg"
        assert verdict("notes", b"just words").name == "notes.txt"

    def test_costs_one_pass_over_many_comments(self) -> None:
        assert verdict("a.txt", b"<!---->" * 1_100 + b"x").is_allowed

    @given(st.text(max_size=40), st.binary(max_size=600))
    def test_always_has_an_answer(self, name: str, head: bytes) -> None:
        found = verdict(name, head)
        assert (found.type is None) == (found.refusal is not None) == bool(found.message)


class TestSafeName:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ines\\facture.pdf", "facture.pdf"),
            ("invoice\u202efdp.exe", "invoicefdp.exe"),
            ("a\x00b\r\nc.png", "ab c.png"),
            ('q"uo<te>.txt', "q_uo_te_.txt"),
            ("  ..hidden. ", "hidden"),
            ("CON.txt", "_CON.txt"),
            ("e\u0301te\u0301.jpg", "été.jpg"),
            ("", "file"),
            ("///", "file"),
            ("\ud800.png", "png"),
        ],
    )
    def test_keeps_the_harmless_part(self, name: str, expected: str) -> None:
        assert safe_name(name) == expected

    def test_shortens_before_the_ending(self) -> None:
        assert safe_name("x" * 300 + ".jpeg") == "x" * 115 + ".jpeg"

    @given(st.text(st.characters(codec=None)))
    def test_is_always_harmless(self, name: str) -> None:
        safe = safe_name(name)
        assert 0 < len(safe) <= files.MAX_NAME
        assert safe.isprintable()
        assert not set(safe) & set('/\\<>:"|?*')
        assert not any(unicodedata.bidirectional(c) in {"RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI"} for c in safe)
        assert safe_name(safe) == safe
