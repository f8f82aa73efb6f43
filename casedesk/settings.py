"""Every setting, read from the environment; with none given, casedesk runs on its embedded services."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import django_stubs_ext
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env

from casedesk import embedded
from casedesk.logging import config, processors

django_stubs_ext.monkeypatch()

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# The data folder: embedded servers, uploaded files, the generated secret key.
HOME = Path(env.str("CASEDESK_HOME", str(BASE_DIR / ".casedesk"))).resolve()
DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("CASEDESK_DEMO", False)
VERSION = "0.1.0"


def _secret_key() -> str:
    """A key kept in the data folder when none is given, so that a restart signs nobody out."""
    path = HOME / "secret_key"
    try:
        HOME.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            draft = HOME / f"secret_key.{os.getpid()}"
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(64))
            # Two processes may start at once: the first link wins, both read the same key.
            if not path.exists():
                os.link(draft, path)
            draft.unlink()
        return path.read_text().strip()
    except FileExistsError:
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"Cannot use the data folder {HOME}: {error.strerror}. Name another in CASEDESK_HOME."
        ) from None


SECRET_KEY = env.str("SECRET_KEY", "") or _secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]", "testserver"])
SITE_URL = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [SITE_URL])

INSTALLED_APPS = [
    "casedesk",
    "cases",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "template_partials",
    "django_htmx",
    "allauth",
    "allauth.account",
    "rest_framework",
    "drf_spectacular",
    "django_prometheus",
    "csp",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "casedesk.assets.AssetsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "cases.web.errors.RefusalMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = env.str("ROOT_URLCONF", "casedesk.urls")
ASGI_APPLICATION = "casedesk.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["cases.web.tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "cases.web.shell.shell",
            ],
        },
    }
]

# Two roles: the application's owns no table; migrations run as the owner (see management/commands/migrate.py).
EMBEDDED_POSTGRES = not env.str("DATABASE_URL", "")
EMBEDDED_REDIS = not env.str("REDIS_URL", "")
DATABASE_URL = env.str("DATABASE_URL", "") or embedded.database_url(HOME, owner=False)
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", "") or (
    env.str("DATABASE_URL", "") or embedded.database_url(HOME, owner=True)
)


def database(url: str, *, pool: bool) -> dict[str, object]:
    """Django's settings for one URL; nothing in it needs a session of its own, so PgBouncer may stand between."""
    parsed: dict[str, object] = embedded.parse(url)
    parsed["ENGINE"] = "django.db.backends.postgresql"
    parsed["DISABLE_SERVER_SIDE_CURSORS"] = True
    parsed["CONN_HEALTH_CHECKS"] = True
    given = parsed["OPTIONS"]
    options: dict[str, object] = {"connect_timeout": 5, "application_name": "casedesk"}
    options.update(given if isinstance(given, dict) else {})
    # PgBouncer's transaction mode hands a prepared statement's name to a connection that never heard of it.
    options["prepare_threshold"] = None
    if pool:
        options["pool"] = {"min_size": 1, "max_size": env.int("DATABASE_POOL", 24), "timeout": 10}
    parsed["OPTIONS"] = options
    return parsed


DATABASES = {
    "default": database(DATABASE_URL, pool=True),
    "owner": database(DATABASE_OWNER_URL, pool=False),
}
# The owner is a second way into the same database, never one of its own.
DATABASES["owner"]["TEST"] = {"MIRROR": "default"}
# Reports read from here, where it is given: as fresh as the replica is.
if DATABASE_REPLICA_URL := env.str("DATABASE_REPLICA_URL", ""):
    DATABASES["replica"] = {**database(DATABASE_REPLICA_URL, pool=True), "TEST": {"MIRROR": "default"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", "") or embedded.redis_url(HOME)

AUTH_USER_MODEL = "cases.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "cases.web.account.Adapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_PREVENT_ENUMERATION = True
# Bound to the password and the address alone; allauth's own writes a row while somebody only looks at the page.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/15m/key", "reset_password": "20/m/ip,5/m/key"}

# Redis is a nudge: sessions, throttles and lock-outs live in PostgreSQL.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "casedesk_cache"}}

HTTPS = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "cases" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", "Europe/Paris")

STATIC_URL = "static/"
# Uploaded files: outside every folder that is served.
FILES = HOME / "files"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(FILES), "base_url": None},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# Connected systems inside one's own network; refused unless said otherwise, but a machine of one's own may call itself.
ALLOW_PRIVATE_TARGETS = env.bool("CASEDESK_ALLOW_PRIVATE_TARGETS", EMBEDDED_POSTGRES)

# What a person may upload.
FILE_MAX_BYTES = env.int("FILE_MAX_BYTES", 10 * 1024 * 1024)
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

EMAIL_URL = env.str("EMAIL_URL", "")
_mail = urlsplit(EMAIL_URL or "smtp://127.0.0.1:25")
if _mail.scheme not in {"smtp", "smtp+tls", "smtps"}:
    raise ImproperlyConfigured("EMAIL_URL must look like smtp://, smtp+tls:// or smtps://user:password@host:port.")
EMAIL_HOST, EMAIL_PORT = (
    _mail.hostname or "127.0.0.1",
    _mail.port or {"smtps": 465, "smtp+tls": 587}.get(_mail.scheme, 25),
)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.scheme == "smtp+tls", _mail.scheme == "smtps"
EMAIL_TIMEOUT = 20
# With no mail server given, mails become files, which the development mailbox under /dev/mail/ shows.
EMAIL_FILE_PATH = HOME / "mail"
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_URL else 'filebased'}.EmailBackend"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "casedesk <casedesk@localhost>")
DEV_MAILBOX = env.bool("CASEDESK_DEV_MAILBOX", False)

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Whoever commits waits for Redis 0.3 s and no more: a nudge that fails is not tried again, the sweep finds its row.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 0.3, "socket_connect_timeout": 0.3, "max_retries": 0}
CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_TASK_ALWAYS_EAGER", False)

REST_FRAMEWORK: dict[str, object] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["cases.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "cases.api.errors.problem",
    "DEFAULT_THROTTLE_RATES": {},
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "casedesk",
    "VERSION": "1",
    "DESCRIPTION": "Complaints, cases, actions with proof, and the gate before handled.",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "ActionStatus": "cases.vocabulary.ActionStatus",
        "AnswerRoute": "cases.vocabulary.AnswerRoute",
        "AnswerStatus": "cases.vocabulary.AnswerStatus",
        "ApprovalStatus": "cases.vocabulary.ApprovalStatus",
        "CaseStatus": "cases.vocabulary.Status",
        "ChannelKind": "cases.vocabulary.ChannelKind",
        "Goal": "cases.vocabulary.Goal",
        "ObservationKind": "cases.vocabulary.ObservationKind",
        "PolicyGoal": "cases.api.policy_shapes.GOALS",
        "PostKind": "cases.vocabulary.PostKind",
        "Proof": "cases.vocabulary.Proof",
        "ReplyStatus": "cases.vocabulary.ReplyStatus",
        "RunStatus": "cases.vocabulary.RunStatus",
        "Role": "cases.vocabulary.Role",
        "Severity": "cases.vocabulary.Severity",
        "SystemStatus": "cases.vocabulary.SystemStatus",
        "Unit": "cases.vocabulary.Unit",
        "VersionStatus": "cases.vocabulary.VersionStatus",
    },
}

LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOGGING = config(LOG_LEVEL, readable=env.bool("LOG_READABLE", sys.stderr.isatty()), colors=sys.stderr.isatty())
structlog.configure(
    processors=processors(),
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
)
SILENCED_SYSTEM_CHECKS: list[str] = []
