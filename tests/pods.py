"""A pod acted out: its containers as processes, which are treated as the kubelet treats them."""

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.confinement import bubblewrap, confined
from tests.manifests import Manifest, Rendered, containers, environment_of
from tests.probes import Probe, probe_of
from tests.processes import children
from tests.servers import free_port

BACKOFF, LONGEST = 10.0, 300.0
"""Seconds from the end of a container to its next start: at first, and at most when doubled."""

LAST = 2.0
"""Seconds that a container has to end, however little is left of the pod's time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What stands on this machine for what a cluster has."""

    folder: Path
    """Of volumes and logs; short, since a socket's path is."""
    images: Mapping[str, Sequence[str]]
    """The command that an image begins with."""
    secrets: Mapping[str, Mapping[str, str]]
    """The values of Secrets by their keys."""
    replaced: Mapping[str, str] = field(default_factory=dict)
    """What stands in place of addresses of the cluster."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables of every container, over its own."""
    pace: float = 0.1
    """How long a second is, but for those in which a pod ends."""

    def here(self, text: str) -> str:
        """A text with this machine's addresses."""
        for theirs, own in self.replaced.items():
            text = text.replace(theirs, own)
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that came to pass in a pod."""

    container: str
    what: str
    """started, up (as its startup probe says), ready, unready, asked to end, killed, ended"""
    status: int | None = None
    """With which it ended."""


class Container:
    """One container: its process, and what its probes say."""

    def __init__(self, pod: "Pod", manifest: Manifest) -> None:
        """Takes the pod that it is of."""
        self.name: str = manifest["name"]
        self.manifest = manifest
        self.sidecar = manifest.get("restartPolicy") == "Always"
        self.up = asyncio.Event()
        self.gone = asyncio.Event()
        self.ready = False
        self.starts = 0
        self._pod = pod
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Starts it, and again whenever it ends, until the pod does."""
        backoff = BACKOFF * self._pod.machine.pace
        while True:
            await self._live()
            if self._pod.ending:
                break
            await asyncio.sleep(backoff)
            backoff = min(2 * backoff, LONGEST * self._pod.machine.pace)
        self.gone.set()

    async def pre_stop(self) -> None:
        """Does what it asks for before it is told to end."""
        hook = self.manifest.get("lifecycle", {}).get("preStop", {"sleep": {"seconds": 0}})
        await asyncio.sleep(hook["sleep"]["seconds"] * self._pod.machine.pace)

    async def end(self, seconds: float) -> None:
        """Asks it to end, and makes it after so many seconds."""
        self.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(seconds):
                await self.gone.wait()
        except TimeoutError:
            self.send(signal.SIGKILL)
            await self.gone.wait()

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to its process, if that runs: bubblewrap stands before it."""
        if self._process is not None and self._process.returncode is None:
            self._pod.tell(self.name, "killed" if number == signal.SIGKILL else "asked to end")
            pids = children(self._process.pid) if bubblewrap() else [self._process.pid]
            for pid in pids:
                os.kill(pid, number)

    async def _live(self) -> None:
        self._process = await self._pod.spawn(self.manifest)
        self.starts += 1
        self._pod.tell(self.name, "started")
        async with asyncio.TaskGroup() as group:
            probing = group.create_task(self._probe())
            status = await self._process.wait()
            probing.cancel()
        self.up.clear()
        self._turn(ready=False)
        self._pod.tell(self.name, "ended", status)

    async def _probe(self) -> None:
        if not await self._starts_up(self._probe_of("startup")):
            self.send(signal.SIGKILL)
            return
        self._pod.tell(self.name, "up")
        self.up.set()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch(self._probe_of("readiness")))
            group.create_task(self._guard(self._probe_of("liveness")))

    async def _starts_up(self, probe: Probe) -> bool:
        for _ in range(probe.failures):
            if await probe.succeeds():
                return True
            await asyncio.sleep(probe.period)
        return False

    async def _watch(self, probe: Probe) -> None:
        """Follows whether it is ready, also while the pod ends."""
        failed = 0
        while True:
            failed = 0 if await probe.succeeds() else failed + 1
            if failed in (0, probe.failures):
                self._turn(ready=failed == 0)
            await asyncio.sleep(probe.period)

    async def _guard(self, probe: Probe) -> None:
        """Kills it when it does not live; not while the pod ends."""
        failed = 0
        while failed < probe.failures:
            failed = 0 if self._pod.ending or await probe.succeeds() else failed + 1
            await asyncio.sleep(probe.period)
        self.send(signal.SIGKILL)

    def _turn(self, *, ready: bool) -> None:
        if ready != self.ready:
            self.ready = ready
            self._pod.tell(self.name, "ready" if ready else "unready")

    def _probe_of(self, kind: str) -> Probe:
        return probe_of(self.manifest, kind, self._pod.port_of, self._pod.machine.pace)


class Pod:
    """A pod of a Deployment, on this machine."""

    def __init__(self, template: Manifest, found: Rendered, machine: Machine) -> None:
        """Takes its template, what was rendered with it, and what stands for the cluster."""
        self.machine = machine
        self.events: list[Event] = []
        self.ending = False
        self.containers = [Container(self, each) for each in containers(template)]
        self.grace: float = template["spec"]["terminationGracePeriodSeconds"]
        self.root = machine.folder / "root"
        """The working folder of every container: nothing may be in it."""
        self._found = found
        self._begun: list[Container] = []
        said = [each for one in containers(template) for each in one["ports"]]
        self._names = {each["name"]: each["containerPort"] for each in said}
        self._ports = {number: free_port() for number in self._names.values()}
        self._empty = {v["name"] for v in template["spec"]["volumes"] if "emptyDir" in v}
        self.root.mkdir()
        for volume in template["spec"]["volumes"]:
            self._fill(volume)

    def __getitem__(self, name: str) -> Container:
        """A container by its name."""
        (found,) = (each for each in self.containers if each.name == name)
        return found

    @property
    def ready(self) -> bool:
        """Whether Services lead to it: all of its containers are ready, and it does not end."""
        return not self.ending and all(each.ready for each in self.containers)

    def port_of(self, port: int | str) -> int:
        """Where a port of the pod, or one by its name, is found here."""
        return self._ports[self._names[port] if isinstance(port, str) else port]

    def tell(self, container: str, what: str, status: int | None = None) -> None:
        """Notes what came to pass."""
        self.events.append(Event(container=container, what=what, status=status))

    def order(self, *what: str) -> list[str]:
        """The events of some kinds, in their order."""
        return [f"{each.container} {each.what}" for each in self.events if each.what in what]

    def log(self, container: str) -> str:
        """What a container has written."""
        return (self.machine.folder / f"{container}.log").read_text()

    async def start(self, group: asyncio.TaskGroup) -> None:
        """Starts its containers one by one: a sidecar is up before the next one starts."""
        for each in self.containers:
            self._begun.append(each)
            group.create_task(each.run())
            if each.sidecar:
                await each.up.wait()

    async def end(self) -> None:
        """Ends it: the hooks of all, the application, then the sidecars from last to first."""
        self.ending = True
        latest = time.monotonic() + self.grace
        sidecars = [each for each in reversed(self._begun) if each.sidecar]
        async with asyncio.TaskGroup() as group:
            for each in self._begun:
                group.create_task(each.pre_stop() if each.sidecar else self._end(each, latest))
        for each in sidecars:
            await each.end(max(LAST, latest - time.monotonic()))

    async def _end(self, container: Container, latest: float) -> None:
        await container.pre_stop()
        await container.end(max(LAST, latest - time.monotonic()))

    async def spawn(self, manifest: Manifest) -> asyncio.subprocess.Process:
        """A process for a container; what it may write to is what is mounted for that."""
        mounts = {each["mountPath"]: each["name"] for each in manifest["volumeMounts"]}
        command = [*self.machine.images[manifest["image"]], *manifest.get("args", ())]
        writable = [self._volume(each) for each in mounts.values() if each in self._empty]
        env = {"PATH": os.environ["PATH"], "HOME": str(self.root)}
        if "/tmp" in mounts:  # noqa: S108 - the container's
            env["TMPDIR"] = str(self._volume(mounts["/tmp"]))  # noqa: S108 - likewise
        given = environment_of(manifest, self._found) | self._secrets_of(manifest)
        env |= {name: self._here(value, mounts) for name, value in given.items()}
        with (self.machine.folder / f"{manifest['name']}.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *confined(command, writable),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=env | dict(self.machine.env),
                cwd=self.root,
            )

    def _secrets_of(self, manifest: Manifest) -> dict[str, str]:
        named = [
            (each["name"], each["valueFrom"]["secretKeyRef"])
            for each in manifest.get("env", ())
            if "valueFrom" in each
        ]
        return {name: self.machine.secrets[ref["name"]][ref["key"]] for name, ref in named}

    def _here(self, value: str, mounts: Mapping[str, str]) -> str:
        """A variable with this machine's paths, ports and addresses."""
        paths = "|".join(mounts)
        value = re.sub(
            rf"(?<![\w/])({paths})(?=/|$)", lambda m: str(self._volume(mounts[m[1]])), value
        )
        value = re.sub(r"0\.0\.0\.0:(\d+)", lambda m: f"127.0.0.1:{self.port_of(int(m[1]))}", value)
        return self.machine.here(value)

    def _volume(self, name: str) -> Path:
        return self.machine.folder / name

    def _fill(self, volume: Manifest) -> None:
        """Makes a volume; files of ConfigMaps and Secrets stand behind links, as on a node."""
        folder = self._volume(volume["name"])
        folder.mkdir()
        files: Mapping[str, str] = {}
        if "configMap" in volume:
            files = self._found.names("ConfigMap")[volume["configMap"]["name"]]["data"]
        elif "secret" in volume:
            files = self.machine.secrets[volume["secret"]["secretName"]]
        if files:
            (folder / "..now").mkdir()
            (folder / "..data").symlink_to("..now")
        for name, text in files.items():
            (folder / "..now" / name).write_text(self.machine.here(text))
            (folder / name).symlink_to(f"..data/{name}")


@asynccontextmanager
async def running(pod: Pod) -> AsyncIterator[Pod]:
    """A pod whose containers are started in the background, and ended with the block.

    Whether bubblewrap kept them from it or not: none has written into its working folder (N07).
    """
    async with asyncio.TaskGroup() as group:
        starting = group.create_task(pod.start(group))
        try:
            yield pod
        finally:
            starting.cancel()
            if not pod.ending:
                await pod.end()
    assert list(pod.root.iterdir()) == []
