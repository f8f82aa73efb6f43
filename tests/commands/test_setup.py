"""Brands, channels, teams, categories, kinds and playbooks: set up, changed, switched off, never deleted."""

from __future__ import annotations

from typing import Any

import pytest

from cases import errors
from cases.commands import catalogue, playbook, setup
from cases.models import Brand, Category, Channel, Event, Kind, Playbook, PlaybookVersion, Team
from cases.rules.policies import PACKS
from cases.vocabulary import ChannelKind, Permission, Proof, Role
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
BRAND: dict[str, Any] = {
    "name": "Nordlys",
    "slug": "nordlys",
    "prefix": "NL",
    "language": "fr",
    "zone": "Europe/Oslo",
    "currency": "NOK",
}
KIND: dict[str, Any] = {
    "label": {"en": "Gift", "fr": ""},
    "promise": {},
    "proof": Proof.OUTCOME,
    "has_amount": False,
    "days": 3,
    "is_shown": True,
}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def kept(brand: Brand) -> list[str]:
    return list(Event.objects.filter(stream="brand", stream_id=brand.pk).order_by("seq").values_list("kind", flat=True))


class TestCreateBrand:
    def test_brings_a_catalogue_and_a_complaint_form(self, stage: Stage) -> None:
        brand = setup.create_brand(**BRAND, actor=actor(stage.admin))
        assert {kind.code for kind in brand.kinds.all()} == {
            "refund",
            "replacement",
            "repair",
            "voucher",
            "call_back",
            "correction",
            "explanation",
            "apology",
            "investigation",
        }
        assert all({"en", "fr"} == set(kind.label) == set(kind.promise) for kind in brand.kinds.all())
        assert all(kind.has_amount for kind in brand.kinds.filter(proof=Proof.AMOUNT))
        channel = brand.channels.get()
        assert (channel.slug, channel.kind, channel.is_complaints_only) == ("web-form", ChannelKind.WEB_FORM, True)
        deadlines = ["policy_changed"] * len(PACKS["casedesk"].policies)
        first = ["brand_changed", "channel_changed", "calendar_changed"]
        assert kept(brand) == [*first, *deadlines, "grant_given", "grant_given"]

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"prefix": "nl"}, "prefix"),
            ({"prefix": "N"}, "prefix"),
            ({"prefix": "NORDS"}, "prefix"),
            ({"prefix": "BW"}, "prefix"),
            ({"slug": "brindlewick"}, "slug"),
            ({"slug": "Nord lys"}, "slug"),
            ({"name": ""}, "name"),
            ({"language": "de"}, "language"),
            ({"zone": "Europe/Atlantis"}, "zone"),
            ({"zone": "../../etc/passwd"}, "zone"),
            ({"currency": "XXX"}, "currency"),
        ],
    )
    def test_says_which_field_is_wrong(self, stage: Stage, given: dict[str, str], field: str) -> None:
        with pytest.raises(errors.Invalid) as refused:
            setup.create_brand(**(BRAND | given), actor=actor(stage.admin))
        assert refused.value.field == field
        assert Brand.objects.count() == 2

    def test_is_an_organisation_admins(self, stage: Stage) -> None:
        for who in (stage.manager, stage.outsider):
            with pytest.raises(errors.NotAllowed):
                setup.create_brand(**BRAND, actor=actor(who))


class TestChangeBrand:
    WANTED: dict[str, Any] = {"name": "Brindle", "language": "en", "zone": "Europe/Paris", "currency": "EUR"}

    def test_changes_and_records_the_fields(self, stage: Stage) -> None:
        setup.change_brand(brand_id=stage.brand.pk, **self.WANTED, is_active=True, actor=actor(stage.admin))
        setup.change_brand(brand_id=stage.brand.pk, **self.WANTED, is_active=True, actor=actor(stage.admin))
        assert Brand.objects.get(pk=stage.brand.pk).name == "Brindle"
        assert [event.payload for event in Event.objects.filter(stream="brand")] == [
            {"brand": stage.brand.pk, "fields": ["name"]}
        ]

    def test_stays_on_while_cases_need_work(self, stage: Stage) -> None:
        stage.case()
        with pytest.raises(errors.InUse) as refused:
            setup.change_brand(brand_id=stage.brand.pk, **self.WANTED, is_active=False, actor=actor(stage.admin))
        assert refused.value.facts == {"count": 1}

    def test_is_not_for_others(self, stage: Stage) -> None:
        for who, refusal in ((stage.manager, errors.NotAllowed), (stage.outsider, errors.NotFound)):
            with pytest.raises(refusal):
                setup.change_brand(brand_id=stage.brand.pk, **self.WANTED, is_active=True, actor=actor(who))
        assert Brand.objects.get(pk=stage.brand.pk).name == "Brindlewick"


class TestChannels:
    def made(self, stage: Stage, **given: Any) -> Channel:
        wanted: dict[str, Any] = {
            "brand_id": stage.brand.pk,
            "name": "Reviews",
            "slug": "reviews",
            "kind": ChannelKind.REVIEWS,
            "platform": "trust",
            "is_complaints_only": False,
            "default_category_id": stage.category.pk,
            "default_team_id": stage.team.pk,
        }
        return setup.create_channel(**(wanted | given), actor=actor(stage.admin))

    def changed(self, channel: Channel, stage: Stage, **given: Any) -> Channel:
        fields = (
            "name",
            "kind",
            "platform",
            "is_complaints_only",
            "default_category_id",
            "default_team_id",
            "is_active",
        )
        wanted = {field: getattr(channel, field) for field in fields} | given
        return setup.change_channel(channel_id=channel.pk, **wanted, actor=actor(stage.admin))

    def test_are_made_and_switched_off(self, stage: Stage) -> None:
        channel = self.made(stage)
        assert not self.changed(channel, stage, is_active=False).is_active
        assert kept(stage.brand) == ["channel_changed", "channel_changed"]

    def test_take_only_what_is_the_brands(self, stage: Stage) -> None:
        foreign = Team.objects.create(brand=stage.other_brand, name="Foreign")
        for given in ({"default_team_id": foreign.pk}, {"slug": "social"}, {"kind": "fax"}, {"platform": "A b"}):
            with pytest.raises(errors.Invalid):
                self.made(stage, **given)

    def test_keep_kind_and_platform_once_posts_have_arrived(self, stage: Stage) -> None:
        stage.post()
        with pytest.raises(errors.Invalid):
            self.changed(stage.channel, stage, platform="elsewhere")
        assert self.changed(stage.channel, stage, name="Renamed").name == "Renamed"


class TestTeams:
    def test_are_led_by_somebody_who_may_own_cases(self, stage: Stage) -> None:
        team = setup.create_team(
            brand_id=stage.brand.pk, name="Billing", lead_id=stage.agent.pk, actor=actor(stage.admin)
        )
        assert team.lead == stage.agent
        for lead in (stage.auditor, stage.outsider):
            with pytest.raises(errors.Invalid):
                setup.create_team(brand_id=stage.brand.pk, name="Other", lead_id=lead.pk, actor=actor(stage.admin))
        with pytest.raises(errors.Invalid):
            setup.create_team(brand_id=stage.brand.pk, name="billing", lead_id=None, actor=actor(stage.admin))

    def test_are_switched_off_when_nothing_needs_them(self, stage: Stage) -> None:
        def off() -> Team:
            return setup.change_team(
                team_id=stage.team.pk, name="Delivery", lead_id=None, is_active=False, actor=actor(stage.admin)
            )

        Category.objects.filter(pk=stage.category.pk).update(team=stage.team)
        with pytest.raises(errors.Invalid, check=lambda e: "delivery" in e.message):
            off()
        stage.case()
        with pytest.raises(errors.InUse):
            off()
        Category.objects.filter(pk=stage.category.pk).update(team=None)
        stage.brand.cases.update(team=None)
        assert not off().is_active


class TestCategories:
    def test_are_named_at_least_in_the_brands_language(self, stage: Stage) -> None:
        made = catalogue.create_category(
            brand_id=stage.brand.pk,
            code="billing",
            label={"en": " Billing ", "fr": ""},
            team_id=stage.team.pk,
            actor=actor(stage.admin),
        )
        assert made.label == {"en": "Billing"}
        with pytest.raises(errors.Invalid) as refused:
            catalogue.change_category(
                category_id=made.pk,
                label={"fr": "Facturation"},
                team_id=None,
                is_active=True,
                at=AT,
                actor=actor(stage.admin),
            )
        assert refused.value.field == "label"

    def test_stay_on_while_a_channel_gives_them(self, stage: Stage) -> None:
        with pytest.raises(errors.Invalid, check=lambda e: "web-form" in e.message):
            catalogue.change_category(
                category_id=stage.category.pk,
                label=stage.category.label,
                team_id=None,
                is_active=False,
                at=AT,
                actor=actor(stage.admin),
            )

    def test_keep_what_they_were_called(self, stage: Stage) -> None:
        given: dict[str, Any] = {"category_id": stage.category.pk, "team_id": None, "is_active": True}
        for label in ({"en": "Late"}, {"en": "Late"}, {"en": "Late or lost"}):
            changed = catalogue.change_category(**given, label=label, at=AT, actor=actor(stage.admin))
        assert changed.former == [
            {"label": {"en": "Delivery", "fr": "Livraison"}, "until": AT.isoformat()},
            {"label": {"en": "Late"}, "until": AT.isoformat()},
        ]


class TestMerging:
    @pytest.fixture
    def wide(self, stage: Stage) -> Category:
        return Category.objects.create(brand=stage.brand, code="wide", label={"en": "Wide"})

    def merge(self, stage: Stage, category: Category, into: Category, who: str = "admin") -> Category:
        by = actor(getattr(stage, who))
        return catalogue.merge_category(category_id=category.pk, into_id=into.pk, at=AT, actor=by)

    def test_is_kept_and_told(self, stage: Stage, wide: Category) -> None:
        older = Category.objects.create(brand=stage.brand, code="older", label={"en": "Older"}, is_active=False)
        Channel.objects.update(default_category=None)
        Category.objects.filter(pk=older.pk).update(merged_into=stage.category)
        merged = self.merge(stage, stage.category, wide)
        older.refresh_from_db()
        assert (merged.merged_into, merged.is_active, older.merged_into) == (wide, False, wide)
        assert stage.category.playbooks.get().is_active
        told = Event.objects.get(kind="category_merged")
        assert told.payload == {"category": stage.category.pk, "into": wide.pk}

    def test_needs_another_one_of_the_brand_that_is_in_use(self, stage: Stage, wide: Category) -> None:
        elsewhere = Category.objects.create(brand=stage.other_brand, code="elsewhere", label={"en": "Elsewhere"})
        off = Category.objects.create(brand=stage.brand, code="off", label={"en": "Off"}, is_active=False)
        for into in (wide, elsewhere, off):
            with pytest.raises(errors.Invalid):
                self.merge(stage, wide, into)
        # The web form still gives the other one.
        with pytest.raises(errors.Invalid, check=lambda e: "web-form" in e.message):
            self.merge(stage, stage.category, wide)
        with pytest.raises(errors.NotAllowed):
            self.merge(stage, wide, stage.category, "manager")

    def test_is_once_and_for_good(self, stage: Stage, wide: Category) -> None:
        self.merge(stage, wide, stage.category)
        for again in (wide, stage.category):
            with pytest.raises(errors.Invalid):
                self.merge(stage, wide, again)
        with pytest.raises(errors.Invalid):
            catalogue.change_category(
                category_id=wide.pk, label=wide.label, team_id=None, is_active=True, at=AT, actor=actor(stage.admin)
            )


class TestKinds:
    def test_are_made_and_changed(self, stage: Stage) -> None:
        made = catalogue.create_kind(brand_id=stage.brand.pk, code="gift", **KIND, actor=actor(stage.admin))
        changed = catalogue.change_kind(
            kind_id=made.pk, **(KIND | {"proof": Proof.FILE}), is_active=False, actor=actor(stage.admin)
        )
        assert (changed.proof, changed.is_active, changed.label) == (Proof.FILE, False, {"en": "Gift"})
        assert Event.objects.filter(kind="kind_changed").order_by("-seq")[0].payload == {
            "kind": made.pk,
            "fields": ["is_active", "proof"],
        }

    @pytest.mark.parametrize(
        "given", [{"proof": Proof.AMOUNT}, {"proof": "oath"}, {"days": -1}, {"days": 400}, {"label": {}}]
    )
    def test_refuse_nonsense(self, stage: Stage, given: dict[str, Any]) -> None:
        with pytest.raises(errors.Invalid):
            catalogue.create_kind(brand_id=stage.brand.pk, code="gift", **(KIND | given), actor=actor(stage.admin))

    def test_stay_on_while_a_playbook_brings_them(self, stage: Stage) -> None:
        with pytest.raises(errors.Invalid, check=lambda e: "delivery" in e.message):
            catalogue.change_kind(
                kind_id=stage.refund.pk,
                **(KIND | {"label": {"en": "Refund"}}),
                is_active=False,
                actor=actor(stage.admin),
            )


class TestSavePlaybook:
    def saved(self, stage: Stage, *lines: playbook.Line) -> Playbook:
        return playbook.save_playbook(category_id=stage.category.pk, severity=3, lines=lines, actor=actor(stage.admin))

    def test_replaces_it_as_a_whole_and_opens_the_next_case_with_it(self, stage: Stage) -> None:
        before = stage.case("p-1")
        self.saved(stage, playbook.Line(stage.apology.pk), playbook.Line(stage.refund.pk, False, stage.team.pk, days=9))
        live = PlaybookVersion.objects.get(status="live")
        lines = list(live.actions.order_by("position").values_list("kind__code", "is_required", "days"))
        assert (live.severity, lines) == (3, [("apology", True, None), ("refund", False, 9)])
        after = stage.case("p-2", author="ann")
        assert [action.kind.code for action in after.actions.order_by("pk")] == ["apology", "refund"]
        assert before.actions.get().kind == stage.refund

    def test_refuses_a_kind_twice_a_foreign_kind_and_one_switched_off(self, stage: Stage) -> None:
        foreign = Kind.objects.create(brand=stage.other_brand, code="x", label={"en": "X"})
        Kind.objects.filter(pk=stage.apology.pk).update(is_active=False)
        for lines in (
            [playbook.Line(stage.refund.pk), playbook.Line(stage.refund.pk)],
            [playbook.Line(foreign.pk)],
            [playbook.Line(stage.apology.pk)],
            [playbook.Line(stage.refund.pk, days=999)],
        ):
            with pytest.raises(errors.Invalid):
                self.saved(stage, *lines)
        assert PlaybookVersion.objects.get().actions.get().kind == stage.refund


def test_set_up_is_in_no_role_but_the_admins() -> None:
    from cases.rules.permission import TABLE

    assert [role for role, permissions in TABLE.items() if Permission.SET_UP in permissions] == [Role.ADMIN]
