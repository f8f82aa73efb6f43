"""What can be found: one row per searchable text, written by the database in the same transaction."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from cases.vocabulary import Source


class SearchEntry(models.Model):
    """The stems of one text, its brand, and the case or post it leads to; kept by triggers."""

    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=12, choices=Source.choices)
    source_id = models.BigIntegerField()
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("cases.Post", null=True, on_delete=models.PROTECT, related_name="+")
    document = SearchVectorField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="search_entry_once")]
        indexes = [
            GinIndex(fields=["document"], name="search_document", fastupdate=False),
            models.Index(fields=["brand", "-at", "-id"], name="search_newest"),
        ]
