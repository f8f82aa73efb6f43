"""The real files beside this repository, the commands of the help page that import them, and what those must count."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "data"
needs_real_files = pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not beside this repository")
HELP = (ROOT / "templates" / "help" / "import.html").read_text(encoding="utf-8")
EXAMPLES = {
    name: options
    for _, name, *options in map(shlex.split, re.findall(r"manage\.py (import_posts [\w-]+/[^<\n]+)", HELP))
}
COUNTS = {
    "twitter-airline/Tweets.csv": "14,640 read = 14,485 new + 155 known + 0 rejected",
    "cfpb/complaints_2020_sample.csv": "6,623 read = 6,623 new + 0 known + 0 rejected",
    "cfpb/complaints_2014_no_narrative.csv": "8,340 read = 8,339 new + 0 known + 1 rejected",
    "fr-free-tweets/tweets.csv": "3,764 read = 3,764 new + 0 known + 0 rejected",
    "fr-engie-tweets/tweets.csv": "576 read = 576 new + 0 known + 0 rejected",
    "fr-signalconso-exemples/signalements.csv": "319 read = 319 new + 0 known + 0 rejected",
}
# Their import brings decisions too, and takes long: the tests of registers do it, once for all that is held against it.
REGISTERS = [name for name in EXAMPLES if name.startswith("cfpb/")]
