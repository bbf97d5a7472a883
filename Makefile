# Every target is one line of help: `make` shows them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run build test lint bench cluster crash ha fuzz nightly

help: ## Show this
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: build ## Build the release binary and serve on http://127.0.0.1:8080
	exec target/release/zenwallet serve

build: ## Build the dashboard and the release binary at target/release/zenwallet
	@scripts/dashboard.sh
	cargo build --locked --release -p zenwallet

test: ## Run everything CI runs; installs what it needs; ends with a count
	@scripts/need.sh test
	@scripts/test.sh

lint: ## Check format and lints
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

bench: ## Measure this machine: throughput and latency on both databases, beside pgbench
	@scripts/need.sh test
	@scripts/bench.sh

cluster: ## Start PostgreSQL and two nodes locally and show them, until Ctrl-C (ONCE=1: then end)
	@scripts/need.sh test
	cargo build --locked --release -p zenwallet -p bench
	@exec target/release/bench cluster --show $(if $(ONCE),--once)

crash: ## Long crash campaign: 500 kills on each database and through PgBouncer
	@scripts/need.sh test
	@scripts/crash.sh

ha: ## Kill and freeze the leader of a Patroni cluster under load; see docs/high-availability.md
	@scripts/need.sh ha
	@scripts/ha.sh

fuzz: ## Look for inputs that break a promise: 12 targets for SECONDS each (default 60), or TARGET=… alone
	@scripts/need.sh test
	@scripts/fuzz.sh $(or $(SECONDS),60) $(TARGET)

nightly: ## Every campaign in its long form, with slow clients, failing disks and full disks
	@scripts/need.sh nightly
	@scripts/nightly.sh
