"""Lays the module out as a module proxy in a directory: python3 pack.py DIRECTORY [VERSION]

    GOPROXY=file://DIRECTORY GOFLAGS=-mod=mod GONOSUMDB='*' GOSUMDB=off go get github.com/zenwallet/zenwallet/sdk/go@VERSION

Standard library only. The same files make the same zip. The tests are in it; they pass over the suites that are only in the
repository.
"""

import json
import pathlib
import re
import sys
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
LICENSE = HERE.parents[1] / "LICENSE"
MOMENT = (2026, 1, 1, 0, 0, 0)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    version = sys.argv[2] if len(sys.argv) == 3 else released_version()
    module = re.search(r"^module (\S+)$", (HERE / "go.mod").read_text(), re.M)[1]
    out = pathlib.Path(sys.argv[1]) / module / "@v"
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{version}.mod").write_bytes((HERE / "go.mod").read_bytes())
    (out / f"{version}.info").write_text(json.dumps({"Version": version, "Time": "2026-01-01T00:00:00Z"}))
    with zipfile.ZipFile(out / f"{version}.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, path in sorted(files()):
            entry = zipfile.ZipInfo(f"{module}@{version}/{name}", MOMENT)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, path.read_bytes())
    known = {path.stem for path in out.glob("*.zip")}
    (out / "list").write_text("".join(f"{one}\n" for one in sorted(known)))
    print(f"packed {module}@{version}")


def released_version():
    """What the client calls itself."""
    return "v" + re.search(r'userAgent\s*=\s*"zenwallet-go/([^"]+)"', (HERE / "client.go").read_text())[1]


def files():
    """What belongs to the module: no folder does."""
    yield "LICENSE", LICENSE
    for path in HERE.iterdir():
        if path.is_file() and (path.suffix == ".go" or path.name in ("go.mod", "README.md")):
            yield path.name, path


if __name__ == "__main__":
    main()
