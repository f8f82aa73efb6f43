"""What the calls about returns to regulators answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cases.api.fields import Instant
from cases.api.report_shapes import LinkShape
from cases.vocabulary import RunStatus


class ReturnCaseShape(serializers.Serializer[Any]):
    """One case behind a figure of a return."""

    case = serializers.CharField(source="reference", help_text="a reference")
    headline = serializers.CharField(allow_blank=True)
    status = serializers.CharField()
    received_at = Instant()
    owner = serializers.CharField(allow_blank=True)


class ReturnBehindShape(serializers.Serializer[Any]):
    """The cases behind a figure of a return, by when they were received."""

    figure = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes fields out of the class
    definition = serializers.CharField()
    count = serializers.IntegerField(help_text="how many there are in all")
    next = serializers.CharField(allow_null=True)
    results = ReturnCaseShape(many=True)


class ReturnFigureShape(serializers.Serializer[Any]):
    """One figure of a return, and the cases that it counts."""

    name = serializers.CharField()
    count = serializers.IntegerField()
    money = serializers.DictField(child=serializers.CharField(), help_text="by currency, where it is a sum")
    behind = LinkShape()


class ReturnRowShape(serializers.Serializer[Any]):
    """One line of a table."""

    keys = serializers.ListField(child=serializers.CharField(allow_blank=True))
    labels = serializers.ListField(child=serializers.CharField(allow_blank=True))
    figures = ReturnFigureShape(many=True)


class ReturnSectionShape(serializers.Serializer[Any]):
    """One table of a return."""

    name = serializers.CharField()
    title = serializers.CharField()
    rows = ReturnRowShape(many=True)


class ReturnWordsShape(serializers.Serializer[Any]):
    """What a figure is called and counts."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes fields out of the class
    definition = serializers.CharField()


class ReturnBalanceShape(serializers.Serializer[Any]):
    """Outstanding at the start and received (or reopened) is closed and outstanding at the end."""

    outstanding_at_start = serializers.IntegerField()
    received = serializers.IntegerField()
    reopened = serializers.IntegerField()
    closed = serializers.IntegerField()
    outstanding_at_end = serializers.IntegerField()
    holds = serializers.BooleanField()


class ReturnShape(serializers.Serializer[Any]):
    """A return as known now."""

    name = serializers.CharField()
    title = serializers.CharField()
    brand = serializers.CharField()
    period = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()
    zone = serializers.CharField()
    computed_at = Instant()
    version = serializers.IntegerField(help_text="of the definitions")
    is_over = serializers.BooleanField(help_text="only what is over can be frozen")
    is_nil = serializers.BooleanField(help_text="there is nothing to report")
    page = serializers.CharField()
    balance = ReturnBalanceShape()
    definitions = ReturnWordsShape(many=True)
    sections = ReturnSectionShape(many=True)


class ReturnRunShape(serializers.Serializer[Any]):
    """A return that is made in the background: how far it is."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    brand = serializers.CharField()
    period = serializers.CharField()
    status = serializers.ChoiceField(choices=RunStatus.choices)
    done = serializers.IntegerField(help_text="complaints")
    total = serializers.IntegerField(help_text="complaints")
    percent = serializers.IntegerField()
    error = serializers.CharField(allow_blank=True, help_text="why it failed: a code")
    started_at = Instant()
    ended_at = Instant(allow_null=True)
    url = serializers.CharField(help_text="where to look again")
    answer = serializers.CharField(help_text="where the return is once it is done, for two weeks")
