"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from factcheck.memory import keep_freed_memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factcheck.settings")

keep_freed_memory()
application = get_wsgi_application()
