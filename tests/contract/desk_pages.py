"""Who sees which page of the admin: what each goes by, in the terms of the table of roles, and an address to ask at.

A page of a model's list, form or history is told from its route; the others are named one by one. A route that is
neither has no row, and a test says so.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client

from claims.access.keys import issue
from claims.access.roles import GRANTS, LADDER, Operation
from claims.admin.urls import desk_site
from claims.audit.operations import record
from claims.capture import storage
from claims.capture.warc import record_pair
from claims.choices import EventKind, Role
from claims.http.client import Answer
from claims.models import Capture, ClaimSearch, Consumer, Document, SourcePoll, Submission, Webhook
from claims.text import sha256
from tests import factories
from tests.contract.access import held_by
from tests.factories import NOON
from workers.models import Host, Job

DESK_CALLERS = ("anonymous", "no role", *(role.label.lower() for role in (*LADDER, Role.ADMINISTRATOR)))
_ROLES = {role.label.lower(): role for role in (*LADDER, Role.ADMINISTRATOR)}
_OF_MODEL = re.compile(
    r"admin/(?P<app>\w+)/(?P<model>\w+)/(?:(?P<add>add)/|<path:object_id>/(?:(?P<page>history|delete|change)/)?)?"
)
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


class Held(StrEnum):
    """What opens a page besides an operation."""

    ROLE = "any role"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Page:
    """What a page goes by, and what a GET comes to for whoever may and for whoever may not."""

    needs: Operation | Held
    answer: str = "yes"
    refused: str = "403"
    outside: str = "login"  # for whoever has no role


READS, CONFIGURES = Operation.READ_DESK, Operation.CONFIGURE
KEYS, JOBS, HOOKS = Operation.MANAGE_KEYS, Operation.MANAGE_JOBS, Operation.MANAGE_WEBHOOKS
_BUTTON = Page(Held.ROLE, "405")  # a POST, whose operation looks who may; a GET is told so before that
_HOOK, _JOB, _CLAIM = "admin/claims/webhook/", "admin/workers/job/", "admin/claim/<slug:public_id>/"
OWN: dict[str, Page] = {
    "admin/": Page(Held.ROLE),
    "admin/login/": Page(Held.ROLE, "moved", outside="yes"),  # who is in goes on to the desk
    "admin/logout/": Page(Held.ROLE, "405", outside="moved"),
    "admin/password_change/": Page(Held.ROLE),
    "admin/password_change/done/": Page(Held.ROLE),
    "admin/jsi18n/": Page(Held.ROLE),
    "admin/autocomplete/": Page(Held.NOBODY),  # no field of ours completes
    "admin/r/<path:content_type_id>/<path:object_id>/": Page(Held.ROLE, "404"),  # no row has a page of its own there
    "admin/^(?P<app_label>auth|claims|workers)/$": Page(Held.ROLE),
    "admin/(?P<url>.*)$": Page(Held.ROLE, "404"),
    "admin/setup/": Page(Held.ROLE),
    "admin/connectors/": Page(READS),
    "admin/claim/": Page(Held.ROLE),
    "admin/claim/new/": Page(Held.ROLE),  # says who enters claims to those who do not
    _CLAIM: Page(READS),
    f"{_CLAIM}coverage/": Page(READS),
    f"{_CLAIM}do/<slug:action>/": _BUTTON,
    f"{_CLAIM}edit/": Page(READS),
    f"{_CLAIM}queries/": Page(READS),
    f"{_CLAIM}autosave/": _BUTTON,
    f"{_CLAIM}preview/": Page(READS),
    "admin/claimant/": Page(READS),
    "admin/claimant/new/": Page(Held.ROLE),
    "admin/claimant/<int:pk>/": Page(READS),
    "admin/copy/<int:capture_id>/": Page(READS),
    "admin/evidence/<int:pk>/file/": Page(READS),
    "admin/claims/source/<int:pk>/health/": Page(READS),
    "admin/claims/source/<int:pk>/poll/": _BUTTON,
    "admin/claims/apikey/issue/": Page(Held.ROLE),
    "admin/claims/apikey/<int:pk>/limit/": _BUTTON,
    "admin/claims/apikey/<int:pk>/rotate/": _BUTTON,
    "admin/claims/apikey/<int:pk>/revoke/": _BUTTON,
    f"{_HOOK}register/": Page(Held.ROLE),
    f"{_HOOK}<int:pk>/messages/<slug:message_id>/": Page(HOOKS),
    f"{_HOOK}<path:object_id>/change/": Page(HOOKS),
    **{
        f"{_HOOK}<int:pk>/{name}/": _BUTTON
        for name in ("switch-off", "switch-on", "ping", "redeliver", "rotate-secret")
    },
    **{f"{_JOB}<int:job_id>/{name}/": _BUTTON for name in ("requeue", "cancel", "run-now")},
    f"{_JOB}overview/": Page(JOBS),
    "admin/auth/user/<id>/password/": Page(CONFIGURES),
}
# What opens the lists and forms of a model; the others are open to whoever reads the desk.
_OPENS = {
    ("auth", "user"): CONFIGURES,
    ("auth", "group"): CONFIGURES,
    ("claims", "apikey"): KEYS,
    ("workers", "job"): JOBS,
    ("workers", "host"): JOBS,
}
# Rows that are set up by stock forms; their history is a list of the desk's own. Nobody deletes anything.
_SET_UP = {("auth", "user"), *(("claims", name) for name in ("outlet", "topic", "source", "ratingscale", "consumer"))}
_HISTORY_MOVES = {*_SET_UP, ("claims", "organisation")}


def page(route: str) -> Page | None:
    """What the route goes by; None where nobody said."""
    if route in OWN:
        return OWN[route]
    found = _OF_MODEL.fullmatch(route)
    if found is None:
        return None
    model = (str(found["app"]), str(found["model"]))
    if model not in {(row._meta.app_label, row._meta.model_name) for row in desk_site._registry}:
        return None
    opens = _OPENS.get(model, READS)
    if found["add"]:
        return Page(CONFIGURES if model in _SET_UP else Held.NOBODY)
    if found["page"] == "delete":
        return Page(Held.NOBODY)
    if found["page"] == "history":
        return Page(opens, "moved" if model in _HISTORY_MOVES else "yes")
    if found["page"] == "change" or route.endswith(f"/{model[1]}/"):
        return Page(opens)
    return Page(Held.ROLE, "moved")  # the row's address alone leads to its form


def expected(wanted: Page, caller: str) -> str:
    """What a GET comes to, by the table of roles alone."""
    if caller in {"anonymous", "no role"}:
        return wanted.outside
    held = held_by(_ROLES[caller])
    if isinstance(wanted.needs, Operation):
        may = any(grant.operation == wanted.needs and not grant.own and grant.role in held for grant in GRANTS)
    else:
        may = wanted.needs == Held.ROLE
    return wanted.answer if may else wanted.refused


def visitors() -> dict[str, Client]:
    """Nobody, a person without a role, and one of each role; each in a browser of their own."""
    found = {"anonymous": Client(), "no role": Client()}
    found["no role"].force_login(factories.UserFactory.create(username="looker"))
    for name, role in _ROLES.items():
        found[name] = Client()
        found[name].force_login(factories.UserFactory.create(username=f"looker-{role.value}", role=role))
    return found


def seen(client: Client, path: str) -> str:
    """What a GET comes to: `yes`, `login` for whoever is sent there, `moved` elsewhere, or the status."""
    answer = client.get(path)
    request_finished.disconnect(close_old_connections)  # the client connects it again after each request
    answer.close()
    if answer.status_code in {301, 302}:
        return "login" if answer["Location"].startswith("/admin/login/") else "moved"
    return "yes" if answer.status_code < 400 else str(answer.status_code)


def rows(prepared: dict[str, dict[str, Any]]) -> dict[str, str]:
    """A row of everything that a page is about, beside what was prepared; what the parameters stand for."""
    claim, document = factories.researching_claim(), factories.DocumentFactory.create()
    consumer = Consumer.objects.get_or_create(name="Another newsroom")[0]
    issue(name="reader", scopes=["verdicts:read"], consumer=consumer, actor=None, at=NOON)
    hook = Webhook.objects.create(
        consumer=consumer,
        public_id="hook0000000002",
        url="https://hooks.example/",
        events=["verdict.corrected"],
        created_at=NOON,
    )
    message = hook.deliveries.create(cause="x", event="verdict.corrected", payload="{}", created_at=NOON, next_at=NOON)
    factories.TopicFactory.create()
    factories.OutletFactory.create()
    Submission.objects.create(text="Is this so?", received_at=NOON)
    ClaimSearch.objects.create(claim=claim, connector="stored", query="x", started_at=NOON, outcome="none", count=0)
    SourcePoll.objects.create(source_id=prepared["source"]["id"], started_at=NOON, outcome="none")
    Job.objects.create(kind="match_document", queue="match", key="x", payload={"document_id": document.pk})
    Host.objects.create(scheme="https", host="slow.example", port=443)
    record(kind=EventKind.CONFIGURATION_SAVED, subject=consumer, actor=None, at=NOON, data={})
    capture = _copy(document)
    return {
        "message_id": message.message_id,
        "capture_id": str(capture.pk),
        "public_id": claim.public_id,
        "action": "accept",
        "content_type_id": str(ContentType.objects.get_for_model(Group).pk),
        "claimant": str(prepared["claimant"]["id"]),
        "evidence": str(prepared["file"]["id"]),
        "webhook": str(hook.pk),
    }


def _copy(document: Document) -> Capture:
    body = b"<p>Bread costs twice as much.</p>"
    said = (("Content-Type", "text/html"),)
    answer = Answer(document.url, document.url, 200, said, body, body, (), (), NOON, "93.184.215.14")
    warc = record_pair(answer)
    return Capture.objects.create(
        document=document,
        fetched_at=NOON,
        final_url=document.url,
        http_status=200,
        sha256=sha256(body),
        storage_key=storage.put(warc),
        warc_sha256=sha256(warc),
        length=len(body),
    )


def address(route: str, known: dict[str, str]) -> str:
    """The route with rows that exist in the place of its parameters."""
    if "(?P<" in route:
        return "/admin/claims/" if "app_label" in route else "/admin/nothing-here/"
    parts = route.split("/")

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name in known:
            return known[name]
        if parts[1] in known:
            return known[parts[1]]
        if parts[1] == "r":
            return str(Group.objects.order_by("pk")[0].pk)
        if parts[2] in known:
            return known[parts[2]]
        rows: Any = apps.get_model(parts[1], parts[2])._default_manager.order_by("pk")
        if parts[2] == "user":
            rows = User.objects.filter(is_superuser=False).order_by("pk")
        row = rows.first()
        assert row is not None, f"rows() makes none for {route}"
        return str(row.pk)

    return "/" + _PARAMETER.sub(fill, route)


def markdown(matrix: dict[str, dict[str, str]]) -> str:
    """The part of `docs/access.md` on the admin."""
    lines = [
        "",
        "## Pages of the admin",
        "",
        "What a GET comes to for nobody, for a person whose account has no role, and for one of each role: `yes` is",
        "the page, `login` and `moved` lead there and elsewhere, 405 is the address of a button, which is pressed by",
        "POST and whose operation looks who may. Pages that any role opens show what that role lets a person do there.",
        "",
        f"| page | goes by | {' | '.join(DESK_CALLERS)} |",
        f"|---|---|{'---|' * len(DESK_CALLERS)}",
    ]
    for route, row in sorted(matrix.items()):
        wanted = page(route)
        assert wanted is not None
        needs = f"`{wanted.needs.value}`" if isinstance(wanted.needs, Operation) else wanted.needs.value
        shown = route.replace("|", "\\|")
        lines.append(f"| `/{shown}` | {needs} | {' | '.join(row[caller] for caller in DESK_CALLERS)} |")
    return "\n".join(lines) + "\n"
