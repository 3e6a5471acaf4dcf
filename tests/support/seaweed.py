"""A bucket of our own: SeaweedFS on this machine, in a temporary folder, for the tests that speak S3.

`running(folder)` starts one server and stops it by its own process. It listens on 127.0.0.1 only and reports to nobody. Buckets come into
being when something is put into them; `keep_versions` makes one that never lets go of anything, which ours must refuse.
"""

from __future__ import annotations

import json
import socket
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from threading import Event, Thread
from typing import TYPE_CHECKING

from tests.support.needs import weed_path

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "127.0.0.1"
KEY, SECRET = "suyuan", "opens-nothing"
#: What is logged when the last part, which needs all others, is up.
UP = "Start Seaweed S3 API Server"
START_SECONDS_MAX = 60
#: Each part has two doors.
PARTS = ("master", "volume", "filer", "s3")


@dataclass(frozen=True, slots=True)
class Seaweed:
    """A server that runs."""

    weed: Path
    ports: tuple[int, ...]

    @property
    def environment(self) -> dict[str, str]:
        """The standard variables that lead to it."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://{HOST}:{self.ports[6]}",
            "AWS_ALLOW_HTTP": "true",
            "NO_PROXY": HOST,
        }

    def keep_versions(self, bucket: str, *, how: str = "Enabled") -> None:
        """From now on this bucket keeps (or, `Suspended`, stops keeping) every version of everything."""
        master = f"{HOST}:{self.ports[0]}.{self.ports[1]}"
        command = f"s3.bucket.versioning -name {bucket} -status {how}\n"
        said = subprocess.run(
            [self.weed, "shell", f"-master={master}"],
            input=command,
            capture_output=True,
            check=True,
            text=True,
        )
        assert f"set to {how}" in said.stdout, said.stdout


@contextmanager
def running(folder: Path) -> Iterator[Seaweed]:
    """SeaweedFS with its data in this folder."""
    weed = weed_path()
    assert weed is not None, "a test that asks for this runs only where SeaweedFS is"
    ports = _free_ports(2 * len(PARTS))
    identity = {"name": KEY, "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    doors = [
        f"-{part}.port{kind}={port}"
        for (part, kind), port in zip(
            [(part, kind) for part in PARTS for kind in ("", ".grpc")], ports, strict=True
        )
    ]
    server = subprocess.Popen(
        [
            weed, "-logtostderr=true", "server", f"-dir={folder}", f"-ip={HOST}", f"-ip.bind={HOST}", "-filer", "-s3", *doors,
            f"-s3.config={folder / 's3.json'}", "-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
            "-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=400",
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    is_up, lines = Event(), list[str]()
    listener = Thread(target=_listen, args=(server, lines, is_up))
    listener.start()
    try:
        assert is_up.wait(START_SECONDS_MAX), "".join(lines)
        assert server.poll() is None, "".join(lines)
        yield Seaweed(weed, ports)
    finally:
        # Stopping politely takes it half a minute; its data is thrown away.
        server.kill()
        server.wait()
        listener.join()
        for port in ports:
            for left in Path(gettempdir()).glob(f"seaweedfs-*-{port}.sock"):
                left.unlink(missing_ok=True)


def _listen(server: subprocess.Popen[str], lines: list[str], is_up: Event) -> None:
    """Read all it says, to the end: a full pipe would stop it."""
    assert server.stderr is not None
    with server.stderr as said:
        for line in said:
            lines.append(line)
            if UP in line:
                is_up.set()
    # It ended; whoever waits shall see why.
    is_up.set()


def _free_ports(count: int) -> tuple[int, ...]:
    with ExitStack() as held:
        ports = []
        for _ in range(count):
            place = held.enter_context(socket.socket())
            place.bind((HOST, 0))
            ports.append(int(place.getsockname()[1]))
        return tuple(ports)
