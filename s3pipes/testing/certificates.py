"""Certificates of an authority of our own, for servers on this machine."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509


def certify(
    directory: Path, *, expired: bool = False, also: Sequence[str] = ()
) -> tuple[ssl.SSLContext, Path]:
    """A server context for localhost and 127.0.0.1, and the file of the CA that signed it.

    The context's files are `server.pem` and `server.key`. `also` are further names and addresses.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    now = dt.datetime.now(dt.timezone.utc)
    day = dt.timedelta(days=1)
    until = now - day if expired else now + day

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def builder(text: str, of_key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name(text))
            .issuer_name(name("s3pipes test CA"))
            .public_key(of_key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * day)
            .not_valid_after(until)
        )

    ca = builder("s3pipes test CA", ca_key)
    ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    names = [_general_name(text) for text in ("localhost", "127.0.0.1", *also)]
    leaf = builder("localhost", key)
    leaf = leaf.add_extension(x509.SubjectAlternativeName(names), critical=False)
    pem = serialization.Encoding.PEM
    ca_file, chain_file, key_file = (
        directory / file for file in ("ca.pem", "server.pem", "server.key")
    )
    ca_file.write_bytes(ca.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    chain_file.write_bytes(leaf.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    key_file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain_file, key_file)
    return context, ca_file


def _general_name(text: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)
