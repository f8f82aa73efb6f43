"""The pages of policies: sentences that managers read, and that admins make, replace, end and adopt."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone, translation

from cases.commands import policy as commands
from cases.models import Calendar, Case, Deadline, DeadlineCheck, Policy
from cases.rules.policies import PACKS
from cases.vocabulary import Goal, Needs, Sort, Start, Unit
from cases.web import policy_words as words
from tests.desk import signed_in, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
LIST = "/settings/brands/brindlewick/deadlines/"
FORM = {"goal": "first_reply", "amount": "4", "unit": "open_hour", "start": "received", "extends": ""}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def admin(stage: Stage) -> Client:
    return signed_in(stage.admin)


def made(stage: Stage, **more: object) -> Policy:
    terms = commands.Terms({"en": "Reply soon"}, "first_reply", "received", 4, "open_hour", **more)  # type: ignore[arg-type]
    return commands.add_policy(brand_id=stage.brand.pk, terms=terms, at=AT, actor=actor(stage.admin))


def terms(**more: object) -> Policy:
    plain = {"goal": Goal.FIRST_REPLY, "start": Start.RECEIVED, "amount": 4, "unit": Unit.OPEN_HOUR}
    return Policy(**{**plain, **more})


class TestASentence:
    def test_says_everything_there_is(self) -> None:
        policy = terms(pauses=True, extends=Needs.REASON, extend_amount=2, extend_unit=Unit.OPEN_HOUR)
        assert words.sentence(policy, "Brindlewick") == (
            "First private reply within 4 working hours of when we received it, on the hours of “Brindlewick”; pauses "
            "while we wait for them; may be extended once by 2 working hours with a reason."
        )

    def test_says_no_calendar_where_none_counts(self) -> None:
        policy = terms(goal=Goal.FINAL_ANSWER, amount=1, unit=Unit.MONTH, start=Start.POSTED)
        assert words.sentence(policy) == "Final answer within 1 month of when they posted or sent it."

    def test_says_which_holidays_where_only_these_count(self) -> None:
        policy = terms(goal=Goal.ACKNOWLEDGE, amount=10, unit=Unit.OUVRABLE, start=Start.POSTED)
        assert words.sentence(policy, "Brindlewick", "public holidays of France").endswith(
            " within 10 days (Monday to Saturday, without holidays) of when they posted or sent it; public holidays of "
            "France."
        )

    def test_says_the_rest(self) -> None:
        policy = terms(
            goal=Goal.UPDATE,
            start=Start.TOLD,
            unit=Unit.WORKING_DAY,
            end_of_day=True,
            next_day_counts=True,
            again=True,
            superseded_by_answer=True,
            extends=Needs.NOTICE,
            extend_amount=1,
            extend_unit=Unit.WEEK,
        )
        said = words.sentence(policy)
        for part in (
            "within 4 working days of what they were told last, on our working hours",
            "the last day counts until it ends",
            "counts from the next opening",
            "each time anew",
            "begins again when the case is reopened",
            "not needed once the final answer has gone",
            "by 1 week, with a reason that they are told before the date.",
        ):
            assert part in said

    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_stands_for_every_start_unit_and_pack(self, language: str) -> None:
        with translation.override(language):
            for start in Start:
                for unit in Unit:
                    assert words.sentence(terms(start=start, unit=unit)).endswith(".")
            for pack in PACKS.values():
                assert all(words.sentence(one) for one in pack.policies)

    def test_says_for_which_cases(self) -> None:
        assert words.scope([], [], []) == "every case"
        said = words.scope(["Delivery", "Billing"], [3, 4], [Sort.ANONYMOUS])
        assert said == "Delivery or Billing · severity high or critical · somebody without a name"


class TestPolicies:
    @pytest.mark.parametrize(
        ("who", "reads", "changes"),
        [
            ("admin", 200, 200),
            ("manager", 200, 403),
            ("auditor", 200, 403),
            ("agent", 403, 403),
            ("outsider", 404, 404),
        ],
    )
    def test_are_read_by_managers_and_changed_by_admins(self, stage: Stage, who: str, reads: int, changes: int) -> None:
        policy, client = made(stage), signed_in(getattr(stage, who))
        assert client.get(LIST).status_code == reads
        for path in (f"{LIST}+/", f"{LIST}{policy.pk}/"):
            assert client.get(path).status_code == changes
        if changes != 200:
            for path in (f"{policy.pk}/end/", "adopt/", "sentence/", "+/"):
                assert client.post(f"{LIST}{path}", {**FORM, "pack": "gdpr"}).status_code == changes
            assert Policy.objects.filter(ended_at__isnull=True).count() == 1

    def test_are_grouped_with_how_many_open_cases_have_each(self, stage: Stage) -> None:
        made(stage, source="Our own promise")
        taken(stage)
        client = signed_in(stage.manager)
        shown = client.get(LIST).content.decode()
        assert "within 4 working hours of when we received it" in shown
        assert "Our own promise" in shown
        assert "1 open case" in shown
        assert "New deadline" not in shown
        Case.objects.update(is_restricted=True)
        auditor = signed_in(stage.auditor).get(LIST).content.decode()
        assert "0 open cases" in auditor

    def test_of_another_brand_are_not_there(self, stage: Stage, admin: Client) -> None:
        terms_of = commands.Terms({"en": "X"}, "decision", "received", 1, "day")
        other = commands.add_policy(brand_id=stage.other_brand.pk, terms=terms_of, at=AT, actor=actor(stage.admin))
        assert admin.get(f"{LIST}{other.pk}/").status_code == 404
        assert admin.post(f"{LIST}{other.pk}/end/").status_code == 404

    def test_say_when_they_were_checked_last(self, stage: Stage, admin: Client) -> None:
        assert "the first time is still to come" in admin.get(LIST).content.decode()
        case = taken(stage)
        DeadlineCheck.objects.create(checked=40, differed=0)
        assert "Nothing came out differently" in admin.get(LIST).content.decode()
        DeadlineCheck.objects.create(
            at=timezone.now(), checked=1240, differed=1, differences=[{"case": case.pk, "fields": ["due_at"]}]
        )
        shown = admin.get(LIST).content.decode()
        assert "1 case of this brand came out differently" in shown
        assert case.reference in shown
        assert "1,240 computed, 1 different" in shown
        assert "1,240" not in signed_in(stage.manager).get(LIST).content.decode()


class TestADeadline:
    def test_is_added_and_named_after_what_it_asks(self, stage: Stage, admin: Client) -> None:
        hours = Calendar.objects.create(brand=stage.brand, name="Night", zone="UTC", week={"mon": [["09:00", "10:00"]]})
        given = {
            **FORM,
            "pauses": "on",
            "calendar": hours.pk,
            "severities": ["3", "4"],
            "category_ids": [stage.category.pk],
            "sorts": ["named"],
            "extends": "notice",
            "extend_amount": "2",
            "extend_unit": "open_hour",
        }
        assert admin.post(f"{LIST}+/", given).status_code == 302
        policy = Policy.objects.get()
        assert (policy.amount, policy.pauses, policy.calendar, policy.extends) == (4, True, hours, "notice")
        assert (policy.severities, policy.category_ids, policy.sorts) == ([3, 4], [stage.category.pk], ["named"])
        assert policy.name["en"] == "First private reply"
        shown = admin.get(LIST).content.decode()
        assert "Delivery · severity high or critical · somebody with a name" in shown

    @pytest.mark.parametrize(
        "wrong",
        [
            {"amount": "0"},
            {"amount": "9999999"},
            {"unit": "fortnight"},
            {"goal": "promise"},
            {"start": "never"},
            {"goal": "reply", "start": "received"},
            {"extends": "reason"},
            {"extends": "reason", "extend_amount": "2"},
            {"severities": ["9"]},
            {"category_ids": ["999999"]},
            {"calendar": "999999"},
            {"calendar": "x"},
        ],
    )
    def test_says_what_is_wrong(self, stage: Stage, admin: Client, wrong: dict[str, object]) -> None:
        assert admin.post(f"{LIST}+/", {**FORM, **wrong}).status_code == 422
        assert not Policy.objects.exists()

    def test_is_replaced_and_open_cases_keep_theirs(self, stage: Stage, admin: Client) -> None:
        policy = made(stage)
        held = Deadline.objects.get(case=taken(stage))
        assert "The 1 open case that has the deadline" in admin.get(f"{LIST}{policy.pk}/").content.decode()
        assert admin.post(f"{LIST}{policy.pk}/", {**FORM, "amount": "2"}).status_code == 302
        held.refresh_from_db()
        assert held.policy_id == policy.pk
        assert Policy.objects.get(ended_at__isnull=True).amount == 2
        shown = admin.get(LIST).content.decode()
        assert "1 deadline that ended" in shown
        assert admin.post(f"{LIST}{policy.pk}/", {**FORM, "amount": "3"}).status_code == 422

    def test_is_ended_once(self, stage: Stage, admin: Client) -> None:
        policy = made(stage)
        assert admin.post(f"{LIST}{policy.pk}/end/", follow=True).status_code == 200
        policy.refresh_from_db()
        assert policy.ended_at
        again = admin.post(f"{LIST}{policy.pk}/end/", follow=True)
        assert again.status_code == 200

    def test_reads_as_it_is_written(self, stage: Stage, admin: Client) -> None:
        shown = admin.post(f"{LIST}sentence/", {**FORM, "severities": ["4"]}).content.decode()
        assert "First private reply within 4 working hours of when we received it" in shown
        assert "For severity critical." in shown
        assert "once what is asked for is complete" in admin.post(f"{LIST}sentence/", {"goal": "x"}).content.decode()

    def test_reads_at_once_as_it_begins(self, stage: Stage, admin: Client) -> None:
        assert " within 4 working hours of when we received it" in admin.get(f"{LIST}+/").context["sentence"]


class TestPacks:
    def test_say_what_every_case_has_a_deadline_for(self, stage: Stage, admin: Client) -> None:
        pack = PACKS["casedesk"]
        first = next(one for one in pack.policies if one.goal == Goal.FIRST_REPLY)
        said = f"Every case has a deadline already for: {first.goal.label}."
        assert said not in admin.get(LIST).content.decode()
        made(stage, severities=[4])
        assert said not in admin.get(LIST).content.decode()
        made(stage)
        assert said in admin.get(LIST).content.decode()
        answer = admin.post(f"{LIST}adopt/", {"pack": pack.code})
        assert answer["Location"] == f"{LIST}#goal-first_reply"
        shown = admin.get(LIST).content.decode()
        assert f"two deadlines now for: {first.goal.label}. End the older one" in shown
        assert 'id="goal-first_reply"' in shown

    def test_are_adopted_whole_and_once(self, stage: Stage, admin: Client) -> None:
        shown = admin.get(LIST).content.decode()
        for pack in PACKS.values():
            assert pack.source in shown
        assert admin.post(f"{LIST}adopt/", {"pack": "acpr"}).status_code == 302
        assert Policy.objects.filter(pack="acpr").count() == len(PACKS["acpr"].policies)
        refused = admin.post(f"{LIST}adopt/", {"pack": "acpr"}, follow=True).content.decode()
        assert "already" in refused
        assert admin.post(f"{LIST}adopt/", {"pack": "nothing"}).status_code == 404

    def test_give_one_deadline_to_begin_with(self, stage: Stage, admin: Client) -> None:
        for pack in PACKS.values():
            for one in pack.policies:
                answer = admin.get(f"{LIST}+/", {"ready": one.code})
                assert words.sentence(one) in answer.context["sentence"]
        assert admin.get(f"{LIST}+/", {"ready": "nothing"}).status_code == 200
