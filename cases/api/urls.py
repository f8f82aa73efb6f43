"""The addresses of the REST API."""

from __future__ import annotations

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from cases.api import action, case, dialogue, handling, intake, people, playbook, setup, triage
from cases.api.errors import unknown
from cases.api.parsing import AlwaysJson

urlpatterns = [
    path(
        "schema/",
        SpectacularJSONAPIView.as_view(
            authentication_classes=[], permission_classes=[], content_negotiation_class=AlwaysJson
        ),
        name="api-schema",
    ),
    path("me/", people.Me.as_view()),
    path("posts/", intake.Posts.as_view()),
    path("posts/batch/", intake.Batch.as_view()),
    path("posts/<uuid:post>/", intake.OnePost.as_view()),
    path("posts/<uuid:post>/triage/", triage.Triage.as_view()),
    path("posts/<uuid:post>/observations/", triage.Observations.as_view()),
    path("posts/<uuid:post>/public-replies/", dialogue.PostReplies.as_view()),
    path("posts/<uuid:post>/pass-on/", triage.PassOn.as_view()),
    path("cases/", case.Cases.as_view()),
    path("cases/<slug:reference>/", case.OneCase.as_view()),
    path("cases/<slug:reference>/assign/", case.Assign.as_view()),
    path("cases/<slug:reference>/public-replies/", dialogue.CaseReplies.as_view()),
    path("cases/<slug:reference>/messages/", dialogue.Messages.as_view()),
    path("cases/<slug:reference>/notes/", dialogue.Notes.as_view()),
    path("cases/<slug:reference>/decision/", handling.Decision.as_view()),
    path("cases/<slug:reference>/actions/", action.Actions.as_view()),
    path("cases/<slug:reference>/final-answer/", handling.FinalAnswer.as_view()),
    path("cases/<slug:reference>/handle/", case.Handle.as_view()),
    path("cases/<slug:reference>/reopen/", case.Reopen.as_view()),
    path("cases/<slug:reference>/wait/", case.Wait.as_view()),
    path("cases/<slug:reference>/resume/", case.Resume.as_view()),
    path("cases/<slug:reference>/dismiss/", case.Dismiss.as_view()),
    path("cases/<slug:reference>/restrict/", case.Restrict.as_view()),
    path("cases/<slug:reference>/decline-private/", case.DeclinePrivate.as_view()),
    path("cases/<slug:reference>/withdraw/", case.Withdraw.as_view()),
    path("cases/<slug:reference>/events/", case.Events.as_view()),
    path("public-replies/<uuid:reply>/posted/", dialogue.Posted.as_view()),
    path("threads/<uuid:thread>/confirm/", dialogue.ConfirmThread.as_view()),
    path("threads/<uuid:thread>/refuse/", dialogue.RefuseThread.as_view()),
    path("actions/<uuid:action>/", action.OneAction.as_view()),
    path("actions/<uuid:action>/start/", action.Start.as_view()),
    path("actions/<uuid:action>/complete/", action.Complete.as_view()),
    path("actions/<uuid:action>/fail/", action.Fail.as_view()),
    path("actions/<uuid:action>/propose-again/", action.ProposeAgain.as_view()),
    path("actions/<uuid:action>/waive/", action.Waive.as_view()),
    path("brands/", setup.Brands.as_view()),
    path("brands/<slug:slug>/", setup.OneBrand.as_view()),
    path("channels/", setup.Channels.as_view()),
    path("channels/<int:number>/", setup.OneChannel.as_view()),
    path("teams/", setup.Teams.as_view()),
    path("teams/<int:number>/", setup.OneTeam.as_view()),
    path("categories/", setup.Categories.as_view()),
    path("categories/<int:number>/", setup.OneCategory.as_view()),
    path("kinds/", setup.Kinds.as_view()),
    path("kinds/<int:number>/", setup.OneKind.as_view()),
    path("playbooks/", playbook.Playbooks.as_view()),
    path("playbooks/<int:number>/", playbook.OnePlaybook.as_view()),
    path("playbooks/<int:number>/draft/", playbook.PlaybookDraft.as_view()),
    path("playbooks/<int:number>/live/", playbook.PlaybookLive.as_view()),
    path("playbooks/<int:number>/retire/", playbook.PlaybookRetired.as_view()),
    path("people/", people.People.as_view()),
    path("people/<str:username>/", people.OnePerson.as_view()),
    path("people/<str:username>/memberships/", people.Memberships.as_view()),
    path("people/<str:username>/invitation/", people.Invitation.as_view()),
    path("people/<str:username>/deactivate/", people.Deactivate.as_view()),
    path("people/<str:username>/reactivate/", people.Reactivate.as_view()),
    path("people/<str:username>/hand-over/", people.HandOver.as_view()),
    re_path(r"", unknown),
]
