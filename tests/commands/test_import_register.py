"""Complaint registers: their categories, days and responses become categories, days and decisions, once each."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import errors
from cases.commands import importing
from cases.models import Case, Category, Deadline, Decision, Event, ImportRun, Original, Policy, Post, Triage
from cases.queries import people
from cases.queries.reports import engine
from cases.queries.reports.question import Question
from cases.rules.arrival import Arrival, Registered
from cases.rules.periods import Period
from cases.vocabulary import (
    SYSTEM,
    ActorKind,
    Dimension,
    EventKind,
    Goal,
    Outcome,
    Population,
    Precision,
    Start,
    Status,
    Unit,
)
from tests.people import AT, Stage, actor, set_stage
from tests.real_files import COUNTS, EXAMPLES, REAL, REGISTERS, needs_real_files

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tests" / "samples" / "import" / "register.csv"
RELIEF = {"Closed with monetary relief", "Closed with non-monetary relief", "Closed with relief"}
NO_RELIEF = {"Closed with explanation", "Closed without relief", "Closed"}


@pytest.fixture
def stage(db: None) -> Stage:
    return set_stage()


@pytest.fixture
def own_stage(own_database: str) -> Stage:
    """With real commits: one transaction of ten thousand rows would be planned as if its tables were empty."""
    return set_stage()


def run(path: Path, *options: str, rejects: Path, person: str = "manager") -> str:
    """What the command says."""
    said = StringIO()
    who = [f"--as={person}"] if person else []
    where = ["--brand=brindlewick", "--channel=social", f"--rejects={rejects}"]
    call_command("import_posts", str(path), *where, *who, *options, stdout=said)
    return said.getvalue()


def counts(said: str) -> str:
    return said.splitlines()[0]


def case_of(external_id: str) -> Case:
    return Case.objects.select_related("original", "category").get(links__post__external_id=external_id)


def line_of(case: Case, kind: EventKind) -> Event:
    return Event.objects.get(stream="case", stream_id=case.pk, kind=kind)


def day(written: str) -> datetime:
    """The first moment of a day in the brand's zone."""
    return datetime.fromisoformat(written).astimezone(UTC)


def standing(stage: Stage, since: str) -> None:
    """A decision within fifteen days, demanded since then."""
    fifteen = {"goal": Goal.DECISION, "start": Start.RECEIVED, "amount": 15, "unit": Unit.DAY}
    Policy.objects.create(brand=stage.brand, name={"en": "Decide"}, made_at=day(since), **fifteen)


@pytest.fixture
def imported(stage: Stage, tmp_path: Path) -> str:
    return run(SAMPLE, rejects=tmp_path / "no.csv")


class TestSample:
    def test_adds_up_and_rejects_what_has_no_day(self, imported: str, tmp_path: Path) -> None:
        assert counts(imported) == "9 read = 6 new + 0 known + 3 rejected"
        with (tmp_path / "no.csv").open(newline="") as stream:
            told = [(int(row["line"]), row["reason"]) for row in csv.DictReader(stream)]
        assert [line for line, _ in told] == [4, 8, 10]
        assert "does not exist" in told[0][1]
        assert "the date sent to the company" in told[1][1]
        assert told[2][1] == "it has no date received"

    def test_keeps_what_the_register_says_in_its_own_labels(self, imported: str) -> None:
        said = case_of("900001").original
        assert (said.source, said.product, said.sub_product) == ("cfpb", "Garden loan", "Hedge loan")
        assert (said.issue, said.sub_issue) == ("Fees nobody named", "Late fee")
        assert (said.response, said.is_timely, said.disputed) == ("Closed with monetary relief", True, False)
        assert (said.state, said.zip, said.tags) == ("ME", "040XX", "Older American")
        assert (said.consent, said.via, said.sent_on) == ("Consent provided", "Web", date(2023, 3, 5))
        assert case_of("900002").original.disputed is None
        unlike = case_of("900008").original
        assert (unlike.product, unlike.response, unlike.is_timely) == ("garden  LOAN", "Answered by pigeon", None)

    def test_dates_case_and_post_as_the_register_does(self, imported: str, stage: Stage) -> None:
        case, received = case_of("900001"), day("2023-03-02T00:00+01:00")
        post = Post.objects.get(external_id="900001")
        assert (post.posted_at, post.received_at, post.precision) == (received, received, Precision.DAY)
        assert (case.opened_at, case.posted_at) == (received, received)
        opened = line_of(case, EventKind.CASE_OPENED)
        assert (opened.occurred_at, opened.person_id) == (received, stage.manager.pk)
        assert opened.payload["category"] == case.category_id
        arrived = Event.objects.get(stream="post", stream_id=post.pk, kind=EventKind.POST_RECEIVED)
        assert arrived.occurred_at == received
        assert Post.objects.get(external_id="900008").posted_at == day("2023-04-14T00:00+02:00")
        raw_at = post.raw.received_at
        assert raw_at.year >= 2026, "the row itself came when it came"

    def test_decides_on_the_day_it_was_sent(self, imported: str, stage: Stage) -> None:
        case, sent = case_of("900001"), day("2023-03-05T00:00+01:00")
        decision = Decision.objects.get(case=case)
        assert (decision.outcome, decision.at, decision.by_id) == (Outcome.UPHELD, sent, stage.manager.pk)
        assert "“Closed with monetary relief”" in (decision.reason or "")
        assert "2023-03-05" in (decision.reason or "")
        told = line_of(case, EventKind.DECISION_RECORDED)
        assert told.occurred_at == sent
        assert told.payload == {"decision": decision.pk, "outcome": "upheld", "points": 0}
        assert (told.actor_kind, told.person_id) == (ActorKind.PERSON, stage.manager.pk)

    def test_maps_each_response_and_owns_only_what_is_decided(self, imported: str, stage: Stage) -> None:
        found = dict(Decision.objects.values_list("case__links__post__external_id", "outcome"))
        assert found == {"900001": "upheld", "900002": "rejected", "900004": "upheld"}
        for external_id, is_decided in (("900001", True), ("900005", False), ("900006", False), ("900008", False)):
            case = case_of(external_id)
            assert case.status == (Status.OPEN if is_decided else Status.NEW)
            assert case.owner_id == (stage.manager.pk if is_decided else None)
            assert (case.unanswered_since is None) == is_decided
        given = line_of(case_of("900001"), EventKind.CASE_ASSIGNED)
        assert given.payload == {"owner": stage.manager.pk, "before": None}

    def test_a_response_is_no_handling(self, imported: str) -> None:
        assert not Case.objects.filter(handled_at__isnull=False).exists()
        assert not Event.objects.filter(kind__in=["case_handled", "answer_sent", "reply_posted"]).exists()

    def test_nothing_is_decided_before_it_came(self, imported: str) -> None:
        case = case_of("900004")
        assert case.original.sent_on == date(2023, 4, 9)
        assert Decision.objects.get(case=case).at == case.opened_at

    def test_without_a_narrative_the_words_are_the_rows(self, imported: str) -> None:
        assert Post.objects.get(external_id="900002").text == "Garden loan · Fees nobody named"
        assert (
            Post.objects.get(external_id="900004").text
            == "Seeds, bulbs or other things to plant · Never came · Came to a neighbour"
        )
        assert (Post.objects.get(external_id="900001").text or "").startswith("They charged me twice")

    def test_triage_knows_them(self, imported: str) -> None:
        assert Triage.objects.filter(kind="complaint", category__isnull=False).count() == 6


class TestAround:
    """What the rest of the application makes of them."""

    def test_the_journal_holds(self, imported: str) -> None:
        call_command("verify_journal", stdout=StringIO())

    def test_a_decision_meets_its_deadline_and_silence_misses_it(self, stage: Stage, tmp_path: Path) -> None:
        standing(stage, "2020-01-01T00:00+01:00")
        run(SAMPLE, rejects=tmp_path / "no.csv")
        met = Deadline.objects.get(case=case_of("900001"))
        assert (met.met_at, met.missed_at) == (day("2023-03-05T00:00+01:00"), None)
        assert Deadline.objects.get(case=case_of("900005")).missed_at is not None

    def test_a_policy_made_later_holds_nobody_to_it(self, stage: Stage, tmp_path: Path) -> None:
        standing(stage, "2024-01-01T00:00+01:00")
        run(SAMPLE, rejects=tmp_path / "no.csv")
        assert not Deadline.objects.exists()

    def test_a_case_of_it_opens_as_any_other(self, imported: str, stage: Stage, client: Client) -> None:
        client.force_login(stage.manager)
        for external_id in ("900001", "900005"):
            page = client.get(f"/cases/{case_of(external_id).reference}/")
            assert page.status_code == 200


class TestCategories:
    def test_missing_ones_are_made_and_told(self, imported: str, stage: Stage) -> None:
        assert "Made 2 categories: Garden loan · Seeds, bulbs or other things to plant." in imported
        made = Category.objects.get(code="garden-loan")
        assert made.label == {"en": "Garden loan"}
        assert Category.objects.filter(code="seeds-bulbs-or-other-things-to-plant").exists()
        told = Event.objects.filter(stream="brand", stream_id=stage.brand.pk, kind=EventKind.CATEGORY_CHANGED)
        assert {"category": made.pk, "fields": ["created"]} in [event.payload for event in told]
        assert case_of("900008").category == made, "the same words are the same category"

    def test_those_there_are_used_by_any_name_they_had(self, stage: Stage, tmp_path: Path) -> None:
        there = Category.objects.create(
            brand=stage.brand,
            code="loans",
            label={"en": "Loans"},
            is_active=False,
            former=[{"label": {"en": "Garden Loan"}, "until": "2024-01-01T00:00:00+00:00"}],
        )
        run(SAMPLE, rejects=tmp_path / "no.csv")
        assert case_of("900001").category == there
        assert not Category.objects.filter(code="garden-loan").exists()

    def test_a_code_that_is_taken_gets_a_number(self, stage: Stage, tmp_path: Path) -> None:
        Category.objects.create(brand=stage.brand, code="seeds-bulbs-or-other-things-to-plant", label={"en": "Bulbs"})
        run(SAMPLE, rejects=tmp_path / "no.csv")
        made = case_of("900004").category
        assert made is not None
        assert made.code == "seeds-bulbs-or-other-things-to-plant-2"
        assert len(made.code) <= 40

    def test_only_who_may_set_up_makes_them(self, stage: Stage) -> None:
        for person in (stage.agent, stage.manager):
            with pytest.raises(errors.NotAllowed):
                importing.make_categories(channel_id=stage.channel.pk, labels=["Kites"], actor=actor(person))
        assert len(importing.make_categories(channel_id=stage.channel.pk, labels=["Kites"], actor=SYSTEM)) == 1
        assert importing.make_categories(channel_id=stage.channel.pk, labels=[" kites", ""], actor=SYSTEM) == []


class TestRuns:
    def test_again_nothing_is_new(self, imported: str, tmp_path: Path) -> None:
        before = [each.objects.count() for each in (Case, Post, Decision, Original, Category)]
        events = Event.objects.exclude(kind=EventKind.IMPORT_RUN).count()
        said = run(SAMPLE, rejects=tmp_path / "no.csv")
        assert counts(said) == "9 read = 0 new + 6 known + 3 rejected"
        assert [each.objects.count() for each in (Case, Post, Decision, Original, Category)] == before
        assert Event.objects.exclude(kind=EventKind.IMPORT_RUN).count() == events
        assert "Made" not in said

    def test_a_dry_run_says_the_same_and_writes_nothing(self, stage: Stage, tmp_path: Path) -> None:
        said = run(SAMPLE, "--dry-run", rejects=tmp_path / "no.csv", person="")
        assert counts(said) == "Would be: 9 read = 6 new + 0 known + 3 rejected"
        assert "Would make 2 categories: Garden loan · Seeds" in said
        assert "Closed with monetary relief 1 (upheld)" in said
        assert "Answered by pigeon 1 (no decision)" in said
        assert not Case.objects.exists()
        assert not ImportRun.objects.exists()

    def test_another_response_later_is_told_and_changes_nothing(self, imported: str, tmp_path: Path) -> None:
        later = tmp_path / "later.csv"
        later.write_text(SAMPLE.read_text().replace("In progress", "Closed with explanation"))
        said = run(later, rejects=tmp_path / "no.csv")
        assert "6 known" in counts(said)
        assert "1 came before with another response" in said
        assert "another response" not in imported
        case = case_of("900005")
        assert (case.original.response, case.status, case.decisions.count()) == ("In progress", Status.NEW, 0)

    def test_needs_somebody_to_answer_for_the_decisions(self, stage: Stage, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=r"Say whose with --as PERSON \(agent, colleague, manager\)"):
            run(SAMPLE, rejects=tmp_path / "no.csv", person="")
        for nobody in ("admin", "outsider", "ghost"):
            with pytest.raises(CommandError, match="is no agent or manager of Brindlewick"):
                run(SAMPLE, rejects=tmp_path / "no.csv", person=nobody)
        assert not Post.objects.exists()

    def test_the_command_refuses_who_may_not_decide(self, stage: Stage) -> None:
        start = {"channel_id": stage.channel.pk, "file_digest": b"x" * 32, "file_name": "f", "offset": 0, "line": 1}
        run_ = importing.start_run(**start, at=AT, actor=SYSTEM)  # type: ignore[arg-type]
        said: Any = {"source": "cfpb", "received_at": AT, "decided_at": AT, "response": "Closed"}
        arrival = Arrival("1", "Words", AT, registered=Registered(**said))
        part = importing.Part(offset=0, end=9, next_line=2, arrivals=[arrival], rejected=0, is_last=True)
        for who in (SYSTEM, actor(stage.admin)):
            with pytest.raises(errors.NotAllowed):
                importing.import_batch(run_id=run_.pk, part=part, at=AT, actor=who)
        assert not Post.objects.exists()

    def test_by_mail_address_too(self, stage: Stage, tmp_path: Path) -> None:
        run(SAMPLE, rejects=tmp_path / "no.csv", person="agent@example.org")
        assert set(Decision.objects.values_list("by_id", flat=True)) == {stage.agent.pk}

    def test_posts_only_takes_the_words_alone(self, stage: Stage, tmp_path: Path) -> None:
        said = run(SAMPLE, "--posts-only", rejects=tmp_path / "no.csv", person="")
        assert " 0 known" in counts(said)
        assert Post.objects.count() == 8, "a day nobody can read matters only to a decision"
        assert not Case.objects.exists()
        assert not Original.objects.exists()

    def test_in_french_the_reason_is_french(self, stage: Stage, tmp_path: Path) -> None:
        stage.brand.language = "fr"
        stage.brand.save(update_fields=["language"])
        run(SAMPLE, rejects=tmp_path / "no.csv")
        reason = Decision.objects.get(case=case_of("900001")).reason or ""
        assert reason.startswith("Repris du registre CFPB")
        assert Category.objects.get(code="garden-loan").label == {"en": "Garden loan", "fr": "Garden loan"}

    def test_what_waits_in_the_tray_keeps_what_the_register_said(self, imported: str) -> None:
        raw = Post.objects.get(external_id="900001").raw
        arrival = Arrival.from_body(bytes(raw.body or b""), undated=AT)
        assert arrival.registered is not None
        assert arrival.registered.sent_on == date(2023, 3, 5)
        assert arrival.registered.decided_at == day("2023-03-05T00:00+01:00")
        assert arrival.registered.response == "Closed with monetary relief"


class TestCosts:
    def test_the_number_of_queries_does_not_grow(self, stage: Stage, tmp_path: Path) -> None:
        def queries(rows: int) -> int:
            path = tmp_path / f"{rows}.csv"
            _write(path, rows, first=rows * 1_000)
            with CaptureQueriesContext(connection) as captured:
                run(path, rejects=tmp_path / "no.csv")
            return len(captured)

        queries(3)
        assert queries(5) == queries(400)

    @pytest.mark.slow
    def test_many_batches(self, own_stage: Stage, tmp_path: Path) -> None:
        path = tmp_path / "large.csv"
        _write(path, 2_600, first=1)
        said = run(path, rejects=tmp_path / "no.csv")
        assert counts(said) == "2,600 read = 2,600 new + 0 known + 0 rejected"
        assert Decision.objects.count() == 2_600


def _write(path: Path, rows: int, *, first: int) -> None:
    """A register with so many decided complaints."""
    with SAMPLE.open(newline="") as stream:
        header, row = list(csv.reader(stream))[:2]
    with path.open("w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(header)
        writer.writerows([*row[:-1], str(first + number)] for number in range(rows))


def complete(path: Path) -> list[dict[str, str]]:
    """The rows that have every column."""
    with path.open(newline="", encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if None not in row.values()]


def by_the_help_page(name: str, folder: Path) -> str:
    """What its command counts."""
    said = StringIO()
    call_command("import_posts", str(REAL / name), *EXAMPLES[name], f"--rejects={folder / 'no.csv'}", stdout=said)
    return counts(said.getvalue())


def counted(field: str) -> Counter[Any]:
    return Counter(dict(Original.objects.values_list(field).annotate(Count("pk")).order_by()))


@needs_real_files
@pytest.mark.slow
@pytest.mark.parametrize("name", REGISTERS)
class TestRealFiles:
    def test_what_comes_in_is_what_the_file_says(self, own_stage: Stage, tmp_path: Path, name: str) -> None:
        # One import for all of it, with the command of the help page: a real file takes half a minute.
        stage, rows = own_stage, complete(REAL / name)
        response = "Company response" if "Company response" in rows[0] else "Company response to consumer"
        said = by_the_help_page(name, tmp_path)
        assert said == COUNTS[name]
        assert f" {len(rows):,} new " in said
        self.counts_are_the_files(stage, rows, response)
        self.reports_count_what_the_file_says(stage, rows, response)
        assert f" 0 new + {len(rows):,} known" in by_the_help_page(name, tmp_path)
        assert Original.objects.count() == Decision.objects.count() + Case.objects.filter(status="new").count()

    def counts_are_the_files(self, stage: Stage, rows: list[dict[str, str]], response: str) -> None:
        assert counted("product") == Counter(row["Product"] for row in rows)
        assert counted("issue") == Counter(row["Issue"] for row in rows)
        assert counted("sub_issue") == Counter(row["Sub-issue"] for row in rows)
        assert counted("response") == Counter(row[response] for row in rows)
        assert counted("is_timely") == Counter(row["Timely response?"] == "Yes" for row in rows)
        outcomes = Counter(Decision.objects.values_list("outcome", flat=True))
        assert outcomes["upheld"] == sum(row[response] in RELIEF for row in rows)
        assert outcomes["rejected"] == sum(row[response] in NO_RELIEF for row in rows)
        assert outcomes.total() == Case.objects.filter(status=Status.OPEN).count()
        labels = Counter(Case.objects.values_list("category__label__en", flat=True))
        assert labels == Counter(row["Product"] for row in rows)
        form = "%m/%d/%Y" if "/" in rows[0]["Date received"] else "%Y-%m-%d"
        days = Case.objects.annotate(on=TruncDate("opened_at", tzinfo=_zone(stage))).values_list("on", flat=True)
        received = (datetime.strptime(row["Date received"], form).date() for row in rows)  # noqa: DTZ007
        assert Counter(days) == Counter(received)

    def reports_count_what_the_file_says(self, stage: Stage, rows: list[dict[str, str]], response: str) -> None:
        columns = {
            Dimension.PRODUCT: [row["Product"] for row in rows],
            Dimension.ISSUE: [row["Issue"] for row in rows],
            Dimension.RESPONSE: [row[response] for row in rows],
            Dimension.TIMELY: [{"Yes": "true", "No": "false"}[row["Timely response?"]] for row in rows],
        }
        for dimension, said in columns.items():
            assert reported(stage, dimension, "received") == Counter(said)
        upheld = Counter(row["Product"] for row in rows if row[response] in RELIEF)
        assert reported(stage, Dimension.PRODUCT, "upheld") == upheld
        assert reported(stage, Dimension.PRODUCT, "handled") == Counter()
        months = reported(stage, Dimension.MONTH, "received")
        assert sorted(months.values()) == sorted(Counter(_month(row["Date received"]) for row in rows).values())


def reported(stage: Stage, dimension: Dimension, figure: str) -> Counter[str]:
    """A figure of the reports, as a manager of the brand reads it, in groups; without those where it is nothing."""
    ever = Period(datetime(2000, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), stage.brand.zone)
    question = Question(Population.CASES, ever, splits=(dimension,))
    groups = engine.count(question, people.seer_of(stage.manager.pk), now=timezone.now())
    return Counter({keys[0]: each.counts[figure] for keys, each in groups.items() if each.counts[figure]})


def _month(written: str) -> str:
    return f"{written[6:]}-{written[:2]}" if "/" in written else written[:7]


def _zone(stage: Stage) -> ZoneInfo:
    return ZoneInfo(stage.brand.zone)
