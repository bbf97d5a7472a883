"""Writes each SDK's models from ../openapi.json.

python3 sdk/generate            write them
python3 sdk/generate --check    write nothing; name the files that are not as they would be written, and exit 1

A language is a module beside this one with ROOTS, WITH_USER_PARAMETERS (both optional: see `schema.read`), TARGET (below
sdk/) and `emit(models) -> str`. A language whose module does not exist yet is passed over.
"""

import argparse
import importlib
import pathlib
import sys

import schema

LANGUAGES = ("javascript", "python", "rust", "go")
HERE = pathlib.Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(prog="sdk/generate", description="Writes each SDK's models from openapi.json.")
    parser.add_argument("--check", action="store_true", help="write nothing, and exit 1 when a file is not up to date")
    check = parser.parse_args().check
    drifted, looked_at = [], 0
    for target, text in written():
        looked_at += 1
        present = target.read_text(encoding="utf-8") if target.exists() else None
        if present == text:
            continue
        name = target.relative_to(HERE.parents[1])
        if check:
            drifted.append(name)
            print(f"{name} is not what openapi.json says: run python3 sdk/generate", file=sys.stderr)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    if check:
        print(f"{looked_at - len(drifted)} passed, {len(drifted)} failed")
    return 1 if drifted else 0


def written():
    """Each target, and what it shall say."""
    for language in LANGUAGES:
        if not (HERE / f"{language}.py").exists():
            continue
        emitter = importlib.import_module(language)
        roots = getattr(emitter, "ROOTS", schema.ROOTS)
        models = schema.read(roots, getattr(emitter, "WITH_USER_PARAMETERS", False))
        yield HERE.parent / emitter.TARGET, emitter.emit(models)


if __name__ == "__main__":
    sys.exit(main())
