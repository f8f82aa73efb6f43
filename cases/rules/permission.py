"""Who may do what to a case: one table, asked by every command."""

from __future__ import annotations

from cases.vocabulary import Permission as P
from cases.vocabulary import Role

_READER = frozenset({P.READ, P.READ_JOURNAL})
_AGENT = _READER | {
    P.TRIAGE,
    P.OBSERVE,
    P.REPLY_IN_PUBLIC,
    P.WRITE_PRIVATELY,
    P.NOTE,
    P.ASSIGN,
    P.DECIDE,
    P.ACT,
    P.ANSWER,
    P.HANDLE,
    P.REOPEN,
    P.DISMISS,
    P.CONFIRM_PERSON,
    P.REPORT_MISDIRECTED,
    P.INTAKE,
}

TABLE: dict[Role, frozenset[P]] = {
    Role.AUDITOR: _READER,
    Role.AGENT: _AGENT,
    Role.MANAGER: _AGENT | {P.WAIVE, P.RESTRICT, P.REASSIGN_ALL, P.REPLAY_INTAKE, P.SETTLE_DELIVERY},
    Role.ADMIN: _READER | {P.SET_UP, P.MANAGE_PEOPLE, P.REPLAY_INTAKE, P.SETTLE_DELIVERY, P.INTAKE},
}

# Who can own a case: whoever may carry it all the way.
OWNERS = frozenset({Role.AGENT, Role.MANAGER})


def may(role: Role | None, permission: P) -> bool:
    """Whether this role carries this permission; no role carries none."""
    return role is not None and permission in TABLE[role]


def may_own(role: Role | None) -> bool:
    """Whether somebody in this role can own a case."""
    return role in OWNERS
