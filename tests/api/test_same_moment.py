"""The same call with the same key at the same moment, on real connections: one does it, both get its answer."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections

from cases.models import Event, Post
from tests.api.calls import Program
from tests.people import set_stage


@pytest.mark.database
@pytest.mark.parametrize("key", ["k-1", None])
def test_two_at_once_are_one(own_database: str, key: str | None) -> None:
    stage = set_stage()
    programs = [Program(stage.agent) for _ in range(4)]
    for program in programs[1:]:
        program.headers = programs[0].headers
    body = {"brand": "brindlewick", "channel": "social", "external_id": "a-1", "text": "Where is my sofa?"}
    answers: list[Any] = []
    start = threading.Barrier(len(programs))

    def call(program: Program) -> None:
        start.wait()
        headers = {"Idempotency_Key": key} if key else {}
        try:
            answers.append(program.post("posts/", body, **headers))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call, args=(program,)) for program in programs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == ([201] * 4 if key else [200, 200, 200, 201])
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Post.objects.count() == Event.objects.filter(kind="post_received").count() == 1
