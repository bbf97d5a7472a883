#!/usr/bin/env python3
"""R4: what the gateway keeps while its PostgreSQL fails over.

Starts the cluster of cluster.py, lets the crashbox load gateways on it and judge, and does a fault whenever the
crashbox asks for one: a kill of the leader's node, then a freeze of the leader's Patroni, in turn.
`campaign.py ask SOCKET NUMBER` is how it asks.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

from cluster import Cluster, Trouble

PATRONI = "4.1.5"
OLDEST_PATRONI = (4, 1)
# One fault with its healing, and everything around the faults.
FAULT_S, AROUND_S = 330, 600


def say(line):
    print(line, flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/zenwallet", help="the gateway")
    parser.add_argument("--bench", default="target/release/bench", help="the crashbox")
    parser.add_argument("--faults", type=int, default=2, help="kills and freezes in all, in turn")
    parser.add_argument("--only", choices=["kill", "freeze"], help="only these")
    parser.add_argument("--freeze-s", type=int, default=20, help="how long a freeze lasts")
    parser.add_argument("--nodes", type=int, default=2, help="gateways on the cluster")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--direct", action="store_true", help="past HAProxy, by a URL that names all three")
    parser.add_argument("--asynchronous", action="store_true",
                        help="without synchronous replication: payments may be lost, and the oracle must say so")
    parser.add_argument("--keep", action="store_true", help="leave the cluster's logs behind")
    return parser.parse_args()


def patroni(directory):
    """Patroni as PATRONI names it, or in an environment of its own."""
    program = os.environ.get("PATRONI")
    if program is None:
        say(f"installing Patroni {PATRONI}")
        environment = directory / "patroni"
        # The system's own python: PostgreSQL's user must be able to run it.
        python = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable
        subprocess.run([python, "-m", "venv", environment], check=True)
        subprocess.run([environment / "bin/pip", "-qq", "--disable-pip-version-check", "install",
                        f"patroni[etcd3]=={PATRONI}", "psycopg2-binary"], check=True)
        program = str(environment / "bin/patroni")
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    version = tuple(map(int, re.findall(r"\d+", said)[:2]))
    if version < OLDEST_PATRONI:
        raise Trouble(f"{said.strip()}: older than 4.1, which loses acknowledged commits")
    say(said.strip())
    return program


class Faults:
    """Does a fault for everybody who connects to its socket."""

    def __init__(self, cluster, args):
        self.cluster, self.args = cluster, args
        self.path = cluster.directory / "faults"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            asker, _ = self.listener.accept()
            with asker:
                asker.sendall(self.do(int(asker.recv(16))).encode())

    def do(self, number):
        try:
            kind = self.args.only or ("kill" if number % 2 else "freeze")
            done = self.cluster.kill_leader() if kind == "kill" else self.cluster.freeze_leader(self.args.freeze_s)
            say(f"fault {number}: {done}")
            return "done"
        except Exception as error:  # whatever it was, the asker must hear of it
            say(f"fault {number}: {error}")
            return f"failed: {error}"


def ask(path, number):
    with socket.socket(socket.AF_UNIX) as asker:
        asker.settimeout(FAULT_S)
        asker.connect(path)
        asker.sendall(number.encode())
        answer = asker.recv(1000).decode()
    if answer != "done":
        sys.exit(answer or "the campaign is gone")


def run(args, directory):
    with Cluster(directory, patroni(directory), not args.asynchronous) as cluster:
        say(f"cluster up; {cluster.leader().name} leads; synchronous: {not args.asynchronous}")
        faults = Faults(cluster, args)
        url = cluster.direct_url("zenwallet") if args.direct else cluster.url("zenwallet")
        command = [
            args.bench, "crashbox", "--binary", args.binary, "--db", "postgres", "--database-url", url,
            "--nodes", str(args.nodes), "--clients", str(args.clients),
            "--kills", str(args.faults), "--fault", f"{sys.executable} -B {os.path.abspath(__file__)} ask {faults.path}",
        ]
        bench = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            return bench.wait(AROUND_S + args.faults * FAULT_S)
        finally:
            # Asked, not killed: it ends the gateways that it has started.
            bench.terminate()
            bench.wait()


def main():
    if sys.argv[1:2] == ["ask"]:
        ask(*sys.argv[2:4])
        return 0
    args = arguments()
    # The cluster ends with this process also when it is told to stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    directory = pathlib.Path(tempfile.mkdtemp(prefix="zenwallet-ha-"))
    directory.chmod(0o755)
    code = 2
    try:
        code = run(args, directory)
    except (Trouble, subprocess.SubprocessError, OSError) as error:
        say(f"ha: {error}")
    finally:
        if args.keep or code != 0:
            say(f"left behind: {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
