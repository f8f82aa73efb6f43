"""Saved reports for programs: kept under a name, shared, sent by mail, and put away."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import Paged, found
from cases.api.fields import Code, Instant, Line
from cases.api.report_answer import Links, instant
from cases.api.report_asked import WORDS, AskedIn, ReportEndpoint, words_of
from cases.api.schema import changes, reads
from cases.commands import saved_report as commands
from cases.models import Delivery, SavedReport
from cases.queries import api_report as queries
from cases.queries.reports import mailed
from cases.queries.reports import saved as saved_queries
from cases.queries.reports.asked import Asked
from cases.queries.reports.reading import reader
from cases.rules.rhythm import Beat
from cases.vocabulary import DeliveryStatus, Format, Rhythm


class SavedIn(AskedIn):
    """What to keep, and under which name; a preset moves with the days."""

    name = Line(max_length=80)
    report = Code(help_text="the name of a report, or front")
    shared = serializers.BooleanField(default=False, help_text="with whoever reads the reports of your brands")


class SavedChange(AskedIn):
    """What may change; a question is kept whole, so say all of it or nothing."""

    name = Line(max_length=80, required=False)
    report = Code(required=False)
    shared = serializers.BooleanField(required=False)


class ScheduleIn(serializers.Serializer[Any]):
    """How often, when, as what and to whom; each gets what they may see."""

    rhythm = serializers.ChoiceField(choices=Rhythm.choices)
    hour = serializers.IntegerField(min_value=0, max_value=23, default=8)
    zone = Line(max_length=64, required=False, help_text="that of its days unless said")
    weekday = serializers.IntegerField(min_value=0, max_value=6, default=0, help_text="of a week: 0 is Monday")
    day = serializers.IntegerField(
        min_value=1, max_value=31, default=1, help_text="of a month: 1 to 28, 31 is the last"
    )
    format = serializers.ChoiceField(choices=Format.choices, default=Format.XLSX.value)
    recipients = serializers.ListField(child=Code(), max_length=commands.MOST_RECIPIENTS, help_text="user names")


class RecipientShape(serializers.Serializer[Any]):
    """Somebody to whom it is sent."""

    person = serializers.CharField(help_text="a user name")
    gets_it = serializers.BooleanField()
    why = serializers.CharField(allow_blank=True, help_text="what keeps it from them: a code")


class SavedReportShape(serializers.Serializer[Any]):
    """A saved report; without its question where that can no longer be asked."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    report = serializers.CharField()
    owner = serializers.CharField(help_text="a user name")
    shared = serializers.BooleanField()
    asked = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(allow_blank=True)), allow_null=True
    )
    url = serializers.CharField()
    answer = serializers.CharField(allow_null=True, help_text="the report, with what is asked")
    page = serializers.CharField()
    rhythm = serializers.CharField(allow_blank=True, help_text="daily, weekly or monthly; empty: it is not sent")
    hour = serializers.IntegerField()
    weekday = serializers.IntegerField()
    day = serializers.IntegerField()
    zone = serializers.CharField()
    format = serializers.ChoiceField(choices=Format.choices)
    next_at = Instant(allow_null=True)
    created_at = Instant()


class OneSavedReportShape(SavedReportShape):
    """With whom it is sent to."""

    sent_to_me = serializers.BooleanField(help_text="you are one of those who get it by mail; `leave/` ends that")
    recipients = RecipientShape(many=True, help_text="for its owner only")


class SentShape(serializers.Serializer[Any]):
    """A mail on its way, and the file that goes with it."""

    recipient = serializers.CharField(help_text="your address")
    subject = serializers.CharField()
    status = serializers.ChoiceField(choices=DeliveryStatus.choices)
    export = serializers.CharField(help_text="its file: how far it is, and where it can be downloaded too")


class SavedReportPage(serializers.Serializer[Any]):
    """A page of saved reports, the latest first."""

    next = serializers.CharField(allow_null=True)
    results = SavedReportShape(many=True)


class _Saved(ReportEndpoint):
    def key(self, public_id: UUID) -> int:
        """The key of one that the person sees, or has put away themselves; raises NotAllowed, NotFound."""
        own = queries.own_saved(self.reading, public_id)
        return own if own is not None else saved_queries.one(self.seer, public_id).pk

    def row(self, public_id: UUID) -> SavedReport:
        """One that the person sees; raises NotAllowed, NotFound."""
        return saved_queries.one(self.reading, public_id)

    def shown(self, key: int) -> Any:
        """One of them as an answer."""
        row = found(saved_queries.visible(self.seer).filter(pk=key).first())
        is_mine = row.owner_id == self.seer.person_id
        people = saved_queries.recipients(row, self._asked_of(row)) if is_mine else []
        told = [{"person": each.person.username, "gets_it": each.gets_it, "why": each.why} for each in people]
        is_sent = row.recipients.filter(pk=self.seer.person_id).exists()
        return {**self.told(row), "sent_to_me": is_sent, "recipients": told}

    def told(self, row: SavedReport) -> dict[str, Any]:
        """The same without whom it is sent to."""
        asked, links = self._asked_of(row), Links(self.request, row.report)
        plain = ("name", "report", "rhythm", "hour", "weekday", "day", "zone", "format")
        return {
            **{name: getattr(row, name) for name in plain},
            "id": str(row.public_id),
            "owner": row.owner.username,
            "shared": row.is_shared,
            "asked": words_of(asked) if asked else None,
            "url": links.root(f"saved-reports/{row.public_id}/"),
            "answer": links.api(f"{row.report}/", asked.query) if asked else None,
            "page": links.page("saved-report", row.public_id),
            "next_at": instant(row.next_at) if row.next_at else None,
            "created_at": instant(row.created_at),
        }

    def _asked_of(self, row: SavedReport) -> Asked | None:
        try:
            return saved_queries.asked_of(row, self.now) if saved_queries.known(row.report) else None
        except errors.Refused:
            return None

    def save(self, command: Any, public_id: UUID, **arguments: Any) -> Response:
        """Run one command on one of them, and show it."""
        key = self.key(public_id)
        return self.run(command, lambda row: row.pk, self.shown, saved_id=key, at=self.now, **arguments)


class SavedReports(_Saved):
    """The saved reports that the person sees."""

    @reads(
        SavedReportPage,
        "Your saved reports, those that you get by mail, and those that colleagues share",
        operation_id="saved_reports_list",
        takes=[Paged],
        refuses=[403, 422],
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of them."""
        asked = self.asked(Paged)
        rows = saved_queries.visible(self.reading).order_by("-pk")
        rows = rows.filter(pk__lt=asked["cursor"]) if "cursor" in asked else rows
        several = list(rows[: asked["limit"] + 1])
        page = several[: asked["limit"]]
        following = self.following(page[-1].pk) if len(several) > len(page) else None
        return Response({"next": following, "results": [self.told(each) for each in page]})

    @changes(OneSavedReportShape, "Keep what is asked of a report under a name", takes=SavedIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The saved report."""
        given = self.given(SavedIn)
        facts: dict[str, Any] = {
            "asked": self.question(given["report"], given),
            "name": given["name"],
            "is_shared": given["shared"],
            "at": self.now,
        }
        return self.run(commands.save_report, lambda row: row.pk, self.shown, status=201, **facts)


class OneSaved(_Saved):
    """One saved report."""

    @reads(OneSavedReportShape, "A saved report, and who gets it by mail when", refuses=[403, 404])
    def get(self, request: Request, saved: UUID) -> Response:  # noqa: ARG002
        """What it asks."""
        return Response(self.shown(self.key(saved)))

    @changes(
        OneSavedReportShape,
        "Call one of yours otherwise, share it or no longer, or ask something else",
        takes=SavedChange,
    )
    def patch(self, request: Request, saved: UUID) -> Response:  # noqa: ARG002
        """The saved report then."""
        row = self.row(saved)
        given = self.given(SavedChange)
        is_asked = "report" in given or bool(WORDS & given.keys())
        return self.save(
            commands.change_report,
            saved,
            name=given.get("name", row.name),
            is_shared=given.get("shared", row.is_shared),
            asked=self.question(given.get("report", row.report), given) if is_asked else None,
        )

    @changes(None, "Put one of yours away, for everybody", status=204)
    def delete(self, request: Request, saved: UUID) -> Response:  # noqa: ARG002
        """Nothing."""
        key = self.key(saved)
        return self.run(
            commands.drop_report, lambda _none: None, lambda _none: None, status=204, saved_id=key, at=self.now
        )


class Schedule(_Saved):
    """When it goes out."""

    @changes(OneSavedReportShape, "Have one of yours sent by mail", takes=ScheduleIn)
    def post(self, request: Request, saved: UUID) -> Response:  # noqa: ARG002
        """The saved report then."""
        row = self.row(saved)
        given = self.given(ScheduleIn)
        beat = Beat(
            Rhythm(given["rhythm"]), given["hour"], given.get("zone") or row.zone, given["weekday"], given["day"]
        )
        ids = queries.person_ids(self.reading, given["recipients"])
        if len(ids) < len({*given["recipients"]}):
            raise errors.Invalid(_("Nobody of your brands has one of these user names."), "recipients")
        return self.save(
            commands.schedule, saved, beat=beat, written_as=Format(given["format"]), recipient_ids=list(ids.values())
        )


class Unschedule(_Saved):
    """No longer."""

    @changes(OneSavedReportShape, "Have one of yours sent no more")
    def post(self, request: Request, saved: UUID) -> Response:  # noqa: ARG002
        """The saved report then."""
        return self.save(commands.unschedule, saved)


class Send(_Saved):
    """One mail of it, at once."""

    @changes(SentShape, "Have a saved report that you see mailed to yourself now, with its file", status=202)
    def post(self, request: Request, saved: UUID) -> Response:
        """The mail."""
        row = self.row(saved)
        letter = mailed.letter(row, request.user, now=self.now)  # type: ignore[arg-type]  # it came with a token
        facts: dict[str, Any] = {"saved_id": row.pk, "letter": letter, "at": self.now}
        return self.run(commands.send_now, lambda mail: mail.pk, self.mail, status=202, **facts)

    def mail(self, key: int) -> dict[str, Any]:
        """A mail as an answer."""
        row: Delivery = found(queries.report_mail(self.seer, key))
        address = Links(self.request, "").api(f"exports/{found(row.export).public_id}/")
        return {"recipient": row.recipient, "subject": row.subject, "status": row.status, "export": address}


class Leave(_Saved):
    """No longer to oneself."""

    @changes(None, "Get a saved report no more by mail, whoever sends it", status=204)
    def post(self, request: Request, saved: UUID) -> Response:  # noqa: ARG002
        """Nothing: it may be one that is no longer there for whoever left it."""
        reader(self.seer)
        key = found(queries.any_saved(saved))
        return self.run(
            commands.leave_report, lambda _left: None, lambda _none: None, status=204, saved_id=key, at=self.now
        )
