"""The named people and the brand of most tests, made as the application makes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cases.commands import intake, triage
from cases.models import (
    Brand,
    Case,
    Category,
    Channel,
    Grant,
    Kind,
    Membership,
    Playbook,
    PlaybookAction,
    PlaybookVersion,
    Post,
    Team,
    User,
)
from cases.rules.arrival import Arrival
from cases.vocabulary import Actor, ChannelKind, PostKind, Proof, Role, VersionStatus

AT = datetime(2026, 9, 8, 12, 0, tzinfo=UTC)


def person(username: str, **fields: object) -> User:
    """A colleague."""
    return User.objects.create(username=username, email=f"{username}@example.org", name=username.capitalize(), **fields)


def actor(user: User) -> Actor:
    """The person, acting."""
    return Actor.person(user.pk)


@dataclass
class Stage:
    """One brand with its people, a public channel, a web form, a category with its playbook, and an outsider."""

    brand: Brand
    channel: Channel
    form: Channel
    category: Category
    refund: Kind
    apology: Kind
    team: Team
    agent: User
    colleague: User
    manager: User
    admin: User
    auditor: User
    outsider: User
    other_brand: Brand

    def post(
        self, external_id: str = "p-1", text: str = "My sofa never came.", author: str = "tom", **fields: object
    ) -> Post:
        """A post that arrived on the public channel."""
        arrival = Arrival(
            external_id=external_id,
            text=text,
            author=author,
            posted_at=AT - timedelta(hours=1),
            **fields,  # type: ignore[arg-type]
        )
        received = intake.receive(channel_id=self.channel.pk, arrival=arrival, at=AT, actor=actor(self.agent))
        assert received.post is not None
        return received.post

    def case(self, external_id: str = "p-1", **fields: object) -> Case:
        """A case that was opened from a post by triage."""
        post = self.post(external_id, **fields)  # type: ignore[arg-type]
        case = triage.triage(
            post_id=post.pk,
            kind=PostKind.COMPLAINT,
            category_id=self.category.pk,
            severity=3,
            at=AT,
            actor=actor(self.agent),
        )
        assert case is not None
        return case


def set_stage() -> Stage:
    """Everything that most tests stand on."""
    brand = Brand.objects.create(name="Brindlewick", slug="brindlewick", prefix="BW")
    other = Brand.objects.create(name="Orvelle", slug="orvelle", prefix="OR")
    agent, colleague, manager = person("agent"), person("colleague"), person("manager")
    admin, auditor, outsider = person("admin", is_organisation_admin=True), person("auditor"), person("outsider")
    team = Team.objects.create(brand=brand, name="Delivery", lead=manager)
    for user, role in (
        (agent, Role.AGENT),
        (colleague, Role.AGENT),
        (manager, Role.MANAGER),
        (admin, Role.ADMIN),
        (auditor, Role.AUDITOR),
    ):
        Membership.objects.create(person=user, brand=brand, role=role, team=team if role == Role.AGENT else None)
    Membership.objects.create(person=outsider, brand=other, role=Role.MANAGER)
    refund = Kind.objects.create(
        brand=brand, code="refund", label={"en": "Refund", "fr": "Remboursement"}, proof=Proof.AMOUNT, has_amount=True
    )
    apology = Kind.objects.create(brand=brand, code="apology", label={"en": "Apology"}, proof=Proof.OUTCOME)
    category = Category.objects.create(brand=brand, code="delivery", label={"en": "Delivery", "fr": "Livraison"})
    playbook = Playbook.objects.create(brand=brand, category=category)
    version = PlaybookVersion.objects.create(playbook=playbook, number=1)
    PlaybookAction.objects.create(version=version, kind=refund, is_required=True)
    PlaybookVersion.objects.filter(pk=version.pk).update(status=VersionStatus.LIVE, live_at=AT)
    for each in (brand, other):
        Grant.objects.create(brand=each, role=Role.AGENT, currency="EUR")
        Grant.objects.create(brand=each, role=Role.MANAGER, currency="EUR", may_waive=True)
    return Stage(
        brand=brand,
        channel=Channel.objects.create(
            brand=brand, name="Social", slug="social", kind=ChannelKind.WEBHOOK, platform="social"
        ),
        form=Channel.objects.create(
            brand=brand,
            name="Form",
            slug="web-form",
            kind=ChannelKind.WEB_FORM,
            platform="form",
            is_complaints_only=True,
            default_category=category,
        ),
        category=category,
        refund=refund,
        apology=apology,
        team=team,
        agent=agent,
        colleague=colleague,
        manager=manager,
        admin=admin,
        auditor=auditor,
        outsider=outsider,
        other_brand=other,
    )
