"""A desk for measurements: a scratch database with real verdicts, as many copies of one as asked for, and figures."""

import os
import statistics
from collections.abc import Iterator
from contextlib import contextmanager

import django
import environment  # noqa: F401 - for its effect

os.environ.setdefault("WEB_THREADS", "4")
os.environ.setdefault("DATABASE_POOL_SIZE", os.environ["WEB_THREADS"])
for caller in ("ANONYMOUS", "CONSUMER", "PERSON", "PAGES"):  # what is measured is the service, not its limits
    os.environ.setdefault(f"{caller}_PER_MINUTE", "0")
django.setup()

from django.db import connection, models  # noqa: E402
from psycopg.conninfo import conninfo_to_dict, make_conninfo  # noqa: E402

from claims.models import Approval, Claim, FeedHead, Publication, PublicHead, Verdict  # noqa: E402

STEP = 10_000  # rows per statement


@contextmanager
def scratch() -> Iterator[str]:
    """A migrated database of its own beside the one in DATABASE_URL, dropped at the end. Gives its address."""
    connection.close()
    connection.close_pool()
    own = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_{os.getpid()}"
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield make_conninfo("", **{**conninfo_to_dict(os.environ["DATABASE_URL"]), "dbname": name})
    finally:
        connection.close()
        connection.close_pool()
        connection.creation.destroy_test_db(own, verbosity=0)


@contextmanager
def on(name: str) -> Iterator[None]:
    """The database of that name is the one that is read, for as long as the block runs."""
    before = connection.settings_dict["NAME"]
    _switch(name)
    try:
        yield
    finally:
        _switch(before)


def _switch(name: str) -> None:
    if connection.settings_dict["NAME"] != name:
        connection.close()
        connection.close_pool()
        connection.settings_dict["NAME"] = name


@contextmanager
def enlarged(publication: Publication, count: int) -> Iterator[tuple[str, str]]:
    """The scratch database, and a copy of it that has so many verdicts more, dropped at the end: both by name."""
    small = connection.settings_dict["NAME"]
    large = f"{small}_large"
    with on("postgres"), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {large} TEMPLATE {small}")
    try:
        with on(large):
            copies(publication, count)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM (ANALYZE) claims_publication, claims_publichead")
        yield small, large
    finally:
        with on("postgres"), connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {large}")


def copies(publication: Publication, count: int, *, publish: bool = True) -> list[int]:
    """So many further claims with the verdict of this one, approved, and published unless told otherwise: their ids.

    Written by SQL past the operations, but not past the triggers.
    """
    claim, verdict = publication.claim, publication.verdict
    approval = Approval.objects.filter(verdict=verdict, decision="approved").latest("pk")
    first = {model: (model.objects.aggregate(m=models.Max("pk"))["m"] or 0) for model in (Claim, Verdict, Approval)}
    base = max(*first.values(), Publication.objects.latest("pk").pk)
    sequence = FeedHead.objects.get().n
    public_id = f"substr(md5(({base} + i)::text), 1, 13)"
    body = f"convert_to(replace(convert_from(t.body, 'UTF8'), '{claim.public_id}', {public_id}), 'UTF8')"
    source = f"(SELECT body FROM claims_publication WHERE id = {publication.pk}) t"
    number = f"{base} + i"
    digest = f"encode(sha256({body}), 'hex')"
    done = 0
    while done < count:
        span = f"generate_series({done + 1}, {min(done + STEP, count)}) i"
        wording = f"'Unemployment in district ' || {number} || ' fell by half last year.'"
        _copy(Claim, claim.pk, span, "", {"id": number, "public_id": public_id, "statement": wording})
        own = {"id": number, "claim_id": number, "candidate": body, "candidate_hash": digest}
        _copy(Verdict, verdict.pk, span, source, own)
        _copy(Approval, approval.pk, span, source, {"id": number, "verdict_id": number, "candidate_hash": digest})
        if publish:
            own = {"id": number, "claim_id": number, "verdict_id": number, "body": body, "body_hash": digest}
            own |= {"sequence": f"{sequence} + i", "public_id": public_id, "statement": wording}
            own["valid_from"] = "one.valid_from + i * interval '1 millisecond'"
            _copy(Publication, publication.pk, span, source, own)
            own = {"claim_id": number, "publication_id": number, "public_id": public_id, "original_id": number}
            _copy(PublicHead, claim.pk, span, "", own | {"sequence": f"{sequence} + i"})
        done = min(done + STEP, count)
    with connection.cursor() as cursor:
        if publish:
            FeedHead.objects.update(n=sequence + count)
        for model in (Claim, Verdict, Approval, Publication):
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {base + count + 1})")
            cursor.execute(f"ANALYZE {table}")
        cursor.execute("ANALYZE claims_publichead")
    return list(range(base + 1, base + count + 1))


def _copy(model: type[models.Model], pk: int, span: str, more: str, own: dict[str, str]) -> None:
    columns = [f.column for f in model._meta.concrete_fields if not f.generated]
    values = ", ".join(own.get(column, f"one.{column}") for column in columns)
    key = model._meta.pk.column
    joined = f", {more}" if more else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({', '.join(columns)}) "
            f"SELECT {values} FROM {model._meta.db_table} one, {span}{joined} WHERE one.{key} = {pk}"
        )


def spread(values: list[float], digits: int = 3) -> dict[str, float]:
    """Median and 90 % interval of the rounds."""
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), digits),
        "low": round(percentile(ordered, 5), digits),
        "high": round(percentile(ordered, 95), digits),
    }


def percentile(values: list[float], per_cent: float) -> float:
    """The value below which that share lies, between neighbours by distance."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * per_cent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def load() -> float:
    """Load average of the last minute."""
    return round(os.getloadavg()[0], 2)
