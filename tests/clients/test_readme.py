"""The client's README is followed as it is written, on the running service."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from claims.models import Publication
from claims.publishing.signing import new_secret, shown, signatures
from tests import factories
from tests.clients.conftest import Open

README = (Path(__file__).parents[2] / "clients" / "python" / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.M | re.S)


@pytest.mark.django_db(transaction=True)
def test_the_tour_runs_as_written(desk: Open, key: str, live_server: Any, capsys: pytest.CaptureFixture[str]):
    claim, gone = factories.published_claim(headline="It fell by far less"), factories.published_claim()
    factories.corrected(claim)
    factories.retracted(gone)
    secret = new_secret()
    code = "\n".join(BLOCKS)
    given = {"http://127.0.0.1:8000": live_server.url, "fct_live_…": key, "whsec_…": shown(secret)}
    for written, real in given.items():
        assert code.count(written) == 1
        code = code.replace(written, real)
    names: dict[str, Any] = {"__name__": "tour"}

    exec(compile(code, "README.md", "exec"), names)
    names["catch_up"]()

    printed = capsys.readouterr().out
    assert f"{claim.statement} — It fell by far less" in printed
    assert "refutes What statistics says https://archive.example/statistics.example/table-7" in printed
    assert "Never public." in printed
    held = names["mine"].execute("SELECT id, version FROM verdict").fetchall()
    assert held == [(claim.public_id, 2)]
    assert names["mine"].execute("SELECT cursor FROM place").fetchone()[0].endswith(f"/{Publication.objects.count()}")
    for part in ("client", "named", "mine"):
        names[part].close()

    body = b'{"type":"verdict.corrected","timestamp":"2026-03-02T12:00:00Z","data":{"id":"abc","version":2}}'
    at = int(time.time())
    sent = {"webhook-id": "msg_1", "webhook-timestamp": str(at)}
    sent["webhook-signature"] = signatures(message_id="msg_1", timestamp=at, body=body, keys=[secret])
    assert (names["receive"](body, sent), names["receive"](body + b" ", sent)) == (204, 400)
    assert "msg_1 verdict.corrected abc 2" in capsys.readouterr().out
