"""Actions that a connected system has: cancelled, asked about, sent again, settled by a person's word."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.action import ActionsOf
from cases.api.endpoint import found
from cases.api.fields import Amount, Words
from cases.api.schema import changes
from cases.api.shapes import ActionShape
from cases.commands import carrying as commands
from cases.queries import api as queries


class SettleIn(serializers.Serializer[Any]):
    """What a person knows of an action that a connected system has."""

    done = serializers.BooleanField()
    words = Words(max_length=2_000, help_text="how they know it")
    reference = Words(max_length=120, required=False, help_text="what proves it, when it was done")
    amount = Amount(required=False, allow_null=True, help_text="what was paid, when it was less than decided")
    done_on = serializers.DateField(required=False, allow_null=True, help_text="the day it took place")


class CancelSent(ActionsOf):
    """Cancelled, if it is not too late."""

    @changes(ActionShape, "Ask the connected system not to do it; its answer comes later")
    def post(self, request: Request, action: UUID) -> Response:  # noqa: ARG002
        """The action."""
        return self.act(action, commands.cancel_sent)


class AskAgain(ActionsOf):
    """Asked about."""

    @changes(ActionShape, "Ask the connected system how the action stands; its answer comes later")
    def post(self, request: Request, action: UUID) -> Response:  # noqa: ARG002
        """The action."""
        return self.act(action, commands.ask_again)


class SendAgain(ActionsOf):
    """Sent again."""

    @changes(ActionShape, "Send the order again with the same key, after the system said that it does not know it")
    def post(self, request: Request, action: UUID) -> Response:  # noqa: ARG002
        """The action."""
        return self.act(action, commands.send_again)


class Settle(ActionsOf):
    """Settled by a person's word."""

    @changes(ActionShape, "Say what became of it, by a person's word", takes=SettleIn)
    def post(self, request: Request, action: UUID) -> Response:  # noqa: ARG002
        """The action."""
        found(queries.action_row(self.seer, action))
        given = self.given(SettleIn)
        if not given["done"]:
            return self.act(action, commands.settle_not_done, words=given["words"])
        return self.act(
            action,
            commands.settle_done,
            words=given["words"],
            reference=given.get("reference", ""),
            amount=given.get("amount"),
            done_on=given.get("done_on"),
        )
