"""The programs of docs/live.md, run as they stand there: they go through everything that the followers go through."""

import os
import re
import subprocess

DOCUMENT = f"{os.path.dirname(os.path.abspath(__file__))}/../../../docs/live.md"


class Sample:
    """A program of the document; each line it prints is an event."""

    bad = ()

    def __init__(self, command, path, environment):
        self.path, self.read, self.known = path, 0, []
        with open(path, "wb") as out, open(f"{path}.log", "wb") as log:
            # A group of its own: the shell's curl must end with it.
            self.process = subprocess.Popen(command, stdout=out, stderr=log, env=environment, start_new_session=True)

    @property
    def events(self):
        with open(self.path, "rb") as file:
            file.seek(self.read)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self.read += len(whole)
        self.known += [(int(re.search(r'"seq": ?(\d+)', line)[1]), line) for line in whole.decode().split("\n")[:-1]]
        return self.known


def start_samples(campaign, key):
    """name: (sample, how its lines compare with the feed)"""
    text = open(DOCUMENT, encoding="utf-8").read()
    found = dict(re.findall(r"<!-- sample (\w+) -->\n```\w+\n(.*?)```", text, re.S))
    commands = {"curl": ["bash"], "JavaScript": [campaign.node_command], "Python": [campaign.python_command, "-B"]}
    environment = {**os.environ, "ZENWALLET_URL": campaign.gateway.url, "ZENWALLET_API_KEY": key}
    started = {}
    for name, command in commands.items():
        path = f"{campaign.directory}/sample {name}"
        with open(f"{path}.program", "w", encoding="utf-8") as file:
            file.write(found[name])
        sample = Sample([*command, f"{path}.program"], path, environment)
        campaign.samples.append(sample.process)
        started[f"the document's {name}"] = (sample, "bytes" if name == "curl" else "values")
    return started
