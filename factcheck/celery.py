"""The Celery app: queues, and the settings under which a lost message, worker or broker costs time and nothing else.

Messages carry no work, only "look at row 7"; the rows are in PostgreSQL (workers/models.py). Start the workers with

    celery -A factcheck worker -Q fetch   -P threads -c 8 -n fetch@%h   --without-gossip --without-mingle
    celery -A factcheck worker -Q parse   -P prefork -c 1 -n parse@%h   --without-gossip --without-mingle
    celery -A factcheck worker -Q deliver -P threads -c 8 -n deliver@%h --without-gossip --without-mingle
    celery -A factcheck worker -Q match,default,facts -P prefork -c 2 -n work@%h --without-gossip --without-mingle
    celery -A factcheck worker -Q suspect -P prefork -c 1 -n suspect@%h --without-gossip --without-mingle
    celery -A factcheck beat

with REMAP_SIGTERM=SIGQUIT in the workers' environment, so that SIGTERM, which containers are stopped with, lets running
jobs finish for WORKER_SHUTDOWN_SECONDS. Celery reads that variable before this file. Several beats are as good as one.

In `suspect` are the jobs whose worker vanished, whatever their kind. One process does them, so that a job that takes
its process down again, or never ends, holds up nobody but others like it.
"""

import logging
import os
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from celery import Celery
from django.conf import settings
from kombu import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factcheck.settings")

QUEUES = ("fetch", "parse", "match", "deliver", "default", "suspect")  # of jobs
FACTS_QUEUE = "facts"  # of the doorbell: at most a few messages, since one that waits stands for every fact
# A message that a worker took and never acknowledged comes back after this (seconds). Coming back early is harmless,
# since the row decides who works; the sweep rings lost rows long before.
VISIBILITY_TIMEOUT = 600


def broker_address(address: str) -> str:
    """A REDIS_URL as kombu wants it: `unix:///path.sock?db=0` becomes `redis+socket:///path.sock?virtual_host=0`.

    Everything else (redis://, rediss://, amqp://) is passed on as it is.
    """
    parts = urlsplit(address)
    if parts.scheme != "unix":
        return address
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    query["virtual_host"] = query.pop("db", "0")
    login = ""
    if parts.password:
        login = f"{quote(parts.username or '', safe='')}:{quote(parts.password, safe='')}@"
    return f"redis+socket://{login}{parts.path}?{urlencode(query)}"


app = Celery("factcheck", include=["workers.tasks"])

# The ledger logs what became of each job; that a message came in and went out says nothing more.
for noisy in ("celery.worker.strategy", "celery.app.trace"):
    logging.getLogger(noisy).setLevel(logging.WARNING)

app.conf.update(
    broker_url=broker_address(settings.BROKER_URL or settings.REDIS_URL),
    broker_connection_timeout=2.0,
    broker_connection_retry=True,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a worker waits for its broker for ever
    broker_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,  # else the restore runs every tenth time only
        "socket_connect_timeout": 2.0,
        "socket_timeout": 5.0,  # a frozen Redis is noticed, not waited for
        "socket_keepalive": True,
        "health_check_interval": 5,
    },
    # The same under the other two names: the shortest one among all readers of a Redis wins.
    result_backend_transport_options={"visibility_timeout": VISIBILITY_TIMEOUT},
    visibility_timeout=VISIBILITY_TIMEOUT,
    result_backend=None,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    task_queues=[Queue(name, Exchange(name, type="direct"), routing_key=name) for name in (*QUEUES, FACTS_QUEUE)],
    task_default_queue="default",
    task_create_missing_queues=False,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_publish_retry=False,  # the next sweep rings again
    task_serializer="json",
    accept_content=["json"],
    task_send_sent_event=False,
    worker_send_task_events=False,
    worker_prefetch_multiplier=1,
    # A child that died holds its message's place for so long (seconds), in case a result is still on its way. Results
    # are rows here, and a few dead children would otherwise keep a whole worker from hearing of other work.
    worker_lost_wait=0.5,
    worker_cancel_long_running_tasks_on_connection_loss=False,  # losing the doorbell is no reason to stop the work
    # What leaks is caught by its size. The count is for what does not show there, and high: while a child is replaced,
    # its worker hears nothing for up to a second, or for five if a message was on its way to the old one.
    worker_max_memory_per_child=600_000,  # KiB
    worker_max_tasks_per_child=20_000,
    worker_soft_shutdown_timeout=settings.WORKER_SHUTDOWN_SECONDS,
    worker_enable_soft_shutdown_on_idle=True,  # a message may arrive in the moment of stopping
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_enable_remote_control=False,
    CELERY_DB_REUSE_MAX=10_000,
    timezone="UTC",
    enable_utc=True,
    beat_scheduler="workers.beat:Beat",
    beat_max_loop_interval=5,
    beat_schedule={
        "tick": {
            "task": "workers.tick",
            "schedule": settings.SWEEP_SECONDS,
            # A tick that waited is worthless once the next one is there.
            "options": {"queue": "default", "expires": max(10.0, 3 * settings.SWEEP_SECONDS)},
        }
    },
)
