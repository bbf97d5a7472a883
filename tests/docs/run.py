"""Runs every sample of the pages, and looks up what they name: run.py BINARY TOOLS DIRECTORY [PART-OF-A-TITLE …]"""

import sys

import names
import pages
from drive import Driver
from gateway import Gateway
from languages import Languages


def main(binary, tools, directory, wanted):
    passed = failed = shown = 0
    samples = []
    for page in pages.documents():
        found, only_shown, wrong = pages.read(page)
        samples += found
        shown += only_shown
        for fault in wrong:
            print(f"FAILED  {fault}")
        failed += 0 if wanted else len(wrong)
    if not wanted:
        looked_up, wrong = names.check(binary)
        passed += not wrong
        failed += len(wrong)
        print(f"{'FAILED' if wrong else 'ok    '}  {looked_up} codes, routes, settings and commands that the pages name")
        for fault in wrong:
            print(f"FAILED  {fault}")
    if wanted:
        samples = [sample for sample in samples if any(part in sample.title for part in wanted)]
    gateway = Gateway(binary, directory)
    try:
        languages = Languages(directory, tools)
        languages.prepare(samples)
        driver = Driver(gateway, languages, directory)
        for sample in samples:
            try:
                driver.run(sample)
            # Whatever goes wrong with one sample, the others are run.
            except Exception as error:
                failed += 1
                said = error if isinstance(error, AssertionError) else repr(error)
                print(f"FAILED  {sample.title} (line {sample.line}) {said}", flush=True)
            else:
                passed += 1
                print(f"ok      {sample.title}", flush=True)
    finally:
        gateway.stop()
    print(f"docs: {len(samples)} samples run, {shown} shown, {len(pages.documents())} pages")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4], sys.argv[4:]))
