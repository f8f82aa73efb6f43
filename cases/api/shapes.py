"""What the answers look like; whatever is named outside is named by a reference, a code, a slug or a random id."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cases.api.fields import Amount, Instant, Texts
from cases.api.schema import GapShape
from cases.models import Action
from cases.vocabulary import (
    ActionStatus,
    AnswerRoute,
    AnswerStatus,
    ObservationKind,
    Outcome,
    PostKind,
    Precision,
    Proof,
    ReplyStatus,
    Satisfaction,
    Severity,
    Status,
    SystemStatus,
    Wish,
)

Choice = serializers.ChoiceField


class FileShape(serializers.Serializer[Any]):
    """A file that is kept with something."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="bytes")


class AuthorShape(serializers.Serializer[Any]):
    """Who wrote a post."""

    handle = serializers.CharField(source="platform_user")
    name = serializers.CharField(allow_blank=True)


class ObservationShape(serializers.Serializer[Any]):
    """What was seen of a post after it arrived."""

    kind = Choice(choices=ObservationKind.choices)
    at = Instant()
    views = serializers.IntegerField(allow_null=True)
    shares = serializers.IntegerField(allow_null=True)
    text = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    by = serializers.CharField(allow_null=True, help_text="a user name")
    recorded_at = Instant()


class PostShape(serializers.Serializer[Any]):
    """A public statement as it was received, and what triage says it is."""

    id = serializers.UUIDField(source="public_id")
    brand = serializers.CharField(source="brand.slug")
    channel = serializers.CharField(source="channel.slug")
    external_id = serializers.CharField()
    text = serializers.CharField(allow_null=True)
    wish = serializers.CharField(allow_null=True)
    author = AuthorShape(source="handle", allow_null=True)
    url = serializers.CharField(allow_blank=True)
    posted_at = Instant()
    precision = Choice(choices=Precision.choices)
    lang = serializers.CharField(source="language", allow_blank=True)
    received_at = Instant()
    kind = Choice(source="triage.kind", choices=PostKind.choices, allow_null=True)
    category = serializers.CharField(source="triage.category.code", default=None, allow_null=True)
    severity = Choice(source="triage.severity", choices=Severity.choices, allow_null=True)
    answered_at = Instant(source="triage.answered_at", allow_null=True)
    passed_to = serializers.CharField(source="triage.passed_to.username", default=None, allow_null=True)
    case = serializers.CharField(source="reference", allow_null=True, help_text="the reference of its case")
    suggested_case = serializers.CharField(source="suggested", allow_null=True)
    observations = ObservationShape(source="seen", many=True)


class ReplyLine(serializers.Serializer[Any]):
    """What was said under a post, for everyone."""

    id = serializers.UUIDField()
    post = serializers.UUIDField()
    author = serializers.CharField()
    text = serializers.CharField(allow_null=True)
    url = serializers.CharField(allow_blank=True, help_text="where it stands; empty while it is to be posted by hand")
    status = Choice(choices=ReplyStatus.choices)
    final = serializers.BooleanField()
    written_at = Instant()
    posted_at = Instant(allow_null=True)
    invitation_status = serializers.CharField(allow_null=True)


class ReplyShape(ReplyLine):
    """A public reply, with the link of its invitation."""

    invitation = serializers.CharField(allow_null=True, help_text="the link that invites to the private thread")


class WholePostShape(PostShape):
    """A post with what was said under it and the files it came with."""

    replies = ReplyLine(source="said", many=True)
    files = FileShape(many=True)


class ComplainantShape(serializers.Serializer[Any]):
    """The person who complains, as far as known."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    language = serializers.CharField(allow_blank=True)
    is_anonymous = serializers.BooleanField()
    on_behalf_of = serializers.CharField(allow_blank=True)
    mandate = serializers.CharField(allow_blank=True)


class CaseShape(serializers.Serializer[Any]):
    """A case as a list shows it."""

    reference = serializers.CharField()
    brand = serializers.CharField(source="brand.slug")
    channel = serializers.CharField(source="channel.slug")
    status = Choice(choices=Status.choices)
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True, help_text="a user name")
    team = serializers.CharField(source="team.name", default=None, allow_null=True)
    category = serializers.CharField(source="category.code", default=None, allow_null=True)
    severity = Choice(choices=Severity.choices)
    wish = Choice(choices=[("", "not known"), *Wish.choices], help_text="what the complainant wants most")
    playbook_version = serializers.IntegerField(source="playbook_version_id", allow_null=True)
    language = serializers.CharField(allow_blank=True)
    headline = serializers.CharField(allow_blank=True)
    complainant = ComplainantShape()
    restricted = serializers.BooleanField(source="is_restricted")
    opened_at = Instant()
    posted_at = Instant()
    answered_at = Instant(allow_null=True)
    unanswered_since = Instant(allow_null=True)
    waiting_for = serializers.CharField(allow_blank=True)
    private_declined_at = Instant(allow_null=True)
    handled_at = Instant(allow_null=True)
    dismissal = serializers.CharField(allow_blank=True)
    satisfaction = serializers.CharField(allow_blank=True)
    cause = serializers.CharField(source="cause.code", default=None, allow_null=True)
    prevention = serializers.CharField(allow_null=True, help_text="what would have prevented it")
    reopened = serializers.IntegerField(help_text="how often")
    revision = serializers.IntegerField()


class GateShape(serializers.Serializer[Any]):
    """What still stands between a case and handled."""

    open = serializers.BooleanField()
    missing = GapShape(many=True)


class MovedShape(CaseShape):
    """A case after a move, with its gate."""

    gate = GateShape()


class NoteShape(serializers.Serializer[Any]):
    """What colleagues tell each other."""

    id = serializers.UUIDField()
    author = serializers.CharField()
    text = serializers.CharField(allow_null=True)
    written_at = Instant()
    files = FileShape(many=True)


class MessageShape(serializers.Serializer[Any]):
    """One entry of a private thread; without an author it is the complainant's."""

    id = serializers.UUIDField()
    thread = serializers.UUIDField()
    author = serializers.CharField(allow_null=True, help_text="a user name, or null for the complainant")
    text = serializers.CharField(allow_null=True)
    sent_at = Instant()
    read_at = Instant(allow_null=True)
    misdirected_at = Instant(allow_null=True)
    files = FileShape(many=True)


class ThreadShape(serializers.Serializer[Any]):
    """A private conversation; unverified until somebody confirms who is at its other end."""

    id = serializers.UUIDField(source="public_id")
    verified_at = Instant(allow_null=True)
    refused_at = Instant(allow_null=True)
    claimed_name = serializers.CharField(allow_blank=True)
    contact = serializers.CharField(allow_blank=True)
    language = serializers.CharField(allow_blank=True)
    opened_at = Instant()
    messages = MessageShape(source="said", many=True)


class PointShape(serializers.Serializer[Any]):
    """One point the complainant raised, and what is decided about it."""

    raised = serializers.CharField(allow_null=True)
    outcome = Choice(choices=Outcome.choices)
    reason = serializers.CharField(allow_null=True, help_text="in words for the complainant")


class DecisionShape(serializers.Serializer[Any]):
    """Whether the complaint is right, and why."""

    outcome = Choice(choices=Outcome.choices)
    reason = serializers.CharField(allow_null=True)
    points = PointShape(many=True)
    by = serializers.CharField()
    at = Instant()


class AnswerShape(serializers.Serializer[Any]):
    """The final answer and how far it got."""

    route = Choice(choices=AnswerRoute.choices)
    status = Choice(choices=AnswerStatus.choices)
    text = serializers.CharField(allow_null=True)
    parts = serializers.ListField(child=serializers.CharField(), help_text="what it held, where a regime demanded it")
    regime = serializers.CharField(allow_blank=True, help_text="the regime it was held against")
    by = serializers.CharField()
    at = Instant()
    reached_at = Instant(allow_null=True)
    message = serializers.UUIDField(allow_null=True)
    reply = serializers.UUIDField(allow_null=True)


class ConfirmationShape(serializers.Serializer[Any]):
    """What the complainant said afterwards; recorded by a colleague where they did not say it on their page."""

    answer = Choice(choices=Satisfaction.choices)
    words = serializers.CharField(allow_null=True)
    at = Instant()
    told = serializers.CharField(allow_null=True, help_text="by which way: page, phone, mail, in_person or other")
    recorded_by = serializers.CharField(allow_null=True, help_text="a user name, or null: the complainant themselves")
    may_say_publicly = serializers.BooleanField()


class PromiseShape(serializers.Serializer[Any]):
    """What the complainant was told that we do, and by when; a moved one stays, broken is for ever."""

    id = serializers.UUIDField()
    action = serializers.UUIDField()
    text = serializers.CharField(allow_null=True, help_text="in the words they were told")
    due_at = Instant()
    made_at = Instant()
    broken_at = Instant(allow_null=True)
    kept_at = Instant(allow_null=True)
    moved_at = Instant(allow_null=True, help_text="another promise of the same action takes its place")
    dropped_at = Instant(allow_null=True)
    told_at = Instant(allow_null=True, help_text="when they were written to after it slipped")
    said = serializers.CharField(allow_blank=True, help_text="whether it was kept, as the complainant says")
    said_at = Instant(allow_null=True)


class AskingShape(serializers.Serializer[Any]):
    """One time we asked whether it is settled."""

    at = Instant()
    again = serializers.BooleanField(help_text="whether it lasted")
    by_mail = serializers.BooleanField(help_text="else on their private page only")


class AfterShape(serializers.Serializer[Any]):
    """What comes after handled."""

    reference = serializers.CharField()
    status = Choice(choices=Status.choices)
    satisfaction = serializers.CharField(allow_blank=True, help_text="to the last question; empty is no answer")
    ask_again_at = Instant(allow_null=True)
    asked = AskingShape(source="asked_line", many=True)
    said = ConfirmationShape(source="confirmations_line", many=True)
    promises = PromiseShape(source="promises_line", many=True)


class InvitationShape(serializers.Serializer[Any]):
    """A hand-over from public to private."""

    status = serializers.CharField()
    reply = serializers.UUIDField(allow_null=True)
    sent_at = Instant()
    answered_at = Instant(allow_null=True)
    expires_at = Instant()


class ProofShape(serializers.Serializer[Any]):
    """What shows that an action is done."""

    outcome = serializers.CharField(source="proof_outcome")
    reference = serializers.CharField(source="proof_reference", allow_blank=True)
    amount = Amount(source="proof_amount", allow_null=True)
    done_on = serializers.DateField(
        source="proof_on", allow_null=True, help_text="the day it took place, where that was said"
    )
    done_at = Instant(allow_null=True)
    done_by = serializers.CharField(source="done_by.username", default=None, allow_null=True)


class SystemShape(serializers.Serializer[Any]):
    """How an action stands with the connected system that has it."""

    name = serializers.CharField(source="target.name")
    sent_at = Instant(allow_null=True)
    status = Choice(source="system_status", choices=SystemStatus.choices, allow_blank=True, help_text="as last said")
    cancel_asked_at = Instant(allow_null=True)


class ActionShape(serializers.Serializer[Any]):
    """What we do for the complainant, by whom, until when, and its proof."""

    id = serializers.UUIDField(source="public_id")
    case = serializers.CharField(source="case.reference")
    kind = serializers.CharField(source="kind.code")
    label = Texts(source="kind.label")  # type: ignore[assignment]  # DRF takes fields out of the class
    proof_demanded = Choice(source="kind.proof", choices=Proof.choices)
    wording = serializers.CharField(allow_blank=True)
    status = Choice(choices=ActionStatus.choices)
    required = serializers.BooleanField(source="is_required")  # type: ignore[assignment]  # DRF takes fields out of the class
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True)
    team = serializers.CharField(source="team.name", default=None, allow_null=True)
    due_at = Instant(allow_null=True)
    amount = Amount(allow_null=True)
    currency = serializers.CharField(allow_blank=True)
    created_at = Instant()
    decided_by = serializers.CharField(
        allow_null=True, help_text="whose authority lets it begin; null while nobody has decided it"
    )
    approval = serializers.UUIDField(allow_null=True, help_text="the last request for approval, if it was asked for")
    proof = serializers.SerializerMethodField()
    waiver = serializers.CharField(allow_blank=True)
    waived_at = Instant(allow_null=True)
    waived_by = serializers.CharField(source="waived_by.username", default=None, allow_null=True)
    failure = serializers.CharField(allow_blank=True)
    system = serializers.SerializerMethodField()
    files = FileShape(many=True)

    @extend_schema_field(SystemShape(allow_null=True))
    def get_system(self, action: Action) -> Any:
        """The connected system that has it, if one has."""
        return SystemShape(action).data if action.target_id else None

    @extend_schema_field(ProofShape(allow_null=True))
    def get_proof(self, action: Action) -> Any:
        """What shows that it is done, once it is."""
        return ProofShape(action).data if action.done_at else None


class WholeCaseShape(CaseShape):
    """A case with everything that belongs to it."""

    merged_into = serializers.CharField(allow_null=True, help_text="the reference of the case that this one goes on in")
    posts = WholePostShape(source="posts_line", many=True)
    replies = ReplyLine(source="replies_line", many=True)
    invitations = InvitationShape(source="invitations_line", many=True)
    threads = ThreadShape(source="threads_line", many=True)
    notes = NoteShape(source="notes_line", many=True)
    decision = DecisionShape(allow_null=True)
    actions = ActionShape(source="actions_line", many=True)
    answer = AnswerShape(allow_null=True)
    promises = PromiseShape(source="promises_line", many=True)
    confirmations = ConfirmationShape(source="confirmations_line", many=True)
    gate = GateShape()


class ActorShape(serializers.Serializer[Any]):
    """Who did something."""

    kind = serializers.CharField(help_text="person, token, complainant, rule or system")
    username = serializers.CharField(allow_null=True)


class EventShape(serializers.Serializer[Any]):
    """One line of a case's journal."""

    seq = serializers.IntegerField()
    kind = serializers.CharField()
    version = serializers.IntegerField()
    actor = ActorShape()
    occurred_at = Instant()
    recorded_at = Instant()
    payload = serializers.DictField(help_text="ids, codes and amounts; never words")
    hash = serializers.CharField(help_text="SHA-256 in hex, over this line and the one before")
