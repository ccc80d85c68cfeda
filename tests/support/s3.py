"""A local server that speaks S3, and objects in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pyarrow import fs

Put = Callable[[str, bytes | str], str]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of the server on loopback."""
    server = pytest.importorskip("moto.server", reason="moto is in the dev extra")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Put:
    """Puts an object into a bucket of the test's own, and returns its address.

    The environment names the server and the credentials, as a user's does.
    """
    for name, value in {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    host = s3_server.removeprefix("http://")
    system = fs.S3FileSystem(endpoint_override=host, scheme="http", allow_bucket_creation=True)
    bucket = f"bucket-{abs(hash(request.node.nodeid)) % 10**9}"
    system.create_dir(bucket)

    def put(key: str, content: bytes | str) -> str:
        with system.open_output_stream(f"{bucket}/{key}", compression=None) as stream:
            stream.write(content if isinstance(content, bytes) else content.encode())
        return f"s3://{bucket}/{key}"

    return put
