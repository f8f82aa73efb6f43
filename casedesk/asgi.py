"""The web application, for an ASGI server: pages, the API and the live streams."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casedesk.settings")

application = get_asgi_application()
