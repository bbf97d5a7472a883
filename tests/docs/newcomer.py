"""The newcomer's path in each language: newcomer.py BINARY TOOLS DIRECTORY [LANGUAGE …]

Packs the SDK, installs what was packed in an empty directory, and runs the program of its README there, beside a gateway
and `zenwallet listen`, until the payment is paid and the webhook has come.
"""

import glob
import os
import re
import shutil
import subprocess
import sys

import pages
from drive import Program
from gateway import Gateway, free_port, wait_until
from languages import CARGO, RUST_TARGET

STEP_DEADLINE_S = 1500
LISTEN_DEADLINE_S = 30
ROOT = pages.ROOT


class Newcomer:
    def __init__(self, directory, tools):
        self.directory, self.tools = directory, tools
        self.log = f"{directory}.log"
        os.makedirs(directory)

    def run(self, *command, cwd=None, **environment):
        """Runs a step; raises AssertionError with what it said when it fails."""
        with open(self.log, "ab") as log:
            log.write(f"$ {' '.join(command)}\n".encode())
        done = subprocess.run(["nice", *command], cwd=cwd or self.directory, env={**os.environ, **environment},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=STEP_DEADLINE_S)
        said = done.stdout.decode(errors="replace")
        assert done.returncode == 0, f"{' '.join(command)} ends with {done.returncode}:\n{said}"
        return said

    def write(self, name, text):
        os.makedirs(os.path.dirname(f"{self.directory}/{name}"), exist_ok=True)
        with open(f"{self.directory}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def one(self, pattern):
        found = glob.glob(f"{self.directory}/{pattern}")
        assert len(found) == 1, f"{pattern} is {found}"
        return found[0]


class JavaScript(Newcomer):
    folder = "javascript"

    def pack(self):
        os.makedirs(f"{self.directory}/packed")
        self.run("npm", "pack", "--silent", "--pack-destination", f"{self.directory}/packed", cwd=f"{ROOT}/sdk/javascript")

    def install(self, program):
        self.write("package.json", '{"name": "shop", "version": "1.0.0", "private": true}\n')
        self.run("npm", "install", "--silent", "--no-audit", "--no-fund", self.one("packed/*.tgz"))
        name = "shop.mjs" if re.search(r"^import ", program, re.M) else "shop.cjs"
        self.write(name, program)
        return ["node", name]


class Python(Newcomer):
    folder = "python"

    def pack(self):
        self.run(f"{self.tools}/build/bin/python", "-m", "build", "--wheel", "--outdir", f"{self.directory}/packed",
                 f"{ROOT}/sdk/python")

    def install(self, program):
        self.run("python3", "-m", "venv", "venv")
        self.run("venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps",
                 self.one("packed/*.whl"))
        self.write("shop.py", program)
        return [f"{self.directory}/venv/bin/python", "-B", "shop.py"]


class Rust(Newcomer):
    folder = "rust"

    def pack(self):
        # What is packed is built in the next step, as a user builds it.
        self.run("cargo", "package", "--quiet", "--package", "zenwallet-sdk", "--allow-dirty", "--no-verify",
                 "--target-dir", f"{self.directory}/target", cwd=ROOT)
        os.makedirs(f"{self.directory}/packed")
        self.run("tar", "-xzf", self.one("target/package/*.crate"), "-C", f"{self.directory}/packed")

    def install(self, program):
        manifest = CARGO.format(root=ROOT).replace("docs-samples", "shop")
        manifest = re.sub(r'path = "[^"]+"', f'path = "{self.one("packed/*")}"', manifest)
        self.write("shop/Cargo.toml", manifest)
        shutil.copy(f"{ROOT}/Cargo.lock", f"{self.directory}/shop/Cargo.lock")
        self.write("shop/src/main.rs", program)
        self.run("cargo", "build", "--quiet", cwd=f"{self.directory}/shop", CARGO_TARGET_DIR=RUST_TARGET)
        return [f"{RUST_TARGET}/debug/shop"]


class Go(Newcomer):
    folder = "go"

    def pack(self):
        self.run("python3", "-B", f"{ROOT}/sdk/go/pack.py", f"{self.directory}/packed")

    def install(self, program):
        self.write("shop/main.go", program)
        # A cache of its own: another module of this version may lie in the usual one.
        settings = {"GOPROXY": f"file://{self.directory}/packed", "GOFLAGS": "-mod=mod -modcacherw", "GONOSUMDB": "*",
                    "GOSUMDB": "off", "GOWORK": "off", "GOMODCACHE": f"{self.directory}/modules"}
        shop = f"{self.directory}/shop"
        self.run("go", "mod", "init", "shop", cwd=shop, **settings)
        self.run("go", "get", "github.com/zenwallet/zenwallet/sdk/go@latest", cwd=shop, **settings)
        self.run("go", "build", "-o", "shop", cwd=shop, **settings)
        return [f"{shop}/shop"]


LANGUAGES = {"javascript": JavaScript, "python": Python, "rust": Rust, "go": Go}


def program_of(folder):
    """The program of the SDK's README that receives a webhook."""
    samples, _, _ = pages.read(f"sdk/{folder}/README.md")
    found = [sample.text for sample in samples if sample.way == "pays"]
    assert len(found) == 1, f"sdk/{folder}/README.md has {len(found)} programs that say `pay at`"
    return found[0]


def listen(gateway, app, port, directory):
    """`zenwallet listen` beside the program; what it prints tells the secret."""
    ready = f"{directory}/ready"
    environment = {"PATH": os.environ["PATH"], "HOME": directory, "ZENWALLET_URL": gateway.url, "ZENWALLET_API_KEY": app.key}
    command = [gateway.binary, "listen", "--forward-to", f"http://127.0.0.1:{port}/webhook", "--ready-file", ready]
    listener = Program(command, environment, directory, None)
    try:
        def is_ready():
            assert listener.process.poll() is None, f"listen ended with {listener.process.returncode}:\n{listener.said()}"
            return os.path.exists(ready)
        wait_until(is_ready, "listen is ready", LISTEN_DEADLINE_S)
        # The ready file may come before what is printed.
        found = wait_until(lambda: re.search(r"whsec_[A-Za-z0-9+/]+=*", listener.said()), "listen tells its secret")
    except AssertionError:
        listener.__exit__()
        raise
    return listener, found[0]


def walk(command, gateway, app, directory):
    """From `listening` to `received payment.success`."""
    port = free_port()
    listener, secret = listen(gateway, app, port, directory)
    assert secret != app.secret, "what listen prints is the app's own secret"
    environment = {"PATH": os.environ["PATH"], "HOME": directory, "LANG": "C.UTF-8", "ZENWALLET_URL": gateway.url,
                   "ZENWALLET_API_KEY": app.key, "ZENWALLET_WEBHOOK_SECRET": secret, "PORT": str(port)}
    with listener, Program(command, environment, directory, None) as program:
        program.says(r"^listening")
        payment_id = program.says(r"^pay at \S+/pay/(pay_[0-9A-Za-z]{22})$")[1]
        app.pay(payment_id)
        program.says(rf"^received payment\.success {payment_id}$")
        program.ends_well()


def main(binary, tools, directory, wanted):
    passed, failed = 0, 0
    gateway = Gateway(binary, directory)
    try:
        for name in wanted or LANGUAGES:
            language = LANGUAGES[name](f"{directory}/{name}", tools)
            step = "the README has a program"
            try:
                program = program_of(language.folder)
                step = "packs"
                language.pack()
                passed += report(name, step)
                step = "installs what was packed"
                command = language.install(program)
                passed += report(name, step)
                step = "is paid, and told so"
                walk(command, gateway, gateway.make_app(name), language.directory)
                passed += report(name, step)
            except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAILED  {name}: {step}: {error}", flush=True)
    finally:
        gateway.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def report(name, step):
    print(f"ok      {name}: {step}", flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4], sys.argv[4:]))
