"""TLS for servers of a test's own, with certificates that are good, foreign, or too old."""

import ssl
import subprocess
from pathlib import Path


def tls(folder: Path, *, days: int) -> tuple[ssl.SSLContext, Path]:
    """Return a server's side of TLS for 127.0.0.1, and the certificate that it shows.

    The certificate is its own authority, and holds for so many days; fewer than 0 ago.
    """
    key, request, certificate = (folder / f"{name}.pem" for name in ("key", "request", "shown"))
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    _openssl("req", "-new", *curve, "-keyout", key, *subject, "-out", request)
    valid = ["-days", str(days), "-copy_extensions", "copy"]
    _openssl("x509", "-req", "-in", request, "-signkey", key, *valid, "-out", certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


def _openssl(*arguments: object) -> None:
    subprocess.run(
        ["/usr/bin/env", "openssl", *map(str, arguments)], check=True, capture_output=True
    )
