"""Every page and fragment for people."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from cases.web import catalogue, devmail, live, me, people, preference, setup, tray
from cases.web import help as help_pages

urlpatterns = [
    path("preference/theme/", preference.choose_theme, name="theme-choose"),
    path("preference/language/", set_language, name="set_language"),
    path("help/", help_pages.help_index, name="help"),
    path("help/<slug:section>/", help_pages.help_section, name="help-section"),
    # the tray, the live stream, the development mailbox
    path("tray/", tray.tray, name="tray"),
    path("tray/arrival/<int:raw_id>/replay/", tray.replay, name="tray-replay"),
    path("tray/arrival/<int:raw_id>/set-aside/", tray.set_aside, name="tray-set-aside"),
    path("tray/delivery/<int:delivery_id>/settle/", tray.settle, name="tray-settle"),
    path("live/", live.live, name="live"),
    path("dev/mail/", devmail.mailbox, name="devmail"),
    path("dev/mail/<str:name>/", devmail.mail, name="devmail-mail"),
    # the settings: brands and what belongs to them
    path("settings/", setup.overview, name="settings"),
    path("settings/brands/+/", setup.brand_new, name="settings-brand-new"),
    path("settings/brands/<slug:slug>/", setup.brand, name="settings-brand"),
    path("settings/brands/<slug:slug>/channels/", setup.channels, name="settings-channels"),
    path("settings/brands/<slug:slug>/channels/+/", setup.channel_edit, name="settings-channel-new"),
    path("settings/brands/<slug:slug>/channels/<slug:channel_slug>/", setup.channel_edit, name="settings-channel"),
    path("settings/brands/<slug:slug>/teams/", setup.teams, name="settings-teams"),
    path("settings/brands/<slug:slug>/teams/+/", setup.team_edit, name="settings-team-new"),
    path("settings/brands/<slug:slug>/teams/<int:team_id>/", setup.team_edit, name="settings-team"),
    path("settings/brands/<slug:slug>/categories/", catalogue.categories, name="settings-categories"),
    path("settings/brands/<slug:slug>/categories/+/", catalogue.category_edit, name="settings-category-new"),
    path("settings/brands/<slug:slug>/categories/<slug:code>/", catalogue.category_edit, name="settings-category"),
    path("settings/brands/<slug:slug>/categories/<slug:code>/playbook/", catalogue.playbook, name="settings-playbook"),
    path("settings/brands/<slug:slug>/kinds/", catalogue.kinds, name="settings-kinds"),
    path("settings/brands/<slug:slug>/kinds/+/", catalogue.kind_edit, name="settings-kind-new"),
    path("settings/brands/<slug:slug>/kinds/<slug:code>/", catalogue.kind_edit, name="settings-kind"),
    # the settings: people, and oneself
    path("settings/people/", people.people, name="settings-people"),
    path("settings/people/invite/", people.invite, name="settings-invite"),
    path("settings/people/<int:person_id>/", people.person, name="settings-person"),
    path("settings/people/<int:person_id>/roles/<slug:slug>/", people.role, name="settings-role"),
    path("settings/people/<int:person_id>/deactivate/", people.deactivate, name="settings-deactivate"),
    path("settings/people/<int:person_id>/reactivate/", people.reactivate, name="settings-reactivate"),
    path("settings/people/<int:person_id>/invitation/", people.send_invitation, name="settings-invitation"),
    path(
        "settings/people/<int:person_id>/tokens/<int:token_id>/revoke/",
        people.revoke_token,
        name="settings-person-token-revoke",
    ),
    path("settings/take-over/", people.hand_over, name="settings-hand-over"),
    path("settings/me/", me.me, name="settings-me"),
    path("settings/me/tokens/", me.make_token, name="settings-token-new"),
    path("settings/me/tokens/<int:token_id>/revoke/", me.revoke_token, name="settings-token-revoke"),
    path("settings/me/notifications/", me.notifications, name="settings-notifications"),
    path("settings/me/notifications/read/", me.read_notifications, name="settings-notifications-read"),
]
