"""Who may do what to a case: one table, asked by every command."""

from __future__ import annotations

from cases.vocabulary import Permission, Role

_READER = frozenset({Permission.READ, Permission.READ_JOURNAL})
_OVERSEER = _READER | {Permission.SEE_AUTHORITY, Permission.SEE_REPORTS}
_AGENT = _READER | {
    Permission.TRIAGE,
    Permission.OBSERVE,
    Permission.REPLY_IN_PUBLIC,
    Permission.WRITE_PRIVATELY,
    Permission.NOTE,
    Permission.ASSIGN,
    Permission.DECIDE,
    Permission.ACT,
    Permission.ANSWER,
    Permission.HANDLE,
    Permission.REOPEN,
    Permission.DISMISS,
    Permission.CONFIRM_PERSON,
    Permission.REPORT_MISDIRECTED,
    Permission.INTAKE,
}

TABLE: dict[Role, frozenset[Permission]] = {
    Role.AUDITOR: _OVERSEER,
    Role.AGENT: _AGENT,
    Role.MANAGER: _AGENT
    | {
        Permission.GRANT,
        Permission.SEE_AUTHORITY,
        Permission.SEE_REPORTS,
        Permission.SEE_PEOPLE,
        Permission.SIGN_REPORTS,
        Permission.RESTRICT,
        Permission.REASSIGN_ALL,
        Permission.REPLAY_INTAKE,
        Permission.SETTLE_DELIVERY,
    },
    Role.ADMIN: _OVERSEER
    | {
        Permission.SET_UP,
        Permission.MANAGE_PEOPLE,
        Permission.REPLAY_INTAKE,
        Permission.SETTLE_DELIVERY,
        Permission.INTAKE,
    },
}

# Who can own a case: whoever may carry it all the way.
OWNERS = frozenset({Role.AGENT, Role.MANAGER})


def may(role: Role | None, permission: Permission) -> bool:
    """Whether this role carries this permission; no role carries none."""
    return role is not None and permission in TABLE[role]


def may_own(role: Role | None) -> bool:
    """Whether somebody in this role can own a case."""
    return role in OWNERS
