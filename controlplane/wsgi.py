"""The web application, as the web server loads it."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")
os.environ.setdefault("SENESCHAL_PROCESS", "web")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
