"""``wss``: the certificate is checked, and what is wrong with it is said in a sentence."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.server import ServerConnection, serve

from sync.errors import LinkProblem
from sync.websocket import open_websocket


def _certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a show machine")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encodings = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / "server.pem"
    file.write_bytes(key.private_bytes(*encodings) + certificate.public_bytes(serialization.Encoding.PEM))
    return file


async def _greet(socket: ServerConnection) -> None:
    await socket.send("hello")
    await socket.wait_closed()


@pytest.fixture
async def secure_server(tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    file = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    async with serve(_greet, "127.0.0.1", 0, ssl=context) as server:
        yield f"wss://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}", file


async def test_a_certificate_that_nobody_vouches_for_is_refused_in_words(secure_server: tuple[str, Path]) -> None:
    url, _ = secure_server
    with pytest.raises(LinkProblem, match="certificate"):
        await open_websocket(url)


async def test_a_certificate_that_the_operator_trusts_is_taken(secure_server: tuple[str, Path]) -> None:
    url, file = secure_server
    channel = await open_websocket(url, ssl_context=ssl.create_default_context(cafile=str(file)))
    assert await channel.receive() == "hello"
    await channel.close()


async def test_a_trusted_certificate_of_another_host_is_refused(secure_server: tuple[str, Path]) -> None:
    url, file = secure_server
    context = ssl.create_default_context(cafile=str(file))
    with pytest.raises(LinkProblem, match="certificate"):
        await open_websocket(url.replace("127.0.0.1", "localhost"), ssl_context=context)
