"""All settings, from the environment. Unsafe defaults exist only with DEBUG=1. `.env.example` lists every variable."""

import os
from pathlib import Path
from typing import Any

import structlog

from factcheck import env

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.secret("SECRET_KEY", "insecure-development-key" if DEBUG else None)
SECRET_KEY_FALLBACKS = env.items("SECRET_KEY_FALLBACKS")
SITE_URL = env.text("SITE_URL", "http://127.0.0.1:8000" if DEBUG else None).rstrip("/")
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]" if DEBUG else "")
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "claims",
    "workers",
    "django.contrib.admin.apps.SimpleAdminConfig",
]

MIDDLEWARE = [
    "factcheck.middleware.request_id",
    "factcheck.middleware.database_away",
    "django.middleware.security.SecurityMiddleware",
    "factcheck.middleware.content_security_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "claims.web.limits.limit_pages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "factcheck.urls"
WSGI_APPLICATION = "factcheck.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# The pool serves the web process; workers and commands hold one connection each, so they leave it off.
DATABASE_POOL_SIZE = int(env.number("DATABASE_POOL_SIZE", 0))
WEB_THREADS = int(env.number("WEB_THREADS", 4, least=1))
# Readers of the change feed that may wait at once in one process. They hold a thread, so the others must suffice.
LONG_POLL_WAITERS = int(env.number("LONG_POLL_WAITERS", WEB_THREADS // 2))
DATABASES = {"default": env.database()}
# After so many times on one connection a hot statement keeps its plan; 0 for a pooler that cannot keep statements.
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"]["OPTIONS"],  # type: ignore[dict-item]
    "prepare_threshold": int(env.number("DATABASE_PREPARE_AFTER", 5)) or None,
}
if DATABASE_POOL_SIZE:
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"]["OPTIONS"],  # type: ignore[dict-item]
        "pool": {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 3, "reconnect_timeout": 5},
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = int(env.number("CONN_MAX_AGE", 60))
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.secret("REDIS_URL")
BROKER_URL = env.secret("BROKER_URL", "")  # another broker (RabbitMQ); empty means REDIS_URL

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "factcheck.formats"
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / ".local" / "static")))
# Weights that `manage.py train_stance` wrote from the desk's own decisions; while there is no file, a rule is used.
STANCE_WEIGHTS = Path(env.text("STANCE_WEIGHTS", str(BASE_DIR / ".local" / "stance.json")))
CAPTURE_DIR = Path(env.text("CAPTURE_DIR", str(BASE_DIR / ".local" / "captures")))
EXPORT_DIR = Path(env.text("EXPORT_DIR", str(BASE_DIR / ".local" / "exports")))
EVIDENCE_DIR = Path(env.text("EVIDENCE_DIR", str(BASE_DIR / ".local" / "evidence")))
# Copies of pages on disk, or in a bucket that speaks S3 where one is named. Its keys are secrets and never logged.
CAPTURE_BUCKET = env.text("CAPTURE_BUCKET", "")
CAPTURE_BUCKET_ENDPOINT = env.text("CAPTURE_BUCKET_ENDPOINT", "")
CAPTURE_BUCKET_REGION = env.text("CAPTURE_BUCKET_REGION", "")
CAPTURE_BUCKET_PREFIX = env.text("CAPTURE_BUCKET_PREFIX", "captures")
CAPTURE_BUCKET_ACCESS_KEY = env.secret("CAPTURE_BUCKET_ACCESS_KEY", "")
CAPTURE_BUCKET_SECRET_KEY = env.secret("CAPTURE_BUCKET_SECRET_KEY", "")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": EVIDENCE_DIR}},
    # WARC records: written once, named by their SHA-256, never served from our own origin.
    "captures": (
        {
            "BACKEND": "claims.capture.bucket.Bucket",
            "OPTIONS": {
                "bucket_name": CAPTURE_BUCKET,
                "endpoint_url": CAPTURE_BUCKET_ENDPOINT or None,
                "region_name": CAPTURE_BUCKET_REGION or None,
                "location": CAPTURE_BUCKET_PREFIX,
                # Without keys the SDK looks where it always does: the machine's role, its own variables.
                "access_key": CAPTURE_BUCKET_ACCESS_KEY or None,
                "secret_key": CAPTURE_BUCKET_SECRET_KEY or None,
            },
        }
        if CAPTURE_BUCKET
        else {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": CAPTURE_DIR, "allow_overwrite": True},
        }
    ),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# Behind TLS in production. A proxy must strip X-Forwarded-Proto before this is switched on.
HTTPS = env.flag("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY") else None
X_FRAME_OPTIONS = "DENY"  # the preview alone may be framed, by our own pages
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "claims.access.transfer.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# Fetching. The loopback list is for development and tests: it adds addresses and changes nothing else in the path.
FETCH_USER_AGENT = env.text("FETCH_USER_AGENT", f"FactcheckDesk/0.1 (+{SITE_URL}/)")
FETCH_LOOPBACK_ALLOWED = env.items("FETCH_LOOPBACK_ALLOWED")
FETCH_EXTRA_PORTS = [int(port) for port in env.items("FETCH_EXTRA_PORTS")]
FETCH_PACE_SECONDS = env.number("FETCH_PACE_SECONDS", 5.0)
FETCH_PACE_PATIENCE = env.number("FETCH_PACE_PATIENCE", 15.0)

# Services that are searched for claims. `url` is the whole address that is asked; a budget of 0 requests a day (UTC)
# switches one off; `pace` is seconds between two requests. A service that needs a key and has none is not asked.
SEARCHES: dict[str, dict[str, Any]] = {
    "gdelt": {
        "url": env.text("GDELT_URL", "https://api.gdeltproject.org/api/v2/doc/doc"),
        "daily_requests": int(env.number("GDELT_DAILY_REQUESTS", 2000)),
        "pace": env.number("GDELT_PACE_SECONDS", 6.0),
    },
    "wikipedia": {
        "url": env.text("WIKIPEDIA_URL", "https://{language}.wikipedia.org/w/api.php"),
        "daily_requests": int(env.number("WIKIPEDIA_DAILY_REQUESTS", 500)),
        "pace": env.number("WIKIPEDIA_PACE_SECONDS", 5.0),
    },
    "media_cloud": {
        "url": env.text("MEDIACLOUD_URL", "https://search.mediacloud.org/api"),
        "key": env.secret("MEDIACLOUD_KEY", ""),
        "daily_requests": int(env.number("MEDIACLOUD_DAILY_REQUESTS", 500)),
        "pace": env.number("MEDIACLOUD_PACE_SECONDS", 31.0),
        "options": {
            "cs": ",".join(env.items("MEDIACLOUD_COLLECTIONS")),
            "ss": ",".join(env.items("MEDIACLOUD_SOURCES")),
        },
    },
    "news_api": {
        "url": env.text("NEWSAPI_URL", "https://newsapi.org/v2/everything"),
        "key": env.secret("NEWSAPI_KEY", ""),
        "daily_requests": int(env.number("NEWSAPI_DAILY_REQUESTS", 90)),
        "pace": env.number("NEWSAPI_PACE_SECONDS", 5.0),
    },
    "google_factcheck": {
        "url": env.text("GOOGLE_FACTCHECK_URL", "https://factchecktools.googleapis.com/v1alpha1/claims:search"),
        "key": env.secret("GOOGLE_FACTCHECK_KEY", ""),
        "daily_requests": int(env.number("GOOGLE_FACTCHECK_DAILY_REQUESTS", 500)),
        "pace": env.number("GOOGLE_FACTCHECK_PACE_SECONDS", 5.0),
    },
}
DEMO_PRESS_PORTS = [int(port) for port in env.items("DEMO_PRESS_PORTS", "8101,8102,8103,8104")]

# For how long after its last publication coverage of a claim is looked for; from then on once a month.
WATCH_DAYS = env.number("WATCH_DAYS", 365.0, least=1)

# Second copies at archives, each off while it has no key.
WAYBACK_ACCESS_KEY = env.secret("WAYBACK_ACCESS_KEY", "")
WAYBACK_SECRET_KEY = env.secret("WAYBACK_SECRET_KEY", "")
WAYBACK_URL = env.text("WAYBACK_URL", "https://web.archive.org").rstrip("/")
WAYBACK_AVAILABLE_URL = env.text("WAYBACK_AVAILABLE_URL", "https://archive.org/wayback/available")
PERMA_API_KEY = env.secret("PERMA_API_KEY", "")
PERMA_FOLDER = env.text("PERMA_FOLDER", "")
PERMA_API_URL = env.text("PERMA_API_URL", "https://api.perma.cc/v1").rstrip("/")
PERMA_URL = env.text("PERMA_URL", "https://perma.cc").rstrip("/")

# Webhooks (seconds, and days). Nine waits make ten tries in three days, as Standard Webhooks suggests.
WEBHOOK_TIMEOUT_SECONDS = env.number("WEBHOOK_TIMEOUT_SECONDS", 15.0, least=0.1)
WEBHOOK_RETRY_SECONDS = [
    float(wait) for wait in env.items("WEBHOOK_RETRY_SECONDS", "5,300,1800,7200,18000,36000,50400,72000,86400")
]
WEBHOOK_REST_SECONDS = env.number("WEBHOOK_REST_SECONDS", 60.0, least=0)
WEBHOOK_DISABLE_DAYS = env.number("WEBHOOK_DISABLE_DAYS", 5.0, least=0)
# After so many seconds at the latest it is written down which consumer was given which version.
REACH_FLUSH_SECONDS = env.number("REACH_FLUSH_SECONDS", 5.0, least=0.1)

# For how many days what nobody needs any more is kept; 0 is for ever. All else is kept for ever: events, publications,
# copies of pages that were ever cited, and whatever still waits for somebody.
RETENTION_DAYS = {
    "polls": env.number("POLL_RETENTION_DAYS", 90.0),
    "jobs": env.number("JOB_RETENTION_DAYS", 30.0),
    "dismissed_copies": env.number("DISMISSED_COPY_RETENTION_DAYS", 180.0),
    "dumps": env.number("DUMP_RETENTION_DAYS", 14.0),
    "contacts": env.number("CONTACT_RETENTION_DAYS", 90.0),
    "deliveries": env.number("DELIVERY_RETENTION_DAYS", 30.0),
}

# How many requests a minute each kind of caller may make; 0 is no limit, and a key may have one of its own. Who asks
# without a key is told apart by address: that of the connection, or the one that the outermost of so many proxies of
# our own saw. Public pages and feeds are counted apart from the API.
ANONYMOUS_PER_MINUTE = int(env.number("ANONYMOUS_PER_MINUTE", 120))
CONSUMER_PER_MINUTE = int(env.number("CONSUMER_PER_MINUTE", 600))
PERSON_PER_MINUTE = int(env.number("PERSON_PER_MINUTE", 600))
PAGES_PER_MINUTE = int(env.number("PAGES_PER_MINUTE", 240))
TRUSTED_PROXIES = int(env.number("TRUSTED_PROXIES", 0))
# For how long a request waits for Redis to count it, before it is counted by its process alone.
LIMIT_PATIENCE_MS = env.number("LIMIT_PATIENCE_MS", 20, least=1)
KEY_USE_SECONDS = env.number("KEY_USE_SECONDS", 10, least=1)  # when the use of keys is written down

# A WebSub hub that is told of changed feeds, as its address; empty: none is named in the feeds.
WEBSUB_HUB = env.text("WEBSUB_HUB", "")
# Where weaknesses are reported, in /.well-known/security.txt; empty: the organisation's own contact.
SECURITY_CONTACT = env.text("SECURITY_CONTACT", "")

# The ledger (seconds).
SWEEP_SECONDS = env.number("SWEEP_SECONDS", 3.0, least=0.1)
LEASE_MARGIN_SECONDS = env.number("LEASE_MARGIN_SECONDS", 30.0, least=0)
RING_AGAIN_SECONDS = env.number("RING_AGAIN_SECONDS", 10.0)
WORKER_SHUTDOWN_SECONDS = env.number("WORKER_SHUTDOWN_SECONDS", 30.0)
METRICS_TOKEN = env.secret("METRICS_TOKEN", "")  # empty: /metrics answers loopback only

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "claims.api.auth.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "EXCEPTION_HANDLER": "claims.api.errors.answer",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Fact-check desk",
    "DESCRIPTION": "Claims, evidence, coverage, verdict revisions, and published verdicts of one fact-checking desk.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVERS": [{"url": "/"}],
    "ENUM_NAME_OVERRIDES": {
        name: f"claims.choices.{name}"
        for name in [
            "ClaimState",
            "PublicStatus",
            "Move",
            "ClaimKind",
            "Priority",
            "DeclineReason",
            "AssignmentRole",
            "ClaimantKind",
            "OutletKind",
            "FetchState",
            "EvidenceKind",
            "Stance",
            "SuggestedStance",
            "QuoteFound",
            "CoverageState",
            "FoundBy",
            "Outcome",
            "ChangeType",
            "ApprovalDecision",
            "PublicationKind",
            "ChecklistLine",
            "SourceKind",
            "ReviewItemKind",
            "ReviewItemState",
            "ArchiveService",
            "ArchiveState",
            "Scope",
        ]
    }
    | {"DeliveryState": "claims.webhook_choices.DeliveryState", "WebhookEvent": "claims.webhook_choices.WebhookEvent"},
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "claims.api.schema.declare_failures",
    ],
}

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
}
