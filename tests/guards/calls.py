"""Every call of the API: the permission it needs, and what it acts on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cases.vocabulary import Permission

P = Permission


@dataclass(frozen=True)
class Call:
    """One call: what it needs, and what it acts on (a case, a brand, the organisation, nothing)."""

    method: str
    path: str
    needs: P
    on: str = "case"
    body: dict[str, Any] = field(default_factory=dict)
    or_needs: P | None = None


REASON = {"reason": "Because"}
FROM = {"starts_on": "2030-01-01"}
DAYS = {**FROM, "ends_on": "2030-01-02"}
LOOKED_AT = {"revision": 1}
TELL = {"kind": "tell", "whom": "managers"}
POLICY = {"name": {"en": "New"}, "goal": "decision", "start": "received", "amount": 1, "unit": "week"}
MINUTES = {"start": "2026-03-09T10:00", "amount": 5, "unit": "minute"}
OF_RETURN = {"brand": "brindlewick", "table": "balance", "figure": "received"}
OF_PERIOD = {"brand": "brindlewick", "period": "2026-H1"}
DAILY = {"rhythm": "daily", "recipients": ["manager"]}
CALLS = [
    Call("GET", "me/", P.READ, "nothing"),
    *(
        Call("GET", f"{rows}/", P.READ, "list")
        for rows in (
            "posts",
            "cases",
            "brands",
            "channels",
            "targets",
            "teams",
            "categories",
            "kinds",
            "causes",
            "playbooks",
            "people",
            "calendars",
            "deadline-policies",
            "tags",
            "escalations",
        )
    ),
    Call("POST", "posts/", P.INTAKE, "brand", {"channel": "social", "external_id": "x", "text": "Hello"}),
    Call("POST", "posts/batch/", P.INTAKE, "batch"),
    Call("GET", "posts/<uuid:post>/", P.READ),
    Call("POST", "posts/<uuid:post>/triage/", P.TRIAGE, body={"kind": "complaint"}),
    Call("POST", "posts/<uuid:post>/observations/", P.OBSERVE, body={"kind": "gone"}),
    Call("POST", "posts/<uuid:post>/public-replies/", P.REPLY_IN_PUBLIC, body={"text": "Hello"}),
    Call("POST", "posts/<uuid:post>/pass-on/", P.TRIAGE, body={"person": "colleague"}),
    Call("GET", "cases/<slug:reference>/", P.READ),
    Call("PATCH", "cases/<slug:reference>/", P.TRIAGE, body={"severity": 4}),
    Call("POST", "cases/<slug:reference>/assign/", P.ASSIGN, body={"owner": "colleague"}),
    Call("POST", "cases/<slug:reference>/public-replies/", P.REPLY_IN_PUBLIC, body={"text": "Hello"}),
    Call("GET", "cases/<slug:reference>/messages/", P.READ),
    Call("POST", "cases/<slug:reference>/messages/", P.WRITE_PRIVATELY, body={"text": "Hello"}),
    Call("POST", "cases/<slug:reference>/notes/", P.NOTE, body={"text": "Hello"}),
    Call("GET", "cases/<slug:reference>/events/", P.READ_JOURNAL),
    Call("GET", "cases/<slug:reference>/actions/", P.READ),
    Call("POST", "cases/<slug:reference>/actions/", P.ACT, body={"kind": "apology"}),
    Call("GET", "actions/<uuid:action>/", P.READ),
    Call("PATCH", "actions/<uuid:action>/", P.ACT, body={"wording": "x"}),
    Call("POST", "actions/<uuid:action>/request/", P.ACT),
    Call("GET", "approvals/", P.READ, "list"),
    Call("GET", "approvals/<uuid:approval>/", P.READ),
    # Refused first, it is over for everybody who comes after.
    Call("POST", "approvals/<uuid:approval>/refuse/", P.ACT, body=REASON),
    Call("POST", "approvals/<uuid:approval>/approve/", P.ACT),
    Call("POST", "approvals/<uuid:approval>/return/", P.ACT, body=REASON),
    Call("POST", "approvals/<uuid:approval>/withdraw/", P.ACT),
    Call("POST", "approvals/<uuid:approval>/pass-on/", P.ACT),
    Call("POST", "actions/<uuid:action>/start/", P.ACT),
    Call("POST", "actions/<uuid:action>/fail/", P.ACT, body=REASON),
    Call("POST", "actions/<uuid:action>/propose-again/", P.ACT),
    Call("POST", "actions/<uuid:action>/complete/", P.ACT, body={"outcome": "Done"}),
    # Here only managers hold a grant to waive.
    Call("POST", "actions/<uuid:action>/waive/", P.GRANT, body=REASON),
    Call("POST", "actions/<uuid:action>/cancel/", P.ACT),
    Call("POST", "actions/<uuid:action>/ask/", P.ACT, or_needs=P.SETTLE_DELIVERY),
    Call("POST", "actions/<uuid:action>/send-again/", P.SETTLE_DELIVERY),
    Call("POST", "actions/<uuid:action>/settle/", P.SETTLE_DELIVERY, body={"done": False, "words": "They said so."}),
    Call("POST", "public-replies/<uuid:reply>/posted/", P.REPLY_IN_PUBLIC, body={"url": "https://x.example/"}),
    Call("POST", "threads/<uuid:thread>/confirm/", P.CONFIRM_PERSON),
    Call("POST", "threads/<uuid:thread>/refuse/", P.CONFIRM_PERSON),
    Call("POST", "cases/<slug:reference>/wait/", P.WRITE_PRIVATELY, body={"waiting_for": "A photo"}),
    Call("POST", "cases/<slug:reference>/resume/", P.WRITE_PRIVATELY),
    Call("POST", "cases/<slug:reference>/decline-private/", P.WRITE_PRIVATELY),
    Call("POST", "cases/<slug:reference>/decision/", P.DECIDE, body={"outcome": "upheld", **REASON}),
    Call("POST", "cases/<slug:reference>/final-answer/", P.ANSWER, body={"text": "Sorry"}),
    Call("GET", "cases/<slug:reference>/cause/", P.READ),
    Call("POST", "cases/<slug:reference>/cause/", P.HANDLE, body={"prevention": "A second van"}),
    Call("POST", "cases/<slug:reference>/handle/", P.HANDLE),
    Call("POST", "cases/<slug:reference>/reopen/", P.REOPEN, body=REASON),
    Call("GET", "cases/<slug:reference>/confirmation/", P.READ),
    Call(
        "POST",
        "cases/<slug:reference>/confirmation/",
        P.REOPEN,
        body={"answer": "settled", "words": "Fine now.", "told": "phone"},
    ),
    Call("POST", "cases/<slug:reference>/dismiss/", P.DISMISS, body=REASON),
    Call("POST", "cases/<slug:reference>/merge/", P.DISMISS, body={"into": "BW-2"}),
    Call("POST", "cases/<slug:reference>/split/", P.TRIAGE, body={"post": "00000000-0000-0000-0000-000000000001"}),
    Call("POST", "cases/<slug:reference>/restrict/", P.RESTRICT, body={"restricted": True}),
    Call("POST", "cases/<slug:reference>/withdraw/", P.HANDLE),
    Call("POST", "brands/", P.SET_UP, "organisation", {"name": "New", "slug": "new", "prefix": "NW"}),
    Call("GET", "brands/<slug:slug>/", P.READ, "brand"),
    Call("PATCH", "brands/<slug:slug>/", P.SET_UP, "brand", {"name": "Other"}),
    Call("GET", "regimes/", P.READ, "nothing"),
    Call("GET", "brands/<slug:slug>/regime/", P.READ, "brand"),
    Call("PATCH", "brands/<slug:slug>/regime/", P.SET_UP, "brand", {"name": "Ours", "demands": ["decision"]}),
    Call("POST", "brands/<slug:slug>/regime/remove/", P.SET_UP, "brand"),
    Call("POST", "causes/", P.SET_UP, "brand", {"code": "new", "label": {"en": "New"}}),
    Call("POST", "channels/", P.SET_UP, "brand", {"name": "C", "slug": "c", "kind": "webhook", "platform": "c"}),
    Call("POST", "targets/", P.SET_UP, "brand", {"name": "New", "url": "https://x.example/"}),
    Call("POST", "targets/<int:number>/secret/", P.SET_UP, "brand"),
    Call("POST", "teams/", P.SET_UP, "brand", {"name": "New team"}),
    Call("POST", "categories/", P.SET_UP, "brand", {"code": "new", "label": {"en": "New"}}),
    Call("POST", "categories/<int:number>/merge/", P.SET_UP, "brand", {"into": "wide"}),
    Call("POST", "kinds/", P.SET_UP, "brand", {"code": "new", "label": {"en": "New"}}),
    Call("POST", "playbooks/", P.SET_UP, "brand", {"wish": "money", "actions": [{"kind": "apology"}]}),
    Call("POST", "playbooks/<int:number>/draft/", P.SET_UP, "brand", {"actions": [{"kind": "apology"}]}),
    Call("POST", "playbooks/<int:number>/live/", P.SET_UP, "brand"),
    Call("GET", "playbooks/<int:number>/trial/", P.SET_UP, "brand"),
    Call("POST", "playbooks/<int:number>/retire/", P.SET_UP, "brand"),
    *(
        Call(method, f"{rows}/<int:number>/", needs, "brand", {"is_active": True} if method == "PATCH" else {})
        for rows in ("channels", "targets", "teams", "categories", "kinds", "causes", "playbooks")
        for method, needs in (("GET", P.READ), ("PATCH", P.SET_UP))
    ),
    *(Call("GET", f"{rows}/", P.SEE_AUTHORITY, "overseen") for rows in ("grants", "absences", "rates", "waivers")),
    Call("GET", "reports/", P.SEE_REPORTS, "overseen"),
    Call("GET", "reports/front/", P.SEE_REPORTS, "overseen"),
    Call("GET", "reports/<slug:report>/", P.SEE_REPORTS, "overseen"),
    Call("GET", "reports/<slug:report>/behind/", P.SEE_REPORTS, "overseen", {"figure": "received"}),
    Call("GET", "reports/<slug:report>/exports/", P.SEE_REPORTS, "overseen"),
    Call("POST", "reports/<slug:report>/exports/", P.SEE_REPORTS, "overseen", {"format": "csv"}),
    Call("GET", "reports/exports/<uuid:export>/", P.SEE_REPORTS, "own"),
    Call("GET", "reports/exports/<uuid:export>/file/", P.SEE_REPORTS, "own"),
    Call("POST", "reports/exports/<uuid:export>/cancel/", P.SEE_REPORTS, "own"),
    Call("POST", "reports/<slug:report>/runs/", P.SEE_REPORTS, "overseen"),
    Call("GET", "reports/<slug:report>/runs/<uuid:run>/", P.SEE_REPORTS, "own"),
    Call("POST", "reports/<slug:report>/runs/<uuid:run>/cancel/", P.SEE_REPORTS, "own"),
    Call("GET", "saved-reports/", P.SEE_REPORTS, "overseen"),
    Call("POST", "saved-reports/", P.SEE_REPORTS, "overseen", {"name": "New", "report": "speed"}),
    Call("GET", "saved-reports/<uuid:saved>/", P.SEE_REPORTS, "kept"),
    Call("PATCH", "saved-reports/<uuid:saved>/", P.SEE_REPORTS, "kept", {"name": "Other"}),
    Call("POST", "saved-reports/<uuid:saved>/schedule/", P.SEE_REPORTS, "kept", DAILY),
    Call("POST", "saved-reports/<uuid:saved>/send/", P.SEE_REPORTS, "kept"),
    # Who is sent it by the schedule before leaves it; afterwards there is nothing to leave.
    Call("POST", "saved-reports/<uuid:saved>/leave/", P.SEE_REPORTS, "kept"),
    Call("POST", "saved-reports/<uuid:saved>/unschedule/", P.SEE_REPORTS, "kept"),
    Call("DELETE", "saved-reports/<uuid:saved>/", P.SEE_REPORTS, "kept"),
    Call("GET", "returns/<slug:regulator>/", P.SEE_REPORTS, "reports", {"brand": "brindlewick"}),
    Call("GET", "returns/<slug:regulator>/behind/", P.SEE_REPORTS, "reports", OF_RETURN),
    Call("GET", "returns/<slug:regulator>/file/", P.SEE_REPORTS, "reports", {"brand": "brindlewick", "format": "csv"}),
    Call("POST", "returns/<slug:regulator>/runs/", P.SEE_REPORTS, "reports", OF_PERIOD),
    Call("GET", "returns/<slug:regulator>/runs/<uuid:return_run>/", P.SEE_REPORTS, "own"),
    Call("POST", "returns/<slug:regulator>/runs/<uuid:return_run>/cancel/", P.SEE_REPORTS, "own"),
    Call("GET", "frozen-periods/", P.SEE_REPORTS, "overseen"),
    Call("POST", "frozen-periods/", P.SIGN_REPORTS, "brand", {"period": "2020-H1"}),
    Call("GET", "frozen-periods/<uuid:frozen>/", P.SEE_REPORTS, "reports"),
    Call("GET", "frozen-periods/<uuid:frozen>/file/", P.SEE_REPORTS, "reports"),
    Call("POST", "frozen-periods/<uuid:frozen>/sign/", P.SIGN_REPORTS, "reports"),
    Call("GET", "authority/", P.READ, "nothing"),
    Call("GET", "authority/missing/", P.SEE_AUTHORITY, "overseen"),
    Call("GET", "grants/<int:number>/", P.SEE_AUTHORITY, "brand"),
    Call("POST", "grants/", P.GRANT, "giving", {"person": "agent", "per_action": "5"}),
    Call("POST", "grants/<int:number>/replace/", P.GRANT, "giving", {"per_action": "6"}),
    Call("POST", "grants/<int:number>/end/", P.GRANT, "giving"),
    Call("POST", "absences/", P.GRANT, "giving", {"person": "colleague", **DAYS}),
    Call("POST", "absences/<int:number>/end/", P.GRANT, "giving"),
    Call("POST", "rates/", P.SET_UP, "brand", {"currency": "USD", "into": "EUR", "rate": "0.9", **FROM}),
    Call("GET", "cases/<slug:reference>/deadlines/", P.READ),
    Call("POST", "cases/<slug:reference>/deadlines/<int:deadline>/extend/", P.ANSWER, body=REASON),
    Call("GET", "cases/<slug:reference>/explanations/", P.READ),
    Call("GET", "cases/<slug:reference>/tags/", P.READ),
    Call("POST", "cases/<slug:reference>/tags/", P.ACT, body={"tag": "angry"}),
    Call("DELETE", "cases/<slug:reference>/tags/<int:tag>/", P.ACT),
    Call("GET", "escalations/<uuid:escalation>/", P.READ),
    Call("POST", "escalations/<uuid:escalation>/useful/", P.READ, body={"useful": True}),
    Call("POST", "calendars/", P.SET_UP, "brand", {"name": "N", "zone": "UTC", "week": {"mon": [["09:00", "17:00"]]}}),
    Call("GET", "calendars/<uuid:calendar>/", P.READ, "brand"),
    Call("PATCH", "calendars/<uuid:calendar>/", P.SET_UP, "brand", {**LOOKED_AT, "name": "Other"}),
    Call("GET", "calendars/<uuid:calendar>/days/", P.READ, "brand"),
    Call("POST", "calendars/<uuid:calendar>/days/", P.SET_UP, "brand", {**LOOKED_AT, "days": [{"day": "2030-01-01"}]}),
    Call("POST", "calendars/<uuid:calendar>/days/remove/", P.SET_UP, "brand", {**LOOKED_AT, "days": ["2030-01-01"]}),
    Call("POST", "calendars/<uuid:calendar>/teams/", P.SET_UP, "brand", {"team": 1}),
    *(
        Call("POST", f"calendars/<uuid:calendar>/{switch}/", P.SET_UP, "brand", LOOKED_AT)
        for switch in ("default", "retire", "restore")
    ),
    Call("GET", "calendars/<uuid:calendar>/add/", P.READ, "brand", MINUTES),
    Call("GET", "calendars/<uuid:calendar>/between/", P.READ, "brand", {"start": "2026-03-09", "end": "2026-03-10"}),
    Call("GET", "deadline-policies/packs/", P.READ, "nothing"),
    Call("POST", "deadline-policies/packs/<slug:pack>/adopt/", P.SET_UP, "brand"),
    Call("POST", "deadline-policies/", P.SET_UP, "brand", POLICY),
    Call("GET", "deadline-policies/<uuid:policy>/", P.READ, "brand"),
    Call("POST", "deadline-policies/<uuid:policy>/replace/", P.SET_UP, "brand", {"amount": 2}),
    Call("POST", "deadline-policies/<uuid:policy>/end/", P.SET_UP, "brand"),
    Call("POST", "tags/", P.SET_UP, "brand", {"name": "new"}),
    Call("GET", "tags/<int:number>/", P.READ, "brand"),
    Call("PATCH", "tags/<int:number>/", P.SET_UP, "brand", {"name": "other"}),
    Call("GET", "rules/", P.SEE_AUTHORITY, "overseen"),
    Call("POST", "rules/", P.SET_UP, "brand", {"name": "New", "when": {"when": "wrote"}, "steps": [TELL]}),
    Call("POST", "rules/order/", P.SET_UP, "brand", {"rules": []}),
    Call("GET", "rules/<uuid:rule>/", P.SEE_AUTHORITY, "brand"),
    Call("PATCH", "rules/<uuid:rule>/", P.SET_UP, "brand", {**LOOKED_AT, "when": {"when": "wrote"}}),
    Call("GET", "rules/<uuid:rule>/replays/", P.SEE_AUTHORITY, "brand"),
    Call("POST", "rules/<uuid:rule>/replays/", P.SET_UP, "brand", DAYS, or_needs=P.REASSIGN_ALL),
    Call("GET", "rules/<uuid:rule>/replays/<uuid:replay>/", P.SEE_AUTHORITY, "brand"),
    Call("GET", "rules/<uuid:rule>/replays/<uuid:replay>/acts/", P.SEE_AUTHORITY, "brand"),
    Call("POST", "rules/<uuid:rule>/replays/<uuid:replay>/cancel/", P.SET_UP, "brand", or_needs=P.REASSIGN_ALL),
    *(
        Call("POST", f"rules/<uuid:rule>/{move}/", P.SET_UP, "brand", LOOKED_AT)
        for move in ("publish", "pause", "resume", "discard", "retire")
    ),
    Call("POST", "people/", P.MANAGE_PEOPLE, "invite", {"username": "new", "email": "n@example.org", "name": "New"}),
    Call("GET", "people/<str:username>/", P.READ, "brand"),
    Call("PATCH", "people/<str:username>/", P.MANAGE_PEOPLE, "brand", {"name": "Other"}),
    Call("POST", "people/<str:username>/memberships/", P.MANAGE_PEOPLE, "brand", {"role": "agent"}),
    Call("POST", "people/<str:username>/invitation/", P.MANAGE_PEOPLE, "brand"),
    Call("POST", "people/<str:username>/hand-over/", P.REASSIGN_ALL, "brand", {"to": "agent"}),
    Call("POST", "people/<str:username>/deactivate/", P.MANAGE_PEOPLE, "brand", {"heir": "agent"}),
    Call("POST", "people/<str:username>/reactivate/", P.MANAGE_PEOPLE, "brand"),
]
