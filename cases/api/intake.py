"""Posts as programs deliver and read them: one, many, a list, one with everything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import Endpoint, Paged, found
from cases.api.errors import Unusable, document, line
from cases.api.fields import Code, Line, Words
from cases.api.schema import ProblemShape, changes, reads
from cases.api.shapes import PostShape, WholePostShape
from cases.commands import intake
from cases.commands.moves import Received
from cases.models import Channel, Post
from cases.queries import api as queries
from cases.rules.arrival import Arrival
from cases.rules.import_times import BadTimeError, parse_time
from cases.vocabulary import PostKind, Precision

MANY = 500
_STILL = gettext_lazy("The same came before and could not be used either.")


class AuthorIn(serializers.Serializer[Any]):
    """Who wrote it, as the platform calls them."""

    handle = Line(max_length=200)
    name = Words(max_length=200, required=False, default="")


class PostIn(serializers.Serializer[Any]):
    """A public statement as a program delivers it."""

    brand = Code(help_text="the brand's slug")
    channel = Code(help_text="the channel's slug")
    external_id = Line(max_length=255, help_text="what the platform calls it; the same again is the same post")
    text = Words()
    author = AuthorIn(required=False, allow_null=True)
    url = Line(max_length=2000, required=False, allow_blank=True, allow_null=True)
    posted_at = Line(
        max_length=40,
        required=False,
        allow_null=True,
        help_text="an instant like 2026-03-01T12:00:00Z, or a day; without a zone it is the brand's; else the arrival",
    )
    lang = Line(max_length=8, required=False, allow_blank=True, allow_null=True)


class BatchIn(serializers.Serializer[Any]):
    """Many posts; a line that cannot be used blocks no other."""

    posts = serializers.ListField(
        child=serializers.DictField(), min_length=1, max_length=MANY, help_text="each as for posts/"
    )


class LineShape(serializers.Serializer[Any]):
    """What became of one line of a batch."""

    status = serializers.IntegerField(help_text="201 new, 200 known, else the status of its problem")
    external_id = serializers.CharField(allow_null=True)
    post = PostShape(allow_null=True)
    problem = ProblemShape(allow_null=True)


class BatchShape(serializers.Serializer[Any]):
    """What became of each line, in order."""

    results = LineShape(many=True)


class PostsAsked(Paged):
    """Which posts."""

    brand = Code(required=False)
    channel = Code(required=False)
    kind = serializers.ChoiceField(required=False, choices=[*PostKind.values, "none"], help_text="none: untriaged")
    external_id = Line(max_length=255, required=False)
    case = Code(required=False, help_text="a reference")


class PostPage(serializers.Serializer[Any]):
    """A page of posts, newest first."""

    next = serializers.CharField(allow_null=True)
    results = PostShape(many=True)


@dataclass(frozen=True, slots=True)
class Delivered:
    """One line of what a program delivered, ready for its channel; or why it is not."""

    channel_id: int
    arrival: Arrival


class Posts(Endpoint):
    """The posts of the person's brands."""

    @reads(PostPage, "Posts, newest first", operation_id="posts_list", takes=[PostsAsked], refuses=[422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of posts."""
        asked = self.asked(PostsAsked)
        rows = _filtered(queries.posts(self.seer), asked).order_by("-pk")
        if "cursor" in asked:
            rows = rows.filter(pk__lt=asked["cursor"])
        return self.page(list(rows[: asked["limit"] + 1]), PostShape, asked)

    @changes(PostShape, "Take a post in; the same again is the same post", takes=PostIn, status=(200, 201))
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """201 for a new post, 200 for a known one, 422 for what waits in the tray."""
        given = self.given(PostIn)
        at = timezone.now()
        channel = _channel(_channels(self.seer.brand_ids, [given]), given)
        delivered = _delivered(given, channel, queries.first_received_at(channel.pk, [given["external_id"]]), at)
        return self.run(
            intake.receive,
            _named,
            self._shown,
            status=_status,
            channel_id=channel.pk,
            arrival=delivered.arrival,
            at=at,
        )

    def _shown(self, result: dict[str, Any]) -> Any:
        if "post" not in result:
            raise Unusable(reason=queries.raw_reasons([result["raw"]]).get(result["raw"], _STILL))
        return PostShape(found(queries.posts(self.seer).filter(pk=result["post"]).first())).data


class Batch(Endpoint):
    """Many posts at once."""

    @changes(BatchShape, "Take many posts in, of any of the person's brands", takes=BatchIn)
    def post(self, request: Request) -> Response:
        """200 with what became of each line."""
        if isinstance(request.data, list):
            lines = self.given(BatchIn, sent={"posts": request.data})["posts"]
        else:
            lines = self.given(BatchIn)["posts"]
        at = timezone.now()
        ready: list[Delivered | dict[str, Any]] = self._read(lines, at)
        batches: dict[int, list[int]] = defaultdict(list)
        for place, each in enumerate(ready):
            if isinstance(each, Delivered):
                batches[each.channel_id].append(place)
        deliveries = {
            channel_id: [ready[place].arrival for place in places]  # type: ignore[union-attr]  # only those above
            for channel_id, places in batches.items()
        }

        def named(received: Mapping[int, Sequence[Received]]) -> list[dict[str, Any]]:
            results = [each if isinstance(each, dict) else {} for each in ready]
            for channel_id, places in batches.items():
                for place, one in zip(places, received[channel_id], strict=True):
                    results[place] = {"status": _status(one), **_named(one)}
            return results

        return self.run(
            intake.receive_on_channels,
            named,
            lambda results: {"results": self._lines(results, lines)},
            batches=deliveries,
            at=at,
        )

    def _read(self, lines: Sequence[dict[str, Any]], at: datetime) -> list[Delivered | dict[str, Any]]:
        """Each line ready for its channel, or the problem with it."""
        shapes = [PostIn(data=each) for each in lines]
        sound = [shape.validated_data for shape in shapes if shape.is_valid()]
        channels = _channels(self.seer.brand_ids, sound)
        wanted: dict[int, list[str]] = defaultdict(list)
        for each in sound:
            if (each["brand"], each["channel"]) in channels:
                wanted[channels[each["brand"], each["channel"]].pk].append(each["external_id"])
        earlier = {channel_id: queries.first_received_at(channel_id, ids) for channel_id, ids in wanted.items()}
        return [_line(shape, channels, earlier, at) for shape in shapes]

    def _lines(self, results: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        keys = [result["post"] for result in results if "post" in result]
        reasons = queries.raw_reasons([result["raw"] for result in results if result.get("raw")])
        posts = {post.pk: post for post in queries.posts(self.seer).filter(pk__in=keys)}
        shown = []
        for result, sent in zip(results, lines, strict=True):
            post = posts.get(result.get("post", 0))
            problem = result.get("problem")
            if post is None and problem is None:
                problem = line(
                    Unusable(reason=reasons.get(result["raw"], _STILL)) if "raw" in result else errors.NotFound()
                )
            named = sent.get("external_id")
            shown.append(
                {
                    "status": problem["status"] if problem else result["status"],
                    "external_id": named if isinstance(named, str) else None,
                    "post": PostShape(post).data if post else None,
                    "problem": problem,
                }
            )
        return shown


class OnePost(Endpoint):
    """One post."""

    @reads(WholePostShape, "A post with its observations and public replies", refuses=[404])
    def get(self, request: Request, post: UUID) -> Response:  # noqa: ARG002
        """The post."""
        rows = queries.whole_posts(self.seer).filter(public_id=post)
        return Response(WholePostShape(found(rows.first())).data)


def _filtered(rows: QuerySet[Post], asked: dict[str, Any]) -> QuerySet[Post]:
    columns = {
        "brand": "brand__slug",
        "channel": "channel__slug",
        "external_id": "external_id",
        "case": "reference",
    }
    rows = rows.filter(**{column: asked[name] for name, column in columns.items() if name in asked})
    if "kind" in asked:
        is_untriaged = asked["kind"] == "none"
        rows = rows.filter(triage__kind__isnull=True) if is_untriaged else rows.filter(triage__kind=asked["kind"])
    return rows


def _channels(brand_ids: Sequence[int], given: Sequence[dict[str, Any]]) -> dict[tuple[str, str], Channel]:
    """The channels of the person's brands that are named, and for each brand alone whether it is theirs."""
    slugs = {each["brand"] for each in given}
    rows = Channel.objects.filter(brand_id__in=brand_ids, brand__slug__in=slugs).select_related("brand")
    return {(channel.brand.slug, channel.slug): channel for channel in rows}


def _channel(channels: dict[tuple[str, str], Channel], given: dict[str, Any]) -> Channel:
    if (given["brand"], given["channel"]) in channels:
        return channels[given["brand"], given["channel"]]
    if any(brand == given["brand"] for brand, _slug in channels):
        raise errors.Invalid(_("The brand has no channel of this name."), "channel")
    raise errors.NotFound


def _line(
    shape: PostIn, channels: dict[tuple[str, str], Channel], earlier: dict[int, dict[str, datetime]], at: datetime
) -> Delivered | dict[str, Any]:
    if not shape.is_valid():
        wrong = document(422, "invalid", _("Some fields cannot be used. Nothing was done."), errors=shape.errors)
        return {"problem": wrong}
    try:
        channel = _channel(channels, shape.validated_data)
        return _delivered(shape.validated_data, channel, earlier[channel.pk], at)
    except errors.Refused as refusal:
        return {"problem": line(refusal)}


def _delivered(given: dict[str, Any], channel: Channel, earlier: dict[str, datetime], at: datetime) -> Delivered:
    author = given.get("author") or {}
    moment, precision = earlier.get(given["external_id"], at), Precision.INSTANT
    if given.get("posted_at"):
        try:
            read = parse_time(given["posted_at"], zone=ZoneInfo(channel.brand.zone))
        except BadTimeError:
            raise errors.Invalid(_("Write the time like 2026-03-01T12:00:00Z."), "posted_at") from None
        moment, precision = read.at, read.precision
    return Delivered(
        channel.pk,
        Arrival(
            external_id=given["external_id"],
            text=given["text"],
            posted_at=moment,
            precision=precision,
            author=author.get("handle", ""),
            name=author.get("name", ""),
            url=given.get("url") or "",
            language=given.get("lang") or "",
        ),
    )


def _named(received: Received) -> dict[str, Any]:
    if received.post is None:
        return {"raw": received.raw_id}
    return {"post": received.post.pk}


def _status(received: Received) -> int:
    return 422 if received.post is None else 201 if received.is_new else 200
