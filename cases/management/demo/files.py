"""The files of the demo, drawn and written here: photographs that look like one, reports that read like one."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

REPORTS = {
    "packing-line-report.txt": (
        "Packing line 3, Lille\n\n"
        "Checked: 240 boxes, packed over two days.\n"
        "Found: 9 without the inner cushion, all from the late shift.\n"
        "Cause: the cushion dispenser was empty for 40 minutes and the line went on.\n"
        "Mended: the line stops when the dispenser is empty.\n"
    ),
    "analyse-lot-4471.txt": (
        "Laboratoire, analyse du lot 4471\n\n"
        "Flacon rapporté par la cliente et deux flacons témoins.\n"
        "Conservateur : 0,9 % (prévu 0,4 à 0,5 %).\n"
        "Conclusion : erreur de dosage, lot retiré de la vente.\n"
    ),
    "mast-survey.txt": (
        "Mast KM-0417\n\n"
        "Antenna of sector B turned 11 degrees by the storm.\n"
        "Realigned, signal at the customer's door: two bars before, four after.\n"
    ),
}


def content(name: str) -> bytes:
    """The bytes of a file by its name."""
    return REPORTS[name].encode() if name in REPORTS else _photograph(name)


def _photograph(name: str) -> bytes:
    """A box on a floor with a tear across it, in colours that depend on the name."""
    shade = sum(name.encode()) % 60
    picture = Image.new("RGB", (480, 320), (196 - shade, 190 - shade, 180))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 220, 480, 320), fill=(140 - shade // 2, 120, 100))
    draw.polygon([(110, 90), (340, 70), (380, 230), (140, 260)], fill=(186, 140 - shade // 3, 92))
    draw.polygon([(110, 90), (150, 60), (370, 44), (340, 70)], fill=(206, 162, 112))
    draw.line([(170, 120), (200, 150), (190, 175), (240, 190), (250, 225)], fill=(60, 40, 30), width=9)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG" if name.endswith("jpg") else "PNG", quality=80)
    return buffer.getvalue()
