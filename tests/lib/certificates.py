"""A certificate authority for a test: keys and certificates of one folder, made by openssl(1)
when they are wanted, gone with the folder.

    ca = certificates.Authority(t.folder)
    server = ca.issue("gateway", dns=["localhost"], ip=["127.0.0.1"])
    server.cert, server.key, ca.cert    # paths of PEM files

    context = certificates.client(ca, ca.issue("uav1"))     # for Python's ssl
"""

import datetime
import os
import ssl
import subprocess
import tempfile
from pathlib import Path

DAY = datetime.timedelta(days=1)


def _openssl(*arguments):
    """Its stdout."""
    done = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, check=False)
    assert done.returncode == 0, f"openssl {arguments}: {done.stderr.decode(errors='replace')}"
    return done.stdout


def _new_key(path):
    """EC, P-256: made in no time."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)


def _distinguished_name(cn):
    """For -subj; an empty one when there is no common name."""
    escaped = (cn or "").replace("\\", "\\\\").replace("/", "\\/").replace("+", "\\+")
    return f"/CN={escaped}" if cn else "/"


def _subject_alt_name(dns, ip):
    return ",".join([f"DNS:{name}" for name in dns] + [f"IP:{address}" for address in ip])


class Identity:
    """A certificate, followed by its chain, and its key: paths."""

    def __init__(self, cert, key):
        self.cert, self.key = cert, key

    def replace_by(self, other):
        """The files of `other` under the names of this one, as a renewal does."""
        for old, new in ((self.cert, other.cert), (self.key, other.key)):
            os.replace(new, old)


class Authority:
    """Another `name` is another CA in the same folder. An authority under another one is
    made by `under`: what it issues has it in its chain."""

    def __init__(self, folder, name="ca", under=None):
        self.folder, self.name = folder, name
        self.cert, self.key = folder / f"{name}.crt", folder / f"{name}.key"
        self._chain = b""
        self._count = 0
        _new_key(self.key)
        extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
        if under is None:
            self._sign(self, self.cert, self.key, f"test {name}", extensions, {})
        else:
            under._sign(under, self.cert, self.key, f"test {name}", extensions, {})
            self._chain = self.cert.read_bytes() + under._chain

    def issue(self, cn, dns=(), ip=(), begins=-DAY, ends=30 * DAY, usage=None):
        """A new key and certificate. `begins` and `ends`: from now; `ends=-DAY / 2` has expired.
        `usage`: "clientAuth", say, and nothing else."""
        self._count += 1
        stem = f"{self.name}-{self._count}"
        cert, key = self.folder / f"{stem}.crt", self.folder / f"{stem}.key"
        _new_key(key)
        extensions = "basicConstraints=critical,CA:FALSE\n"
        if dns or ip:
            critical = "" if cn else "critical,"
            extensions += f"subjectAltName={critical}{_subject_alt_name(dns, ip)}\n"
        if usage:
            extensions += f"extendedKeyUsage={usage}\n"
        self._sign(self, cert, key, cn, extensions, {"begins": begins, "ends": ends})
        cert.write_bytes(cert.read_bytes() + self._chain)
        return Identity(cert, key)

    def _sign(self, signer, cert, key, cn, extensions, times):
        """Writes `cert` for `key`. With `openssl ca`: it alone takes dates of one's own."""
        with tempfile.TemporaryDirectory(prefix="uavtest.") as work:
            self._sign_in(Path(work), signer, (cert, key), cn, extensions, times)

    def _sign_in(self, work, signer, files, cn, extensions, times):
        cert, key = files
        request, config, index = work / "request", work / "config", work / "index"
        index.touch()
        config.write_text(
            f"[ca]\ndefault_ca=one\n[one]\ndatabase={index}\nnew_certs_dir={work}\n"
            f"default_md=sha256\npolicy=any\nrand_serial=yes\nunique_subject=no\nemail_in_dn=no\n"
            f"[any]\ncommonName=optional\n[extensions]\n{extensions}", encoding="utf-8")
        now = datetime.datetime.now(datetime.timezone.utc)
        begins = (now + times.get("begins", -DAY)).strftime("%Y%m%d%H%M%SZ")
        ends = (now + times.get("ends", 30 * DAY)).strftime("%Y%m%d%H%M%SZ")
        _openssl("req", "-new", "-utf8", "-key", key, "-subj", _distinguished_name(cn),
                 "-out", request)
        by = ["-selfsign"] if key == signer.key else ["-cert", signer.cert]
        _openssl("ca", "-batch", "-notext", "-utf8", "-config", config, "-extensions", "extensions",
                 "-keyfile", signer.key, *by, "-startdate", begins, "-enddate", ends,
                 "-in", request, "-out", cert)


def _with(context, identity, version):
    if identity:
        context.load_cert_chain(identity.cert, identity.key)
    if version:
        context.minimum_version = context.maximum_version = version
    return context


def client(ca, identity=None, version=None):
    """An ssl.SSLContext that trusts `ca` and shows `identity`. `version`: of ssl.TLSVersion,
    that one alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca.cert)
    return _with(context, identity, version)


def server(identity, ca=None, version=None):
    """With `ca`, who connects must have a certificate of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if ca:
        context.load_verify_locations(ca.cert)
        context.verify_mode = ssl.CERT_REQUIRED
    return _with(context, identity, version)
