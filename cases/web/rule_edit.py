"""One rule on its page: its sentence to pick, what it meets, its versions and what it did; and putting it live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import errors
from cases.commands import rule as commands
from cases.models import Brand, Rule
from cases.queries import rule as queries
from cases.queries import rule_names, rule_rows
from cases.queries import setup as setups
from cases.queries.rule import Shelf
from cases.queries.sentences import Words
from cases.rules import escalation, revising
from cases.rules.conflicts import Placed
from cases.rules.escalation import BadRule, Ladder
from cases.vocabulary import Reason
from cases.web import replay as replays
from cases.web import rule_alerts, rule_choices, rule_forms, rule_trees, rule_words
from cases.web.authority import Scope, scope_of
from cases.web.desk import actor_of, seer_of
from cases.web.rule_forms import Written

LANGUAGES = ("en", "fr")
# Of two shelves, a rule with a draft is looked for among the drafts.
_MARKED = (Shelf.DRAFTS, Shelf.LIVE, Shelf.PAUSED, Shelf.RETIRED)
_AT_ITS_PLACE = (errors.Invalid, errors.RuleNamesGone)


@dataclass(frozen=True, slots=True)
class Editor:
    """A sentence with what is said of it; ``standing`` is missing for a rule that nobody has kept yet."""

    brand: Brand
    written: Written
    standing: queries.Standing | None = None
    is_unsaved: bool = False
    theirs: tuple[str, ...] = ()
    who: str = ""

    @property
    def rule(self) -> Rule | None:
        """The rule, where it is kept."""
        return self.standing.rule if self.standing else None


def of_rule(request: HttpRequest, public_id: UUID, *, to_change: bool = False) -> tuple[Rule, queries.Standing]:
    """A rule that this person may read, or change, with its versions and what it did."""
    seer = seer_of(request)
    found = (queries.rule_to_set_up if to_change else queries.rule_to_read)(seer, public_id)
    request.brand = found.brand  # type: ignore[attr-defined]  # the side navigation counts its rules
    [standing] = queries.standings([found], seer, timezone.now())
    request.shelf = min(standing.shelves, key=_MARKED.index, default="")  # type: ignore[attr-defined]  # likewise
    return found, standing


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rule_new(request: HttpRequest) -> HttpResponse:
    """Another rule: its first sentence."""
    brand = _brand_to_set_up(request)
    if request.method != "POST":
        return _show(request, Editor(brand, rule_forms.fresh(), is_unsaved=True))
    written = rule_forms.read(request.POST)
    trees = rule_trees.trees(written)
    try:
        made = commands.draft_rule(
            brand_id=brand.pk, name=written.name, **_said(trees), at=timezone.now(), actor=actor_of(request)
        )
    except _AT_ITS_PLACE as refused:
        return _show(request, Editor(brand, _blamed(written, refused), is_unsaved=True), status=422)
    messages.success(request, _("The draft is kept. It does nothing until it is put live."))
    return redirect("rule", made.public_id)


@require_POST
@login_required
def rule_new_sentence(request: HttpRequest) -> HttpResponse:
    """The sentence of a new rule with a part more or less; nothing is kept."""
    brand = _brand_to_set_up(request)
    written = rule_forms.changed(rule_forms.read(request.POST), request.POST.get("press", ""))
    return _show(request, Editor(brand, written, is_unsaved=True), is_part=True)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rule(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A rule with its sentence, what it meets, what it did, its versions and its last replay; POST keeps the draft."""
    found, standing = of_rule(request, public_id, to_change=request.method == "POST")
    if request.method != "POST":
        return _show(request, Editor(found.brand, _kept(standing), standing))
    written = rule_forms.read(request.POST)
    trees, by = rule_trees.trees(written), actor_of(request)
    revision = written.revision
    try:
        if written.name != found.name:
            revision = commands.rename_rule(rule_id=found.pk, revision=revision, name=written.name, actor=by).revision
        commands.change_draft(rule_id=found.pk, revision=revision, **_said(trees), at=timezone.now(), actor=by)
    except errors.ChangedMeanwhile:
        return _show(request, _raced(standing, written), status=409)
    except _AT_ITS_PLACE as refused:
        written.revision = revision
        return _show(request, Editor(found.brand, _blamed(written, refused), standing, is_unsaved=True), status=422)
    if standing.live:
        messages.success(request, _("The draft is kept. What is live stays until you put the draft live."))
    else:
        messages.success(request, _("The draft is kept. It does nothing until it is put live."))
    return redirect("rule", public_id)


@require_POST
@login_required
def rule_sentence(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The sentence of a rule with a part more or less; nothing is kept."""
    found, standing = of_rule(request, public_id, to_change=True)
    written = rule_forms.changed(rule_forms.read(request.POST), request.POST.get("press", ""))
    return _show(request, Editor(found.brand, written, standing, is_unsaved=True), is_part=True)


# ---- the page ----


def _brand_to_set_up(request: HttpRequest) -> Brand:
    scope: Scope = scope_of(request, is_all_allowed=False)
    if scope.brand is None:
        raise errors.NotFound
    setups.require_set_up(scope.seer, scope.brand.pk)
    request.brand = scope.brand  # type: ignore[attr-defined]  # the side navigation counts its rules
    return scope.brand


def _said(trees: rule_trees.Trees) -> dict[str, Any]:
    return trees._asdict()


def _blamed(written: Written, refused: errors.Refused) -> Written:
    if isinstance(refused, errors.NotARule):
        rule_trees.blame(written, refused.fault, refused.field or "")
    else:
        written.error, written.wrong = refused.message, getattr(refused, "field", "") or ""
    return written


def _kept(standing: queries.Standing) -> Written:
    """The draft, else what is live, as it stands in its row: also where it can no longer be read as a rule."""
    version = standing.draft or standing.live or standing.latest
    if version is None:
        raise errors.NotFound
    return rule_forms.written_of(
        standing.rule.name,
        {**version.trigger, "when": version.when},
        version.condition,
        version.steps,
        version.stop,
        version.missed,
        standing.rule.revision,
    )


def _raced(standing: queries.Standing, written: Written) -> Editor:
    """What was typed, kept on the page, beside what somebody else kept meanwhile."""
    theirs = standing.draft or standing.live
    mine = ladder_of(written)
    saved = queries.readable(theirs) if theirs else None
    written.revision = standing.rule.revision
    written.error = _("Somebody else kept a change meanwhile. What you wrote is still here; keep it to replace theirs.")
    changes = revising.difference(saved, mine) if saved and mine else []
    names = rule_names.names_of([each for each in (saved, mine) if each])
    said = tuple(rule_words.change(each, names, standing.rule.brand) for each in changes)
    who = theirs.made_by.name if theirs and theirs.made_by else ""
    return Editor(standing.rule.brand, written, standing, is_unsaved=True, theirs=said, who=who)


def ladder_of(written: Written) -> Ladder | None:
    """The rule that a sentence says, where it is complete."""
    try:
        return escalation.parse(*rule_trees.trees(written))
    except BadRule:
        return None


def _show(request: HttpRequest, editor: Editor, *, is_part: bool = False, status: int = 200) -> HttpResponse:
    standing, brand = editor.standing, editor.brand
    rule_choices.fill(editor.written, rule_rows.rows(brand.pk))
    ladder = ladder_of(editor.written)
    versions = queries.version_rows(standing.rule.versions.all()) if standing and not is_part else []
    told = [row.ladder for row in versions if row.ladder] + ([ladder] if ladder else [])
    names = rule_names.names_of(told)
    facts: dict[str, Any] = {
        "editor": editor,
        "written": editor.written,
        "brand": brand,
        "rule": editor.rule,
        "standing": standing,
        "is_new": standing is None,
        "is_unsaved": editor.is_unsaved,
        "spoken": spoken(ladder, names, brand),
        "alerts": alerts_of(brand, editor.written.name, editor.rule.pk if editor.rule else 0, ladder, names),
        "may_set_up": setups.may_set_up(seer_of(request), brand.pk),
    } | _addresses(editor)
    if is_part and getattr(request, "htmx", False):
        return render(request, "rule/sentence.html", facts)
    if standing:
        facts |= _beside(request, standing, versions, names)
    return render(request, "rule/rule.html", facts, status=status)


def _addresses(editor: Editor) -> dict[str, str]:
    if editor.rule is None:
        asked = f"?brand={editor.brand.slug}"
        return {"save_url": reverse("rule-new") + asked, "work_url": reverse("rule-new-sentence") + asked}
    key = [editor.rule.public_id]
    return {"save_url": reverse("rule", args=key), "work_url": reverse("rule-sentence", args=key)}


def spoken(ladder: Ladder | None, names: rule_names.Names, brand: Brand) -> list[tuple[str, Words]]:
    """The rule as a sentence in each language, the reader's first, where it is complete."""
    if ladder is None:
        return []
    said = []
    for code in sorted(LANGUAGES, key=lambda code: code != get_language()):
        with override(code):
            said.append((code, rule_words.spell(ladder, names, brand).words))
    return said


def alerts_of(
    brand: Brand, name: str, rule_id: int, ladder: Ladder | None, names: rule_names.Names
) -> list[rule_alerts.Alert]:
    """What a rule names in vain, and what it would do to the live ones in its place among them."""
    if ladder is None:
        return []
    met, rings = queries.conflicts_of(brand.pk, [Placed(rule_id, name, ladder)])
    found = rule_alerts.gone(names.gone(ladder, brand.pk))
    return found + rule_alerts.loops(rings, rule_id) + rule_alerts.conflicts(met, brand, rule_id)


def _beside(
    request: HttpRequest, standing: queries.Standing, versions: list[queries.VersionRow], names: rule_names.Names
) -> dict[str, Any]:
    """What stands beside the sentence: the last replay, the versions, the difference to what is live."""
    brand = standing.rule.brand
    against = queries.difference_to_live(standing)
    return {
        "versions": [(row, [rule_words.change(each, names, brand) for each in row.changes]) for row in versions],
        "vain": [(str(Reason(why).label), times) for why, times in standing.stats.in_vain.items()],
        "against": [rule_words.change(each, names, brand) for each in against],
        **replays.panel(request, standing),
    }
