"""The command line against a real gateway: campaign.py BINARY DIRECTORY. Says `N passed, M failed`."""

import os
import subprocess
import sys
import traceback

sys.path.insert(0, f"{os.path.dirname(os.path.abspath(__file__))}/../clients/live")
from gateway import Gateway  # noqa: E402

import commands  # noqa: E402
import listening  # noqa: E402


class Campaign:
    """A gateway, the command line beside it, and what was found."""

    def __init__(self, binary, directory):
        self.binary, self.directory = binary, directory
        self.passed, self.failed = 0, []
        self.gateway = Gateway(binary, "sqlite", directory, [])

    def check(self, what, holds, found=""):
        if holds:
            self.passed += 1
        else:
            self.failed.append(what)
            print(f"FAILED  {what}: {str(found)[:2000]}", flush=True)

    def environment(self, **more):
        return {"PATH": os.environ["PATH"], "HOME": f"{self.directory}/home", "ZENWALLET_URL": self.gateway.url, **more}

    def start(self, *arguments, stdin=subprocess.DEVNULL, **environment):
        pipe = subprocess.PIPE
        return subprocess.Popen([self.binary, *arguments], env=self.environment(**environment), stdin=stdin,
                                stdout=pipe, stderr=pipe, text=True)

    def run(self, *arguments, given="", **environment):
        """Exit code, stdout and stderr of a command."""
        process = self.start(*arguments, stdin=subprocess.PIPE, **environment)
        out, err = process.communicate(given, timeout=90)
        return process.returncode, out, err


def main(binary, directory):
    campaign = Campaign(binary, directory)
    os.mkdir(f"{directory}/home")
    campaign.gateway.start()
    try:
        for part in (*commands.PARTS, *listening.PARTS):
            try:
                part(campaign)
                print(f"cli: {part.__name__}: {campaign.passed} so far", flush=True)
            except Exception:
                campaign.failed.append(part.__name__)
                traceback.print_exc()
    finally:
        campaign.gateway.kill()
    print(f"{campaign.passed} passed, {len(campaign.failed)} failed")
    return 1 if campaign.failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
