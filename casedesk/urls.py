"""Where everything is."""

from __future__ import annotations

from allauth.account import views as account
from django.contrib import admin
from django.urls import include, path, re_path

from casedesk import health
from cases.api.errors import unknown

# Signing in, out and getting a new password; nobody signs up by themselves.
accounts = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]

urlpatterns = [
    path("healthz", health.alive, name="health-alive"),
    path("readyz", health.ready, name="health-ready"),
    path("healthz/rules", health.rules, name="health-rules"),
    path("healthz/figures", health.figures, name="health-figures"),
    path("metrics", health.metrics, name="health-metrics"),
    path("accounts/", include(accounts)),
    path("data/", admin.site.urls),
    path("api/v1/", include("cases.api.urls")),
    re_path(r"^api/", unknown),
    path("", include("cases.web.urls")),
]
