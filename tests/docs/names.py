"""Whether what the pages name is there: error codes, routes, settings and commands."""

import json
import re
import subprocess

from pages import ROOT, documents

CODE = re.compile(r"\b[45]\d\d `([a-z_]+)`")
ROUTE = re.compile(r"\b(GET|POST|PATCH|DELETE) (/api/[^\s`?#,]*)")
COMMAND = re.compile(r"`zenwallet ([a-z]+)\b")
SETTING = re.compile(r"`([a-z_]+\.[a-z_]+)(?: = [^`]+)?`")
# Where `events.stream` is a method of the SDKs.
WITHOUT_SETTINGS = "docs/sdks.md"


def check(binary):
    """(how many names were looked up, sentences on those that are not there)"""
    known_codes = set(re.findall(r'^    \w+ "([a-z_]+)" "', source("crates/zenwallet-core/src/rejection.rs"), re.M))
    routes = {(method.upper(), plain(path)) for path, methods in json.loads(source("openapi.json"))["paths"].items()
              for method in methods}
    settings = set(re.findall(r"^\| `([a-z_.]+)` \|", source("docs/configuration.md"), re.M))
    sections = {name.split(".")[0] for name in settings if "." in name}
    help_text = subprocess.run([binary, "--help"], stdout=subprocess.PIPE, check=True, timeout=20).stdout.decode()
    commands = set(re.findall(r"^  ([a-z]+)\b", help_text, re.M))
    looked_up, wrong = 0, []
    for page in [page for page in documents() if page.startswith("docs/")]:
        text = source(page)
        named = [(code, code in known_codes) for code in CODE.findall(text)]
        named += [(f"{method} {path}", (method, plain(path)) in routes) for method, path in ROUTE.findall(text)]
        named += [(f"zenwallet {command}", command in commands) for command in COMMAND.findall(text)]
        named += [(name, name in settings) for name in SETTING.findall(text)
                  if name.split(".")[0] in sections and page != WITHOUT_SETTINGS]
        looked_up += len(named)
        wrong += [f"{page}: there is no {name}" for name, is_there in named if not is_there]
    return looked_up, wrong


def plain(path):
    """A route without the names of its parameters, and without the full stop of its sentence."""
    return re.sub(r"\{[^}]*\}", "{}", path.rstrip("."))


def source(path):
    with open(f"{ROOT}/{path}", encoding="utf-8") as file:
        return file.read()
