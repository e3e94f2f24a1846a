"""nginx on tmpfs: so fast a server that the client is what is measured.

It speaks just as much S3 as the clients ask of it: GET, HEAD, ranges, ETag and If-Match come from
nginx itself, ListObjectsV2 is a static answer per prefix. Signatures are not checked.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.endpoint import BUCKET, Endpoint, tmpfs
from benchmarks.server import Server
from benchmarks.works import Work, write_data

CONFIG = """\
{user}
daemon off;
worker_processes 1;
pid {home}/nginx.pid;
error_log {home}/error.log warn;
events {{ worker_connections 4096; multi_accept on; }}
http {{
    access_log off;
    server_tokens off;
    sendfile on;
    tcp_nopush on;
    tcp_nodelay on;
    etag on;
    default_type application/octet-stream;
    keepalive_requests 1000000;
    keepalive_timeout 600s;
    open_file_cache max=4096 inactive=600s;
    open_file_cache_valid 600s;
    client_body_temp_path {home}/tmp-body;
    proxy_temp_path {home}/tmp-proxy;
    fastcgi_temp_path {home}/tmp-fastcgi;
    uwsgi_temp_path {home}/tmp-uwsgi;
    scgi_temp_path {home}/tmp-scgi;
    map $args $listing {{
        default all.xml;
{prefixes}
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        listen 127.0.0.1:{tls_port} ssl backlog=4096;
        ssl_certificate {home}/server.pem;
        ssl_certificate_key {home}/server.key;
        ssl_protocols TLSv1.2 TLSv1.3;
        root {home}/root;
        location ~ ^/{bucket}/?$ {{
            try_files /.lists/$listing =404;
            default_type application/xml;
            types {{ }}
        }}
        location / {{ }}
    }}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listing(keys: Sequence[str], sizes: Mapping[str, int], etags: Mapping[str, str]) -> str:
    """A ListObjectsV2 answer in one page; the clients take at most 1000 keys for complete."""
    rows = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>2024-01-01T00:00:00.000Z</LastModified>"
        f"<ETag>{escape(etags[key])}</ETag><Size>{sizes[key]}</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
        for key in keys
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{BUCKET}</Name><Prefix></Prefix><KeyCount>{len(keys)}</KeyCount>"
        f"<MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"
    )


def make_certificate(home: Path) -> None:
    """A throw-away CA (`ca.pem`) and a certificate of it for 127.0.0.1."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    ca = ["-subj", "/CN=s3pipes bench CA", "-keyout", f"{home}/ca.key", "-out", f"{home}/ca.pem"]
    ca += ["-addext", "keyUsage=critical,keyCertSign"]
    leaf = ["-subj", "/CN=127.0.0.1", "-keyout", f"{home}/server.key"]
    leaf += ["-out", f"{home}/server.pem", "-CA", f"{home}/ca.pem", "-CAkey", f"{home}/ca.key"]
    leaf += ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    leaf += ["-addext", "basicConstraints=critical,CA:FALSE"]
    for names in (ca, leaf):
        command = ["openssl", "req", "-x509", *curve, *names]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)


class NginxServer(Server):
    """One worker of nginx."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="s3pipes-bench-", dir=tmpfs()))
        self._open.callback(shutil.rmtree, self.home, ignore_errors=True)
        self.home.chmod(0o755)
        self.bucket = self.home / "root" / BUCKET
        self.bucket.mkdir(parents=True)

    def fill(self, works: Sequence[Work]) -> dict[str, int]:
        return write_data(works, self.bucket)

    def start(self, keys: Sequence[str]) -> Endpoint:
        """Serves `keys`, which must lie under `bucket`; returns when the port answers."""
        binary = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if binary is None:
            raise RuntimeError("nginx is not installed (Debian, Ubuntu: apt install nginx-light)")
        make_certificate(self.home)
        port, tls_port = free_port(), free_port()
        prefixes = sorted({key.split("/", 1)[0] for key in keys})
        self._write_lists(keys, prefixes)
        config = CONFIG.format(
            user="user root root;" if os.geteuid() == 0 else "",
            home=self.home,
            port=port,
            tls_port=tls_port,
            bucket=BUCKET,
            prefixes="\n".join(f"        ~prefix={name} {name}.xml;" for name in prefixes),
        )
        (self.home / "nginx.conf").write_text(config)
        command = [binary, "-e", f"{self.home}/error.log", "-c", f"{self.home}/nginx.conf"]
        server = subprocess.Popen([*command, "-p", str(self.home)])
        self._open.callback(server.wait, 10)
        self._open.callback(server.terminate)
        url, tls_url = f"http://127.0.0.1:{port}", f"https://127.0.0.1:{tls_port}"
        self._await_answer(server, f"{url}/{BUCKET}/{keys[0]}", None)
        context = ssl.create_default_context(cafile=f"{self.home}/ca.pem")
        self._await_answer(server, f"{tls_url}/{BUCKET}/{keys[0]}", context)
        version = subprocess.run([binary, "-v"], capture_output=True, text=True).stderr
        name = version.strip().rpartition(" ")[2]
        return Endpoint(
            name=f"{name}, 1 worker, sendfile, files on tmpfs, plain HTTP and TLS over loopback",
            url=url,
            access_key="bench",
            secret_key="bench-secret",
            targets={key: f"/{BUCKET}/{key}" for key in keys},
            tls_url=tls_url,
            ca_file=f"{self.home}/ca.pem",
        )

    def _write_lists(self, keys: Sequence[str], prefixes: Sequence[str]) -> None:
        lists = self.home / "root" / ".lists"
        lists.mkdir()
        stats = {key: (self.bucket / key).stat() for key in keys}
        sizes = {key: stat.st_size for key, stat in stats.items()}
        # nginx makes its ETag of the two numbers in hexadecimal.
        etags = {key: f'"{int(s.st_mtime):x}-{s.st_size:x}"' for key, s in stats.items()}
        for name in (*prefixes, "all"):
            chosen = [key for key in keys if name == "all" or key.startswith(f"{name}/")]
            (lists / f"{name}.xml").write_text(listing(chosen, sizes, etags))

    def _await_answer(
        self, server: subprocess.Popen[bytes], url: str, context: ssl.SSLContext | None
    ) -> None:
        deadline = time.monotonic() + 10
        request = urllib.request.Request(url, method="HEAD")
        while True:
            try:
                urllib.request.urlopen(request, timeout=5, context=context).close()
                return
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    log = (self.home / "error.log").read_text()
                    raise RuntimeError(f"nginx did not start: {log or 'no log'}") from None
                time.sleep(0.02)
