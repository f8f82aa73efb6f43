"""Every page and fragment for people."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from cases.web import help as help_pages
from cases.web import preference

urlpatterns = [
    path("preference/theme/", preference.choose_theme, name="theme-choose"),
    path("preference/language/", set_language, name="set_language"),
    path("help/", help_pages.help_index, name="help"),
    path("help/<slug:section>/", help_pages.help_section, name="help-section"),
]
