"""Import posts from a CSV, TSV or JSON lines file: exactly once, however often it is run and whatever ends it."""

from __future__ import annotations

import argparse
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from cases import errors
from cases.commands import importing, setup
from cases.management import import_file
from cases.management.import_file import Reading, Rejects, Rows, Source
from cases.models import Brand, Channel, ImportRun
from cases.queries.importing import answered_otherwise, foreseen, missing_categories, who_decides
from cases.rules.import_fields import FIELDS, WrongHeaderError
from cases.rules.import_lines import Line, UnreadableFileError
from cases.rules.import_registers import LANGUAGE, outcome_of
from cases.rules.text import fold
from cases.vocabulary import SYSTEM, Actor, ChannelKind

INTERRUPTED = 130
SAY_EVERY_SECONDS = 5.0


@dataclass
class Tally:
    """What was counted so far; ``seen`` is counted by reading, the others by what became of the rows."""

    seen: int = 0
    undated: int = 0
    read: int = 0
    new: int = 0
    known: int = 0
    rejected: int = 0
    responses: Counter[str] = field(default_factory=Counter)
    otherwise: int = 0
    categories: dict[str, str] = field(default_factory=dict)

    def take(self, run: ImportRun) -> None:
        """The counts of the run, as the database has them."""
        self.read, self.new, self.known, self.rejected = run.read, run.new, run.known, run.rejected

    def __str__(self) -> str:
        return f"{self.read:,} read = {self.new:,} new + {self.known:,} known + {self.rejected:,} rejected"


@dataclass
class Import:
    """One import under way."""

    source: Source
    channel: Channel
    size: int
    rejects: Rejects
    progress: Progress
    actor: Actor = SYSTEM
    tally: Tally = field(default_factory=Tally)
    line: int = 0

    def __post_init__(self) -> None:
        self._task = self.progress.add_task(self.source.path.name, total=self.source.size)
        self._said_at = time.monotonic()
        self._seen: set[str] = set()

    def carry_out(self) -> None:
        """Import every row that is not imported yet, beside whoever else is importing the same file."""
        shape, at = self.source.shape, timezone.now()
        run = importing.start_run(
            channel_id=self.channel.pk,
            file_digest=self.source.digest,
            file_name=self.source.path.name,
            offset=shape.start,
            line=shape.first_number,
            at=at,
            actor=self.actor,
        )
        offset, line, is_done = shape.start, shape.first_number, False
        while not is_done:
            self._look_back(offset, line, until=run.offset)
            if run.finished_at:
                self._say(run)
                return
            for rows in import_file.parts(self.source, offset=run.offset, line=run.line, size=self.size, at=at):
                offset, line = rows.offset, run.line
                self._make_categories(rows)
                step = importing.import_batch(run_id=run.pk, part=rows.part(), at=timezone.now(), actor=self.actor)
                run = step.run
                if step.outcomes is None:
                    # Another process imported this part; go on where it is.
                    break
                refused = [
                    (where, outcome.reason)
                    for (where, _), outcome in zip(rows.arrivals, step.outcomes, strict=True)
                    if outcome.post is None
                ]
                self._count(rows, [*rows.rejected, *refused])
                self._say(run)
                is_done = rows.is_last

    def foresee(self) -> None:
        """Count what would happen, without writing anything."""
        shape, at = self.source.shape, timezone.now()
        ids: set[str] = set()
        for rows in import_file.parts(self.source, offset=shape.start, line=shape.first_number, size=self.size, at=at):
            rejected, unknown = self._foreseen(rows)
            self._count(rows, rejected)
            for label in missing_categories(self.channel.brand_id, rows.labels):
                self.tally.categories.setdefault(fold(label), label)
            # Of rows with one id the first is new.
            new = set(unknown) - ids
            ids |= new
            self.tally.read += rows.read
            self.tally.new += len(new)
            self.tally.rejected += len(rejected)
            self.tally.known += rows.read - len(rejected) - len(new)
            self._tell(rows.end, rows.next_line)

    def _look_back(self, offset: int, line: int, *, until: int) -> None:
        """Read again what an earlier or another process imported: its rejected rows belong into the same file."""
        if offset >= until:
            return
        at = timezone.now()
        for rows in import_file.parts(self.source, offset=offset, line=line, size=self.size, at=at, until=until):
            self._count(rows, self._foreseen(rows)[0])

    def _foreseen(self, rows: Rows) -> tuple[list[tuple[Line, str]], list[str]]:
        """The rows that are or would be rejected, and the ids that are not known yet."""
        arrivals = [arrival for _, arrival in rows.arrivals]
        outcomes = foreseen(self.channel.pk, arrivals, timezone.now())
        told = list(zip(rows.arrivals, outcomes, strict=True))
        refused = [(line, outcome.reason) for (line, _), outcome in told if outcome.reason]
        unknown = [arrival.external_id for (_, arrival), one in told if not one.is_known and not one.reason]
        return [*rows.rejected, *refused], unknown

    def _make_categories(self, rows: Rows) -> None:
        """What a register names and the brand has no category for is set up by whoever runs the server."""
        labels = [label for label in rows.labels if label not in self._seen]
        if labels:
            made = importing.make_categories(channel_id=self.channel.pk, labels=labels, actor=SYSTEM)
            self.tally.categories |= {each.code: each.label[LANGUAGE] for each in made}
            self._seen.update(labels)

    def _count(self, rows: Rows, rejected: list[tuple[Line, str]]) -> None:
        self.tally.seen += rows.read
        self.tally.undated += rows.undated
        if self.source.register:
            arrivals = [arrival for _, arrival in rows.arrivals]
            self.tally.responses.update(arrival.registered.response for arrival in arrivals if arrival.registered)
            self.tally.otherwise += answered_otherwise(self.channel.pk, arrivals) if self.channel.pk else 0
        self.rejects.add(rejected)

    def _say(self, run: ImportRun) -> None:
        self.tally.take(run)
        self._tell(run.offset, run.line)

    def _tell(self, offset: int, line: int) -> None:
        self.line = line
        self.progress.update(self._task, completed=offset)
        now = time.monotonic()
        if not self.progress.console.is_terminal and now - self._said_at >= SAY_EVERY_SECONDS:
            self._said_at = now
            self.progress.console.print(f"before line {line:,}: {self.tally}", highlight=False, soft_wrap=True)


class Command(BaseCommand):
    """Posts out of a file; exit status 1 when the file cannot be imported or the numbers do not add up."""

    help = "Import posts from a CSV, TSV or JSON lines file. Run it again as often as you like: nothing comes twice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to read, where to put it, and how to read it."""
        parser.add_argument("file", type=Path, help="a CSV, TSV or JSON lines file")
        parser.add_argument("--brand", required=True, help="whose posts they are, by the brand's short name")
        parser.add_argument("--channel", required=True, help="the channel they came by, by its short name")
        parser.add_argument(
            "--as",
            dest="person",
            metavar="PERSON",
            help="who imports, by user name or e-mail; takes over the decisions of a complaint register",
        )
        parser.add_argument(
            "--posts-only", action="store_true", help="take a complaint register as plain posts, without its decisions"
        )
        parser.add_argument("--create-channel", action="store_true", help="make the channel when there is none")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=f"which column is what; FIELD is one of {', '.join(FIELDS)}. Several columns that are joined: A|B; "
            "one that stands in where the first is empty: A,B; the same words for every row: lang==fr; none: author=",
        )
        parser.add_argument("--encoding", help="the file's encoding, when it is not found out rightly")
        parser.add_argument("--delimiter", help='what stands between the columns: "," ";" "|" or tab')
        parser.add_argument(
            "--time-format",
            action="append",
            default=[],
            metavar="FORMAT",
            help="how times are written, like %%d/%%m/%%Y %%H:%%M, or day-first, or month-first",
        )
        parser.add_argument("--zone", help="the zone of times that name none, e.g. Europe/Paris (default: the brand's)")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--rejects", type=Path, help="where rejected rows go (default FILE.rejected.csv)")
        parser.add_argument("--batch", type=_batch, default=500, help="rows in a transaction (default %(default)s)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import or foresee, and say how it went."""
        began = time.monotonic()
        try:
            import_ = self._prepare(options)
        except (UnreadableFileError, WrongHeaderError, errors.Refused) as error:
            raise CommandError(_said(error)) from error
        except ProgrammingError as error:
            raise CommandError("The database is not prepared; run `manage.py migrate` first.") from error
        is_dry = bool(options["dry_run"])
        try:
            with import_.progress:
                if is_dry:
                    import_.foresee()
                else:
                    import_.carry_out()
            if not is_dry:
                import_.rejects.save()
        except KeyboardInterrupt:
            self.stdout.write(f"Stopped before line {import_.line:,}: {import_.tally}.{_again(is_dry)}")
            sys.exit(INTERRUPTED)
        except errors.Refused as error:
            raise CommandError(error.message) from error
        except (OperationalError, InterfaceError) as error:
            raise CommandError(f"The database went away before line {import_.line:,}.{_again(is_dry)}") from error
        except OSError as error:
            raise CommandError(f"{error.filename or import_.source.path}: {error.strerror}.{_again(is_dry)}") from error
        finally:
            import_.rejects.close()
        self._sum_up(import_, time.monotonic() - began, is_dry=is_dry)

    def _prepare(self, options: dict[str, Any]) -> Import:
        brand = Brand.objects.filter(slug=options["brand"]).first()
        if brand is None:
            known = ", ".join(Brand.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"There is no brand “{options['brand']}”. There are: {known}.")
        reading = Reading(
            maps=tuple(options["map"]),
            encoding=options["encoding"],
            delimiter=_delimiter(options["delimiter"]),
            time_formats=tuple(options["time_format"]),
            zone=options["zone"],
            posts_only=options["posts_only"],
        )
        source = import_file.open_source(options["file"], reading, zone=brand.zone)
        target = options["rejects"] or source.path.with_name(f"{source.path.name}.rejected.csv")
        if not options["dry_run"] and not import_file.is_writable(target):
            raise CommandError(f"{target} cannot be written; name a place for rejected rows with --rejects.")
        actor = _actor(brand, source, options)
        channel = self._channel(brand, options)
        console = Console(stderr=True)
        return Import(
            source=source,
            channel=channel,
            size=options["batch"],
            actor=actor,
            rejects=Rejects(target, source.shape.encoding),
            progress=Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                TimeRemainingColumn(),
                console=console,
                disable=not console.is_terminal,
            ),
        )

    def _channel(self, brand: Brand, options: dict[str, Any]) -> Channel:
        slug = options["channel"]
        channel = brand.channels.filter(slug=slug).first()
        if channel is None and options["create_channel"] and options["dry_run"]:
            return Channel(brand=brand, slug=slug)
        if channel is None and options["create_channel"]:
            return setup.create_channel(
                brand_id=brand.pk,
                name=slug,
                slug=slug,
                kind=ChannelKind.IMPORT,
                platform=slug,
                is_complaints_only=False,
                default_category_id=None,
                default_team_id=None,
                actor=SYSTEM,
            )
        if channel is None:
            known = ", ".join(brand.channels.order_by("slug").values_list("slug", flat=True)) or "none yet"
            raise CommandError(
                f"{brand.name} has no channel “{slug}”. It has: {known}. With --create-channel it is made."
            )
        return channel

    def _sum_up(self, import_: Import, seconds: float, *, is_dry: bool) -> None:
        tally = import_.tally
        self.stdout.write(f"{'Would be: ' if is_dry else ''}{tally}")
        self.stdout.write(f"{tally.seen / max(seconds, 0.001):,.0f} rows a second, in {seconds:,.1f} s.")
        self.stdout.write(_how(import_.source))
        if import_.source.register:
            self._sum_up_register(import_, is_dry=is_dry)
        if tally.undated:
            self.stdout.write(f"{tally.undated:,} give no time: their posts carry the time of the import, to the day.")
        if tally.rejected:
            where = "" if is_dry else f", with line and reason, in {import_.rejects.path}"
            self.stdout.write(f"{tally.rejected:,} rejected{where}.")
        if tally.read != tally.new + tally.known + tally.rejected or tally.read != tally.seen:
            raise CommandError(f"This does not add up ({tally.seen:,} rows seen in the file); please report it.")

    def _sum_up_register(self, import_: Import, *, is_dry: bool) -> None:
        tally = import_.tally
        found = (f"{response or '(none)'} {count:,} ({_meant(response)})" for response, count in _by_count(tally))
        self.stdout.write(f"The company’s responses: {' · '.join(found) or 'none'}.")
        if tally.otherwise:
            self.stdout.write(f"{tally.otherwise:,} came before with another response; what they came with stands.")
        if tally.categories:
            verb = "Would make" if is_dry else "Made"
            what = "1 category" if len(tally.categories) == 1 else f"{len(tally.categories)} categories"
            self.stdout.write(f"{verb} {what}: {' · '.join(tally.categories.values())}.")


def _by_count(tally: Tally) -> list[tuple[str, int]]:
    return sorted(tally.responses.items(), key=lambda pair: (-pair[1], pair[0]))


def _meant(response: str) -> str:
    outcome = outcome_of(response)
    if outcome:
        return outcome.value.replace("_", " ")
    return "no decision"


def _actor(brand: Brand, source: Source, options: dict[str, Any]) -> Actor:
    """Who imports: casedesk itself, unless a person is named; a register's decisions need one."""
    named, able = options["person"], who_decides(brand.pk)
    person = next((each for each in able if named in {each.username, each.email}), None)
    names = ", ".join(each.username for each in able) or "nobody yet"
    if named and person is None:
        raise CommandError(f"“{named}” is no agent or manager of {brand.name}. There are: {names}.")
    if source.register and person is None and not options["dry_run"]:
        raise CommandError(
            f"This is a complaint register ({source.register.name}): its responses become decisions, and a decision is "
            f"somebody’s. Say whose with --as PERSON ({names}), or take the words alone with --posts-only."
        )
    return Actor.person(person.pk) if person else SYSTEM


def _how(source: Source) -> str:
    """How the file was read, so that a wrong guess is seen."""
    shape, plan = source.shape, source.plan
    found = {
        name: ", else ".join("|".join(source.columns) or f"“{source.literal}”" for source in sources)
        for name, sources in plan.sources.items()
        if sources
    }
    columns = " · ".join(f"{name}: {where}" for name, where in found.items())
    order = f", {plan.order}" if plan.order else ""
    register = f" from the complaint register of the {source.register.name}" if source.register else ""
    form = f"{shape.format.upper()}{register}"
    return f"Read as {form}, {shape.encoding}{order}, times without a zone as {plan.zone}. {columns}."


def _said(error: Exception) -> str:
    return error.message if isinstance(error, errors.Refused) else str(error)


def _again(is_dry: bool) -> str:
    return "" if is_dry else " Run the same command again and it goes on there."


def _batch(written: str) -> int:
    if not written.isdecimal() or not 1 <= int(written) <= 5_000:
        raise argparse.ArgumentTypeError("a batch has 1 to 5000 rows")
    return int(written)


def _delimiter(written: str | None) -> str | None:
    if written is None:
        return None
    found = {"tab": "\t", "\\t": "\t", "semicolon": ";", "comma": ","}.get(written.lower(), written)
    if len(found) != 1 or found in '"\r\n':
        raise CommandError(f"“{written}” is not one character that can stand between columns.")
    return found
