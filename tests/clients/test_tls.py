"""The client over TLS: who is not trusted is not read, and who stalls inside it is not waited for."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from factcheck_client import Client, Patience, Unreachable
from tests.clients.conftest import envelope

BODY = json.dumps(envelope()).encode()
WHOLE = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost, signed by itself, with its key in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "desk")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "desk.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


class Server:
    """Answers over TLS: whole at first, then a byte at a time without end."""

    def __init__(self, certificate: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self.url = f"https://localhost:{self._listening.getsockname()[1]}"
        self.answered = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(timeout=10)

    def _serve(self) -> None:
        with suppress(OSError):  # closed
            while True:
                plain, _ = self._listening.accept()
                with plain, suppress(OSError):  # they hung up
                    self._answer(plain)

    def _answer(self, plain: socket.socket) -> None:
        with self._context.wrap_socket(plain, server_side=True) as wire:
            wire.recv(65_536)
            self.answered += 1
            if self.answered == 1:
                wire.sendall(WHOLE)
            while self.answered > 1 and not self._over.wait(0.02):
                wire.sendall(b"H")


@pytest.fixture
def server(certificate: Path) -> Iterator[Server]:
    running = Server(certificate)
    yield running
    running.close()


def test_who_is_trusted_is_read_and_who_stalls_is_not_waited_for(server: Server, certificate: Path):
    trusted = ssl.create_default_context(cafile=certificate)

    with Client(server.url, verify=trusted, patience=Patience(timeout=1.5, tries=1)) as client:
        assert client.verdict("abc").id == "abc"
        with pytest.raises(Unreachable):
            client.verdict("abc")
    assert server.answered == 2


def test_a_certificate_that_nobody_vouches_for_is_refused(server: Server):
    with Client(server.url, patience=Patience(tries=1)) as client, pytest.raises(Unreachable, match="CERTIFICATE"):
        client.verdict("abc")
    assert server.answered == 0


def test_a_handshake_that_never_answers_is_not_waited_for():
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        Client(f"https://localhost:{silent.getsockname()[1]}", patience=Patience(timeout=0.5, tries=1)) as client,
        pytest.raises(Unreachable),
    ):
        client.verdict("abc")
