"""HTTPS, over HTTP/2 where the host speaks it and over HTTP/1.1 where it does not."""

import datetime
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from crawl_web import links
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from warcio.archiveiterator import ArchiveIterator

from eurocorpus.pipeline.crawl.config import CrawlConfig
from eurocorpus.pipeline.crawl.crawl import crawl

PAGES = {"/": links("/a", "/image").encode(), "/a": b"<p>a", "/image": b"\x89PNG" * 100}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "two.test")])
    begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=9999))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "pair.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(pem))
    return path


class Secure:
    """Serves the pages over TLS, by each protocol that it is told to offer."""

    def __init__(self, certificate: Path, offers: list[str]) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.context.set_alpn_protocols(offers)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.spoken: list[tuple[str, str]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self.socket.accept()
                threading.Thread(target=self._serve, args=(plain,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        secure = self.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        with suppress(OSError), secure:
            secure.settimeout(60)
            secure.do_handshake()
            if secure.selected_alpn_protocol() == "h2":
                self._http2(secure)
            else:
                self._http1(secure)

    def _http1(self, secure: ssl.SSLSocket) -> None:
        while data := secure.recv(1 << 16):
            path = data.split()[1].decode()
            status, kind, body = self._answer("http/1.1", path)
            head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            secure.sendall(head.encode() + body)

    def _http2(self, secure: ssl.SSLSocket) -> None:
        connection = H2Connection(H2Configuration(client_side=False))
        connection.initiate_connection()
        secure.sendall(connection.data_to_send())
        while data := secure.recv(1 << 16):
            for event in connection.receive_data(data):
                if isinstance(event, RequestReceived):
                    path = dict(event.headers)[b":path"].decode()
                    status, kind, body = self._answer("h2", path)
                    headers = [(":status", str(status)), ("content-type", kind)]
                    connection.send_headers(event.stream_id, headers)
                    connection.send_data(event.stream_id, body, end_stream=True)
            secure.sendall(connection.data_to_send())

    def _answer(self, protocol: str, path: str) -> tuple[int, str, bytes]:
        self.spoken.append((protocol, path))
        kind = "image/png" if path == "/image" else "text/html"
        return (200, kind, PAGES[path]) if path in PAGES else (404, kind, b"none")


@pytest.fixture
def servers(certificate: Path) -> Iterator[dict[str, Secure]]:
    served = {
        "two.test": Secure(certificate, ["h2", "http/1.1"]),
        "one.test": Secure(certificate, ["http/1.1"]),
    }
    yield served
    for server in served.values():
        server.socket.close()


def test_pages_come_over_http2_where_it_is_spoken(
    servers: dict[str, Secure], tmp_path: Path
) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 one.test two.test\n")
    config = {
        "seeds": [f"https://{host}:{server.port}/" for host, server in servers.items()],
        "output": str(tmp_path / "out"),
        "parts": 1,
        "pace": {"delay": 0.01, "factor": 0.0, "retries": 1},
        "network": {"hosts": str(hosts), "allow": ["127.0.0.0/8"], "http2": True, "timeout": 8},
        "engine": {"workers": 1},
    }
    summary = crawl(CrawlConfig.model_validate(config))
    assert summary["statuses"] == {"200": 6}, json.dumps(summary)
    for host, protocol in (("two.test", "h2"), ("one.test", "http/1.1")):
        spoken = servers[host].spoken
        assert {name for name, _ in spoken} == {protocol}
        asked = [path for _, path in spoken]
        if protocol == "http/1.1":
            asked.remove("*")  # the preface of HTTP/2, once
        assert asked == ["/robots.txt", "/ai.txt", "/.well-known/tdmrep.json", "/", "/a", "/image"]
    protocols = {}
    for path in (tmp_path / "out" / "warc").glob("*.warc.gz"):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                body = record.content_stream().read()
                get = record.rec_headers.get_header
                if record.rec_type == "request":
                    assert body == b""
                    assert record.http_headers.get_header("Host") in get("WARC-Target-URI")
                if record.rec_type in ("response", "revisit"):
                    url = get("WARC-Target-URI")
                    protocols[url] = get("WARC-Protocol")
                    expected = PAGES["/" + url.rpartition("/")[2]]
                    empty = record.rec_type == "revisit" or get("WARC-Truncated") == "unspecified"
                    assert body == (b"" if empty else expected)
                    assert get("WARC-IP-Address") == "127.0.0.1"
    assert sorted(protocols.values(), key=str) == [None] * 3 + ["h2"] * 3
