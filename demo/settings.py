"""What a demo folder remembers from one start to the next."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
import fcntl
import hashlib
import json
import os
from pathlib import Path
import secrets
import socket
from typing import Self
import uuid

from .screen import DemoError

LOOPBACK = "127.0.0.1"
USER = "demo"
_FILE = "demo.json"
_LOCK = ".lock"
USUAL_PORT = 8123
_USUAL_SIMULATOR_PORT = 8880


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The credentials of a SignalWire project, real or made up."""

    space: str
    project: str
    token: str

    def fingerprint(self) -> str:
        """Tell whether the credentials changed, without keeping them."""
        text = f"{self.space}\n{self.project}\n{self.token}"
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The memory of one demo folder: it belongs to one account for good."""

    password: str
    """Of the demo's user; also printed."""
    project: str
    token: str = ""
    """Made up, and only for the simulator; a real token stays with Home Assistant."""
    simulator_port: int = 0
    """Where the simulator was last; 0 for a real account."""
    entered: str = ""
    """The fingerprint of the account that Home Assistant was given."""

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Read the folder's memory; None for a new folder."""
        try:
            content = json.loads((folder / _FILE).read_text(encoding="utf-8"))
            return cls(**content)
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as err:
            raise DemoError(f"{folder / _FILE} is damaged: remove {folder} to begin anew.") from err

    def save(self, folder: Path) -> None:
        """Write the folder's memory, for nobody but the owner."""
        target = folder / _FILE
        draft = target.with_suffix(".tmp")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file, indent=2)
        draft.replace(target)

    def with_free_simulator_port(self, taken: int) -> Self:
        """Keep the simulator where it was, or move it where something else took its place."""
        for port in (self.simulator_port, _USUAL_SIMULATOR_PORT):
            if port and port != taken and port_is_free(port):
                return replace(self, simulator_port=port)
        return replace(self, simulator_port=free_port())


def settings_for(folder: Path, account: Account | None, port: int) -> Settings:
    """Return the folder's settings, new ones for a new folder.

    `port` is Home Assistant's: beside the usual one, the simulator has its usual one too. Demos
    that start at the same moment on others do not meet there.
    """
    found = Settings.load(folder)
    if found is None:
        if any(entry.name != _LOCK for entry in folder.iterdir()):
            # It may be the configuration of somebody's real Home Assistant.
            raise DemoError(f"{folder} is not empty and no demo's folder: choose another --config.")
        password = secrets.token_hex(4)
        if account is None:
            return Settings(
                password=password,
                project=str(uuid.uuid4()),
                token=f"PT{secrets.token_hex(25)}",
                simulator_port=_USUAL_SIMULATOR_PORT if port == USUAL_PORT else free_port(),
            )
        return Settings(password=password, project=account.project)
    if account is None and not found.simulator_port:
        raise DemoError(f"{folder} belongs to a real account: name that one, or another --config.")
    if account is not None and account.project != found.project:
        raise DemoError(f"{folder} belongs to another project: choose another --config.")
    return found


def usual_folder(root: Path, account: Account | None) -> Path:
    """Return the folder for an account, so that simulated and real ones never mix."""
    if account is None:
        return root / ".demo" / "simulator"
    name = hashlib.sha256(account.project.encode()).hexdigest()[:8]
    return root / ".demo" / f"account-{name}"


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Keep a second demo out of the folder while this one runs."""
    with (folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DemoError(f"A demo is running in {folder} already.") from None
        yield


def port_is_free(port: int) -> bool:
    """Tell whether a server could listen on a port of the loopback interface."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
