"""The samples of the pages: each fenced block of a known language, with the comment before it that says what it is."""

import os
import re

ROOT = os.path.realpath(f"{os.path.dirname(os.path.abspath(__file__))}/../..")
LANGUAGES = {"js": "js", "ts": "js", "python": "python", "rust": "rust", "go": "go", "sh": "sh", "bash": "sh",
             "toml": "toml", "json": "json"}
SDKS = ("javascript", "python", "rust", "go")
# What tests/clients/live.sh runs through faults, where a run here would add nothing.
ELSEWHERE = {("docs/live.md", name) for name in ("curl", "JavaScript", "Python")}
FENCE = re.compile(r"^(?P<marks>(?:<!-- [^\n]* -->\n)*)(?P<fence>```+)(?P<language>[\w-]+)[^\n]*\n(?P<text>.*?)^(?P=fence)[ ]*$",
                   re.M | re.S)
SAMPLE = re.compile(r"^sample (?P<name>[\w. -]+?)(?: (?P<way>receives|returns|verifies|pays))?(?: (?P<key>expects|matches): (?P<value>.+))?$")


class Sample:
    """A block. `way` says how it is driven, `expects` what it must print, `matches` which object it shows."""

    def __init__(self, page, line, language, text, name, way=None, expects=None, matches=None):
        self.page, self.line, self.language, self.text = page, line, language, text
        self.name, self.way, self.expects, self.matches = name, way, expects, matches
        # Every program of an SDK's page that asks for a payment and waits for its webhook is driven alike.
        if way is None and re.search(r"\bpay at\b", text):
            self.way = "pays"

    @property
    def title(self):
        return f"{self.page}: {self.name}"

    @property
    def slug(self):
        return re.sub(r"\W+", "_", f"{os.path.splitext(self.page)[0]}_{self.name}").strip("_").lower()


def documents():
    """Paths of the pages, relative to the repository."""
    pages = sorted(f"docs/{name}" for name in os.listdir(f"{ROOT}/docs") if name.endswith(".md"))
    return pages + [path for path in (f"sdk/{sdk}/README.md" for sdk in SDKS) if os.path.exists(f"{ROOT}/{path}")]


def read(page):
    """(samples, how many are only shown, what is wrong)"""
    with open(f"{ROOT}/{page}", encoding="utf-8") as file:
        text = file.read()
    samples, shown, wrong, names = [], 0, [], set()
    for found in FENCE.finditer(text):
        language = LANGUAGES.get(found["language"])
        if language is None:
            continue
        line = text.count("\n", 0, found.start("fence")) + 1
        marks = [mark[5:-4].strip() for mark in found["marks"].splitlines()]
        said = [mark for mark in marks if mark.startswith(("sample ", "shown:"))]
        if not said and page.startswith("sdk/"):
            # Their README is theirs: what it does not mark is shown.
            shown += 1
            continue
        if len(said) != 1:
            wrong.append(f"{page}:{line}: a block of {found['language']} says neither `sample NAME` nor `shown: WHY`")
            continue
        if said[0].startswith("shown:"):
            shown += 1
            if not said[0][6:].strip():
                wrong.append(f"{page}:{line}: `shown:` gives no reason")
            continue
        mark = SAMPLE.match(said[0])
        if mark is None or mark["name"] in names:
            wrong.append(f"{page}:{line}: `{said[0]}` is malformed, or its name is taken")
            continue
        names.add(mark["name"])
        if (page, mark["name"]) in ELSEWHERE:
            continue
        more = {mark["key"]: mark["value"].strip()} if mark["key"] else {}
        samples.append(Sample(page, line, language, found["text"], mark["name"], mark["way"], **more))
    return samples, shown, wrong
