"""Cases: the list, one with everything, and who answers for it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.cause import CauseOfCaseIn, cause_of
from cases.api.endpoint import CaseEndpoint, Endpoint, Paged, found
from cases.api.fields import Code, Line, Words
from cases.api.gate import lines_of
from cases.api.schema import changes, reads
from cases.api.shapes import CaseShape, EventShape, MovedShape, WholeCaseShape
from cases.commands import case as commands
from cases.commands import confirmation, handling
from cases.models import Case, Event
from cases.queries import api as queries
from cases.queries import api_journal as journal
from cases.queries import merging
from cases.vocabulary import Severity, Status, Wish


class CasesAsked(Paged):
    """Which cases."""

    status = serializers.MultipleChoiceField(choices=Status.choices, required=False, help_text="may be repeated")
    owner = Code(required=False, help_text="a user name, me, or none")
    team = Code(required=False, help_text="a team's name or id")
    brand = Code(required=False, help_text="a slug")
    category = Code(required=False, help_text="a code")
    q = Line(required=False, help_text="words, a name or a reference")


class CasePage(serializers.Serializer[Any]):
    """A page of cases, newest first."""

    next = serializers.CharField(allow_null=True)
    results = CaseShape(many=True)


class AssignIn(serializers.Serializer[Any]):
    """Who answers for the case from now on."""

    owner = Code(required=False, allow_null=True, help_text="a user name, or me; without it you take the case")


class ReasonIn(serializers.Serializer[Any]):
    """Why."""

    reason = Words(max_length=2000)


class WaitIn(serializers.Serializer[Any]):
    """What the complainant is asked for."""

    waiting_for = Words(max_length=200)


class MergeCaseIn(serializers.Serializer[Any]):
    """In which case this one goes on."""

    into = Code(help_text="the reference of another unhandled case of the same complainant")
    reason = Words(max_length=500, required=False, allow_blank=True, help_text="kept as a note in this case")


class SplitCaseIn(serializers.Serializer[Any]):
    """Which post becomes a case of its own."""

    post = serializers.UUIDField()


class RestrictIn(serializers.Serializer[Any]):
    """Whether the case is closed to all but its owner, the team's lead and managers."""

    restricted = serializers.BooleanField(default=True)


class ClassifyIn(serializers.Serializer[Any]):
    """What the case is about and how bad it is."""

    category = Code(required=False, allow_null=True, help_text="a code; without it the category stays")
    severity = serializers.ChoiceField(choices=Severity.choices, required=False)
    wish = serializers.ChoiceField(choices=Wish.choices, required=False, allow_blank=True, help_text="empty: not known")


class EventPage(serializers.Serializer[Any]):
    """A page of a journal, oldest first."""

    next = serializers.CharField(allow_null=True)
    results = EventShape(many=True)


class Cases(Endpoint):
    """The cases the person may open."""

    @reads(CasePage, "Cases, newest first", operation_id="cases_list", takes=[CasesAsked], refuses=[422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of cases."""
        asked = self.asked(CasesAsked)
        rows = self._filtered(Case.objects.visible_to(self.seer), asked)
        page = queries.case_page(self.seer, rows, asked.get("q"), asked.get("cursor"), asked["limit"] + 1)
        return self.page(page, CaseShape, asked)

    def _filtered(self, rows: QuerySet[Case], asked: dict[str, Any]) -> QuerySet[Case]:
        if asked.get("status"):
            rows = rows.filter(status__in=sorted(asked["status"]))
        if asked.get("owner") == "none":
            rows = rows.filter(owner__isnull=True)
        elif asked.get("owner") == "me":
            rows = rows.filter(owner_id=self.seer.person_id)
        elif "owner" in asked:
            rows = rows.filter(owner__username__iexact=asked["owner"])
        if "team" in asked:
            number = int(asked["team"]) if asked["team"].isascii() and asked["team"].isdigit() else None
            rows = rows.filter(Q(team__name__iexact=asked["team"]) | Q(team_id=number))
        if "brand" in asked:
            rows = rows.filter(brand__slug=asked["brand"])
        if "category" in asked:
            rows = rows.filter(category__code=asked["category"])
        return rows


class OneCase(CaseEndpoint):
    """One case."""

    @reads(WholeCaseShape, "A case with everything that belongs to it, and its gate", refuses=[404])
    def get(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The case."""
        whole = found(queries.whole_case(self.seer, reference.upper()))
        case: Any = whole.case
        case.posts_line, case.threads_line, case.actions_line = whole.posts, whole.threads, whole.actions
        public = {action.pk: action.public_id for action in whole.actions}
        case.gate = {"open": not whole.gaps, "missing": lines_of(whole.gaps, public)}
        case.decision = next((line for line in case.decisions_line if line["superseded_at"] is None), None)
        case.answer = next((line for line in case.answers_line if line["superseded_at"] is None), None)
        return Response(WholeCaseShape(case).data)

    @changes(MovedShape, "Say again what the case is about and how bad it is", takes=ClassifyIn)
    def patch(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The case."""
        row = found(queries.cases(self.seer).filter(reference=reference.upper()).first())
        given = self.given(ClassifyIn)
        category_id = row.category_id
        if given.get("category"):
            category_id = queries.category_id(row.brand_id, given["category"])
            if category_id is None:
                raise errors.Invalid(_("The brand has no category of this code."), "category")
        elif "category" in given:
            category_id = None
        severity = given.get("severity", row.severity)
        wish = given.get("wish", row.wish)
        return self.move(row.pk, commands.classify, category_id=category_id, severity=severity, wish=wish)


class Assign(CaseEndpoint):
    """The owner."""

    @changes(MovedShape, "Give the case to somebody, or take it", takes=AssignIn)
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The case."""
        case_id, brand_id = self.case(reference)
        owner = self.given(AssignIn).get("owner")
        if owner is None:
            return self.move(case_id, commands.take)
        return self.move(case_id, commands.assign, owner_id=self.colleague(brand_id, owner, "owner"))


class Wait(CaseEndpoint):
    """The complainant's turn."""

    @changes(MovedShape, "The next move is the complainant's", takes=WaitIn)
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The case."""
        case_id, _brand_id = self.case(reference)
        return self.move(case_id, commands.wait, waiting_for=self.given(WaitIn)["waiting_for"])


class Resume(CaseEndpoint):
    """Our turn."""

    @changes(MovedShape, "The next move is ours again")
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The case."""
        return self.move(self.case(reference)[0], commands.resume)


class Dismiss(CaseEndpoint):
    """Not a complaint."""

    @changes(MovedShape, "Not a complaint after all; hides nothing", takes=ReasonIn)
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The case."""
        case_id, _brand_id = self.case(reference)
        return self.move(case_id, commands.dismiss, reason=self.given(ReasonIn)["reason"])


class Merge(CaseEndpoint):
    """A duplicate."""

    @changes(
        MovedShape, "Let the case go on in another one of the same complainant; it ends as merged", takes=MergeCaseIn
    )
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The case."""
        case_id, _brand_id = self.case(reference)
        given = self.given(MergeCaseIn)
        into = queries.case_row(self.seer, given["into"].upper())
        return self.move(case_id, commands.merge, into_id=into[0] if into else 0, reason=given.get("reason", ""))


class Split(CaseEndpoint):
    """Something else."""

    @changes(
        MovedShape, "Open a case of its own for one of several posts; you get that case", takes=SplitCaseIn, status=201
    )
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The new case."""
        case_id, _brand_id = self.case(reference)
        post_id = merging.post_of(case_id, self.given(SplitCaseIn)["post"])
        return self.opened(case_id, commands.split, post_id=post_id or 0)


class Restrict(CaseEndpoint):
    """For few eyes."""

    @changes(MovedShape, "Close the case to all but its owner, the team's lead and managers", takes=RestrictIn)
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The case."""
        case_id, _brand_id = self.case(reference)
        return self.move(case_id, commands.restrict, is_restricted=self.given(RestrictIn)["restricted"])


class DeclinePrivate(CaseEndpoint):
    """No private thread."""

    @changes(MovedShape, "The complainant does not want a private thread; the final answer may then be public")
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The case."""
        return self.move(self.case(reference)[0], commands.decline_private)


class Withdraw(CaseEndpoint):
    """Taken back."""

    @changes(MovedShape, "The complainant takes the complaint back")
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The case."""
        return self.move(self.case(reference)[0], commands.withdraw)


class Handle(CaseEndpoint):
    """Handled."""

    @changes(
        MovedShape,
        "Mark the case handled; with a closed gate 409 gate_closed says what is missing",
        takes=CauseOfCaseIn,
    )
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The case."""
        case_id, brand_id = self.case(reference)
        given = self.given(CauseOfCaseIn)
        cause_id = cause_of(brand_id, given.get("cause"))
        return self.move(case_id, handling.handle, cause_id=cause_id, prevention=given.get("prevention", ""))


class Reopen(CaseEndpoint):
    """Open again."""

    @changes(MovedShape, "Open a handled or dismissed case again", takes=ReasonIn)
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The case."""
        case_id, _brand_id = self.case(reference)
        return self.move(case_id, confirmation.reopen, reason=self.given(ReasonIn)["reason"])


class Events(CaseEndpoint):
    """The journal of a case."""

    @reads(
        EventPage, "The journal of a case, oldest first", operation_id="events_list", takes=[Paged], refuses=[404, 422]
    )
    def get(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """One page of events."""
        case_id, _brand_id = self.case(reference)
        asked = self.asked(Paged)
        events = journal.events(case_id, asked.get("cursor", 0), asked["limit"] + 1)
        names = journal.outside_names(events, self.seer)
        lines = [_event(event, names) for event in events]
        return self.page(lines, EventShape, asked, key=lambda line: int(line["seq"]))


def _event(event: Event, names: dict[tuple[str, int], str]) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "kind": event.kind,
        "version": event.version,
        "actor": {"kind": event.actor_kind, "username": names.get(("User", event.person_id or 0))},
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "payload": {word: _outside(word, value, names) for word, value in event.payload.items()},
        "hash": bytes(event.hash).hex(),
    }


def _outside(word: str, value: Any, names: dict[tuple[str, int], str]) -> Any:
    if word not in journal.NAMED or value is None:
        return value
    model = journal.NAMED[word][0].__name__
    if isinstance(value, list):
        return [names.get((model, key)) for key in value]
    return names.get((model, value))
