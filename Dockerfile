# One image for web, workers and beat; docker-compose.yml says which it is.
ARG BASE=python:3.11-slim
FROM ${BASE}

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore \
    DJANGO_SETTINGS_MODULE=factcheck.settings \
    STATIC_ROOT=/srv/static \
    CAPTURE_DIR=/var/lib/factcheck/captures \
    EVIDENCE_DIR=/var/lib/factcheck/evidence \
    EXPORT_DIR=/var/lib/factcheck/exports \
    STANCE_WEIGHTS=/var/lib/factcheck/stance.json \
    HOME=/tmp

# The folders are made here so that volumes mounted on them belong to the account that writes there.
RUN groupadd --gid 10001 factcheck \
    && useradd --uid 10001 --gid factcheck --no-create-home --home-dir /tmp --shell /usr/sbin/nologin factcheck \
    && install -d -o factcheck -g factcheck /var/lib/factcheck /var/lib/factcheck/captures /var/lib/factcheck/evidence

WORKDIR /srv/app
COPY requirements/base.txt requirements/base.txt
RUN python -m pip install --require-hashes --no-deps -r requirements/base.txt

COPY . .
# Settings refuse to load without these three; nothing connects to them, and none of them stays in the image.
RUN SECRET_KEY=only-for-this-build-step DATABASE_URL=postgresql:///none REDIS_URL=redis://none SITE_URL=https://none.invalid \
    python manage.py collectstatic --noinput \
    && python -m compileall -q claims factcheck seeds workers

USER factcheck
EXPOSE 8000
CMD ["python", "-m", "granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--access-log", "factcheck.wsgi:application"]
