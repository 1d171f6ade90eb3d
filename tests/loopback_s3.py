"""A bucket on this machine that speaks as much of S3 as reading, writing, listing and removing files takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


@dataclass
class Bucket:
    """What the server holds, by path (`bucket/key`), and where it listens."""

    files: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    port: int = 0

    def url(self, path: str) -> str:
        return f"s3://{path}?endpoint_override=127.0.0.1:{self.port}&scheme=http&allow_bucket_creation=true"


@contextmanager
def loopback_s3() -> Iterator[Bucket]:
    bucket = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"bucket": bucket}))
    bucket.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path, asked = self._asked()
        if "list-type" in asked or "/" not in path.rstrip("/"):
            self._list(path.split("/")[0], asked)
        elif path not in self.bucket.files:
            self._say(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self._give(self.bucket.files[path])

    def do_PUT(self) -> None:
        path, asked = self._asked()
        content = self._body()
        if "partNumber" in asked:
            self.bucket.uploads[asked["uploadId"][0]][int(asked["partNumber"][0])] = content
        elif "/" in path.rstrip("/"):
            self.bucket.files[path] = content
        self._say(200, b"", {"ETag": f'"{md5(content).hexdigest()}"'})

    def do_POST(self) -> None:
        path, asked = self._asked()
        self._body()
        if "uploads" in asked:
            name = str(len(self.bucket.uploads))
            self.bucket.uploads[name] = {}
            said = f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
        else:
            parts = self.bucket.uploads.pop(asked["uploadId"][0])
            self.bucket.files[path] = b"".join(parts[number] for number in sorted(parts))
            said = "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>"
        self._say(200, said.encode())

    def do_DELETE(self) -> None:
        self.bucket.files.pop(self._asked()[0], None)
        self._say(204, b"")

    def _asked(self) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        return unquote(parts.path).lstrip("/"), parse_qs(parts.query, keep_blank_values=True)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            content = b""
            while size := int(self.rfile.readline(), 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return _plain(content) if "aws-chunked" in self.headers.get("Content-Encoding", "") else content

    def _list(self, bucket: str, asked: dict[str, list[str]]) -> None:
        prefix = asked.get("prefix", [""])[0]
        delimiter = asked.get("delimiter", [""])[0]
        keys = sorted(path[len(bucket) + 1 :] for path in self.bucket.files if path.startswith(f"{bucket}/{prefix}"))
        folders = set()
        if delimiter:
            deeper = [key for key in keys if delimiter in key[len(prefix) :]]
            folders = {prefix + key[len(prefix) :].split(delimiter)[0] + delimiter for key in deeper}
            keys = [key for key in keys if key not in deeper]
        said = (
            f"<ListBucketResult><Name>{bucket}</Name><KeyCount>{len(keys)}</KeyCount><IsTruncated>false</IsTruncated>"
        )
        for key in keys[: int(asked.get("max-keys", ["1000000"])[0])]:
            size = len(self.bucket.files[f"{bucket}/{key}"])
            said += f"<Contents><Key>{escape(key)}</Key><Size>{size}</Size>"
            said += "<LastModified>2024-01-01T00:00:00.000Z</LastModified></Contents>"
        said += "".join(f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>" for each in sorted(folders))
        self._say(200, f"{said}</ListBucketResult>".encode())

    def _give(self, content: bytes) -> None:
        asked = self.headers.get("Range")
        if asked is None:
            self._say(200, content)
            return
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start, stop = int(first), min(int(last or len(content)), len(content) - 1)
        self._say(206, content[start : stop + 1], {"Content-Range": f"bytes {start}-{stop}/{len(content)}"})

    def _say(self, status: int, content: bytes, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        headers = {"Content-Length": str(len(content)), "Last-Modified": formatdate(0, usegmt=True), **(more or {})}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _plain(content: bytes) -> bytes:
    """Undo the client's own chunks, each with its size (and signature) before it; a checksum stands behind the last."""
    plain = b""
    while True:
        size, _, content = content.partition(b"\r\n")
        count = int(size.split(b";")[0], 16)
        if not count:
            return plain
        plain, content = plain + content[:count], content[count + 2 :]
