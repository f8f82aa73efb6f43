"""Every page and fragment for people."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from cases.web import devmail, live, preference, tray
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
]
