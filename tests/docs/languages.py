"""How a sample of each language becomes a command: against the SDKs of this repository, in a folder of its own."""

import os
import re
import shutil
import subprocess

from pages import ROOT

RUST_TARGET = f"{ROOT}/target/docs-rust"
RUST_CRATE = f"{ROOT}/target/docs-samples"
BUILD_DEADLINE_S = 1500
CARGO = """[package]
name = "docs-samples"
version = "0.0.0"
edition = "2024"
publish = false

[workspace]

[dependencies]
zenwallet-sdk = {{ path = "{root}/sdk/rust" }}
axum = {{ version = "0.8", default-features = false, features = ["http1", "tokio"] }}
tokio = {{ version = "1", features = ["rt-multi-thread", "macros", "net", "io-util", "time"] }}
"""


class Languages:
    """Writes the programs, builds them, and says how each is started."""

    def __init__(self, directory, tools):
        self.directory, self.tools = directory, tools
        self.failures = {}

    def prepare(self, samples):
        """Writes and builds everything; what did not build is in `failures`."""
        of = lambda language: [sample for sample in samples if sample.language == language]
        self.prepare_node()
        for sample in of("sh") + of("python") + of("js"):
            self.write(self.program(sample), sample.text)
        if of("rust"):
            self.build_rust(of("rust"))
        if of("go"):
            self.build_go(of("go"))

    def command(self, sample):
        if sample.language == "js":
            return ["node", self.program(sample)]
        if sample.language == "python":
            return [f"{self.tools}/python/bin/python", "-B", self.program(sample)]
        if sample.language == "sh":
            return ["bash", self.program(sample)]
        return [self.program(sample)]

    def environment(self):
        return {"PYTHONPATH": f"{ROOT}/sdk/python/src", "NODE_PATH": f"{self.directory}/node_modules"}

    def program(self, sample):
        if sample.language == "rust":
            return f"{RUST_TARGET}/debug/examples/{sample.slug}"
        if sample.language == "go":
            return f"{self.directory}/go/bin/{sample.slug}"
        module = re.search(r"^import ", sample.text, re.M)
        suffix = {"js": "mjs" if module else "cjs", "python": "py", "sh": "sh"}[sample.language]
        return f"{self.directory}/{sample.slug}.{suffix}"

    def prepare_node(self):
        modules = f"{self.directory}/node_modules"
        os.makedirs(modules)
        os.symlink(f"{ROOT}/sdk/javascript", f"{modules}/zenwallet-sdk")
        installed = f"{self.tools}/node/node_modules"
        for name in os.listdir(installed):
            if not name.startswith("."):
                os.symlink(f"{installed}/{name}", f"{modules}/{name}")

    def build_rust(self, samples):
        """One crate, so that what they share is built once."""
        shutil.rmtree(f"{RUST_CRATE}/examples", ignore_errors=True)
        self.write(f"{RUST_CRATE}/Cargo.toml", CARGO.format(root=ROOT))
        self.write(f"{RUST_CRATE}/src/lib.rs", "")
        if not os.path.exists(f"{RUST_CRATE}/Cargo.lock"):
            shutil.copy(f"{ROOT}/Cargo.lock", f"{RUST_CRATE}/Cargo.lock")
        for sample in samples:
            self.write(f"{RUST_CRATE}/examples/{sample.slug}.rs", sample.text)
        environment = {**os.environ, "CARGO_TARGET_DIR": RUST_TARGET}
        command = ["cargo", "build", "--quiet", "--examples", "--keep-going"]
        said = self.build(command, RUST_CRATE, environment)
        if said is not None:
            for sample in samples:
                if not self.is_newer(self.program(sample), f"{RUST_CRATE}/examples/{sample.slug}.rs"):
                    self.failures[sample] = said

    def build_go(self, samples):
        module = f"{self.directory}/go"
        self.write(f"{module}/go.mod", "module docs.samples\n\ngo 1.19\n\n"
                   "require github.com/zenwallet/zenwallet/sdk/go v0.0.0\n\n"
                   f"replace github.com/zenwallet/zenwallet/sdk/go => {ROOT}/sdk/go\n")
        environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOWORK": "off"}
        for sample in samples:
            self.write(f"{module}/{sample.slug}/main.go", sample.text)
            said = self.build(["go", "build", "-o", self.program(sample), f"./{sample.slug}"], module, environment)
            if said is not None:
                self.failures[sample] = said

    @staticmethod
    def build(command, directory, environment):
        """None, or what the compiler says."""
        try:
            done = subprocess.run(["nice", *command], cwd=directory, env=environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=BUILD_DEADLINE_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        return None if done.returncode == 0 else done.stdout.decode(errors="replace")

    @staticmethod
    def is_newer(path, than):
        return os.path.exists(path) and os.path.getmtime(path) >= os.path.getmtime(than)

    @staticmethod
    def write(path, text):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
