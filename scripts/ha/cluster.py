"""Three etcd, three Patroni and HAProxy on loopback addresses: a PostgreSQL that survives the loss of a node.

Everything lives in one directory, listens on 127.0.0.10 to 127.0.0.13 only, and is ended by its process id.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

PROXY = "127.0.0.10"
NODES = ("127.0.0.11", "127.0.0.12", "127.0.0.13")
# What Patroni decides by. It keeps ttl at 20 s or more, and wants ttl >= loop_wait + 2 * retry_timeout.
TTL_S, LOOP_WAIT_S, RETRY_S = 20, 2, 3
# What has not come by then does not come.
START_S, HEAL_S, STOP_S = 120, 150, 20
# A leader that has just come to itself may still find that it lost its standby: nobody could follow it then.
STEADY_S = 3 * LOOP_WAIT_S


class Trouble(Exception):
    """Something that the campaign cannot go on after."""


def wait_for(what, seconds, look):
    """The first truth that `look` answers; Trouble if none comes in time."""
    ends = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > ends:
            raise Trouble(f"{what}: not within {seconds} s")
        time.sleep(0.1)


def free_port(address):
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def is_alive(pid):
    """Whether the process runs; one that only waits to be buried does not."""
    with contextlib.suppress(OSError):
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return stat.rpartition(")")[2].split()[0] not in "ZX"
    return False


def works_in(directory):
    """Whether any process has this as its working directory, as all of a PostgreSQL's have their data."""
    for link in pathlib.Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if os.readlink(link) == str(directory):
                return True
    return False


def postgres_bin():
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if found:
        return found[-1]
    initdb = shutil.which("initdb")
    if initdb is None:
        raise Trouble("PostgreSQL's server is not installed")
    return pathlib.Path(initdb).resolve().parent


class Node:
    """etcd, Patroni and PostgreSQL on one address, as on a machine."""

    def __init__(self, number, directory, address):
        self.name, self.address = f"n{number}", address
        self.directory = directory / self.name
        self.data, self.sockets = self.directory / "data", self.directory / "sockets"
        self.sockets.mkdir(parents=True)
        self.etcd_port, self.peer_port = free_port(address), free_port(address)
        self.rest_port, self.port = free_port(address), free_port(address)
        self.patroni = None

    def postmaster(self):
        """The postmaster's process id, if it runs."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
            return pid if is_alive(pid) else None
        return None

    def settings(self, members, synchronous):
        """Patroni's configuration. JSON is YAML."""
        dynamic = {
            "ttl": TTL_S,
            "loop_wait": LOOP_WAIT_S,
            "retry_timeout": RETRY_S,
            "maximum_lag_on_failover": 0,
            "synchronous_mode": synchronous,
            "synchronous_mode_strict": synchronous,
            "postgresql": {
                "use_pg_rewind": True,
                "parameters": {"wal_log_hints": "on", "max_connections": 200, "synchronous_commit": "on"},
            },
        }
        return json.dumps({
            "scope": "zenwallet",
            "name": self.name,
            "restapi": {
                "listen": f"{self.address}:{self.rest_port}",
                "connect_address": f"{self.address}:{self.rest_port}",
            },
            "etcd3": {"hosts": [f"{member.address}:{member.etcd_port}" for member in members]},
            "bootstrap": {
                "dcs": dynamic,
                "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, "data-checksums"],
            },
            "postgresql": {
                "listen": f"{self.address}:{self.port}",
                "connect_address": f"{self.address}:{self.port}",
                "data_dir": str(self.data),
                "bin_dir": str(postgres_bin()),
                "pgpass": str(self.directory / "pgpass"),
                "pg_hba": [
                    "local all all trust",
                    "host all all 127.0.0.0/8 trust",
                    "host replication all 127.0.0.0/8 trust",
                ],
                "authentication": {
                    "superuser": {"username": "postgres"},
                    "replication": {"username": "replicator"},
                    "rewind": {"username": "rewinder"},
                },
                # Its own: nodes of one machine that share a directory for sockets disturb each other.
                "parameters": {"unix_socket_directories": str(self.sockets)},
            },
        }, indent=1)


class Cluster:
    """The whole. Use it in a `with`: whatever happens, its processes end."""

    def __init__(self, directory, patroni, synchronous):
        self.directory, self.program, self.synchronous = directory, patroni, synchronous
        self.processes = []
        self.nodes = [Node(i + 1, directory, address) for i, address in enumerate(NODES)]
        self.proxy_port = free_port(PROXY)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def url(self, database):
        return f"postgres://postgres@{PROXY}:{self.proxy_port}/{database}"

    def direct_url(self, database):
        """Past HAProxy: all three, of which one may be written to."""
        hosts = ",".join(f"{node.address}:{node.port}" for node in self.nodes)
        return f"postgres://postgres@{hosts}/{database}?target_session_attrs=read-write"

    def spawn(self, command, log):
        """Starts a process, as PostgreSQL's user if we are root. It dies with this one."""
        prefix = []
        if os.geteuid() == 0:
            prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL"]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "LC_ALL": "C.UTF-8",
            "ETCD_UNSUPPORTED_ARCH": os.uname().machine,
        }
        with open(self.directory / log, "ab") as out:
            started = subprocess.Popen(
                [*prefix, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.directory,
                env=environment,
            )
        self.processes.append(started)
        return started

    def start(self):
        """Starts everything and makes the gateway's database."""
        if os.geteuid() == 0:
            self.directory.chmod(0o755)
            subprocess.run(["chown", "-R", "postgres:", str(self.directory)], check=True)
        cluster = ",".join(f"{node.name}=http://{node.address}:{node.peer_port}" for node in self.nodes)
        for node in self.nodes:
            client, peer = f"http://{node.address}:{node.etcd_port}", f"http://{node.address}:{node.peer_port}"
            self.spawn([
                "etcd", "--name", node.name, "--data-dir", node.directory / "etcd",
                "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                "--initial-cluster", cluster, "--initial-cluster-state", "new", "--logger", "zap",
            ], f"etcd-{node.name}.log")
        for node in self.nodes:
            wait_for(f"etcd {node.name}", START_S, lambda node=node: self.get(node, node.etcd_port, "/health"))
            (node.directory / "patroni.yml").write_text(
                node.settings(self.nodes, self.synchronous), encoding="utf-8")
            self.start_patroni(node)
        (self.directory / "haproxy.cfg").write_text(self.proxy_settings(), encoding="utf-8")
        self.spawn(["haproxy", "-f", self.directory / "haproxy.cfg", "-db"], "haproxy.log")
        self.wait_until_healthy()
        wait_for("the gateway's database", START_S, self.make_database)

    def start_patroni(self, node):
        node.patroni = self.spawn([self.program, node.directory / "patroni.yml"], f"patroni-{node.name}.log")

    def make_database(self):
        made = subprocess.run(
            [postgres_bin() / "psql", "-X", "-q", self.url("postgres"), "-c", "create database zenwallet"],
            capture_output=True, text=True, check=False, timeout=START_S,
        )
        return made.returncode == 0 or "already exists" in made.stderr

    def proxy_settings(self):
        servers = "\n".join(
            f"    server {node.name} {node.address}:{node.port} check port {node.rest_port}" for node in self.nodes)
        return f"""global
    maxconn 1000
defaults
    mode tcp
    timeout connect 2s
    timeout check 2s
    timeout client 30m
    timeout server 30m
listen primary
    bind {PROXY}:{self.proxy_port}
    option httpchk GET /primary
    http-check expect status 200
    default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
{servers}
"""

    def get(self, node, port, path):
        """What a node answers with 200, as JSON."""
        with contextlib.suppress(OSError, ValueError, urllib.error.URLError):
            with urllib.request.urlopen(f"http://{node.address}:{port}{path}", timeout=2) as answer:
                return json.load(answer)
        return None

    def leader(self):
        """The node that leads by its own word, of which there must be one."""
        leads = [node for node in self.nodes if self.get(node, node.rest_port, "/primary")]
        return leads[0] if len(leads) == 1 else None

    def is_healthy(self):
        """A leader, two replicas that stream from it, and one of them synchronous if that is asked for."""
        leader = self.leader()
        # The leader's own view: it alone says who is synchronous.
        seen = self.get(leader, leader.rest_port, "/cluster") if leader else None
        members = seen["members"] if seen else []
        roles = sorted(member["role"] for member in members)
        streaming = all(member["state"] in ("running", "streaming") for member in members)
        expected = ["leader", "replica", "sync_standby"] if self.synchronous else ["leader", "replica", "replica"]
        followers = [member for member in members if member["role"] != "leader"]
        follows = all(member["state"] == "streaming" for member in followers)
        return roles == expected and streaming and follows

    def wait_until_healthy(self):
        """Until it has been healthy for a while."""
        since = None

        def is_steady():
            nonlocal since
            if not self.is_healthy():
                since = None
                return False
            since = since or time.monotonic()
            return time.monotonic() - since >= STEADY_S

        wait_for("a healthy cluster", HEAL_S, is_steady)

    def kill_leader(self):
        """kill -9 of the leader's Patroni and postmaster; both come back when another node leads."""
        node, began = wait_for("a leader", HEAL_S, self.leader), time.monotonic()
        postmaster = node.postmaster()
        node.patroni.kill()
        if postmaster:
            os.kill(postmaster, signal.SIGKILL)
        node.patroni.wait(STOP_S)
        wait_for(f"the end of {node.name}", STOP_S, lambda: not works_in(node.data))
        next_leader = wait_for("another leader", HEAL_S, self.leader)
        took = time.monotonic() - began
        if next_leader is node:
            raise Trouble(f"{node.name} is dead and leads")
        self.start_patroni(node)
        self.wait_until_healthy()
        healed = time.monotonic() - began - STEADY_S
        return f"{node.name} killed: {next_leader.name} leads after {took:.1f} s, healthy after {healed:.1f} s"

    def freeze_leader(self, seconds):
        """SIGSTOP of the leader's Patroni for so long, as a paused or overloaded machine does."""
        node, began = wait_for("a leader", HEAL_S, self.leader), time.monotonic()
        os.kill(node.patroni.pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(node.patroni.pid, signal.SIGCONT)
        self.wait_until_healthy()
        healed = time.monotonic() - began - STEADY_S
        leader = wait_for("a leader", HEAL_S, self.leader)
        return f"{node.name}'s Patroni frozen {seconds} s: {leader.name} leads, healthy after {healed:.1f} s"

    def stop(self):
        """Ends everything, Patroni first so that it starts nothing again."""
        for process in reversed(self.processes):
            if process.poll() is None:
                process.kill()
                process.wait(STOP_S)
        for node in self.nodes:
            postmaster = node.postmaster()
            if postmaster:
                os.kill(postmaster, signal.SIGKILL)
        for node in self.nodes:
            wait_for(f"the end of {node.name}'s PostgreSQL", STOP_S, lambda node=node: not works_in(node.data))
