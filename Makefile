# The words a newcomer types. `make help` lists them; each one builds first what it needs.

PYTHON ?= python3

# Cargo, maturin and the Node build share one cache only when all of them name the target and agree on how PyO3 links.
export CARGO_BUILD_TARGET ?= $(shell rustc --version --verbose 2>/dev/null | sed -n 's/^host: //p')
export PYO3_BUILD_EXTENSION_MODULE := 1
export CARGO_TARGET_DIR := $(CURDIR)/target

# The oldest C library that the packages run with, where there is one of that kind; scripts/check_packages.py looks.
GLIBC := $(if $(findstring linux-gnu,$(CARGO_BUILD_TARGET)),2.17)

# Maturin and cargo-zigbuild name other compilers: in one folder each would build anew what the other has built.
WHEEL_BY_ZIG := $(if $(GLIBC),--zig --compatibility manylinux_$(subst .,_,$(GLIBC)) --target-dir target/wheel)
ADDON_BY_ZIG := $(if $(GLIBC),--glibc $(GLIBC))

VENV := .venv
BENCH_VENV := .venv-bench
PEERS_VENV := .venv-peers
PIP_VERSION := 26.3
CARGO_DENY_VERSION := 0.20.2
CARGO_FUZZ_VERSION := 0.13.1

BIN := $(VENV)/bin
CARGO_DENY := target/tools/cargo-deny-$(CARGO_DENY_VERSION)/bin/cargo-deny
CARGO_FUZZ := target/tools/cargo-fuzz-$(CARGO_FUZZ_VERSION)/bin/cargo-fuzz
EXTENSION := bindings-python/python/relatch/_relatch.abi3.so
NODE_PACKAGE := target/npm-package
# What the Python extension is made of. Cargo knows it better, but asking maturin takes two seconds.
EXTENSION_SOURCES := Cargo.toml Cargo.lock pyproject.toml \
	$(shell find core bindings-python tests/sandbox -path '*/python/*' -prune -o -type f -print 2>/dev/null)
# maturin takes the environment that is active for the one to install into.
MATURIN := env -u CONDA_PREFIX VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(BIN)/maturin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test lint quick bench peers soak fuzz docs wheel tarball packages clean check-prerequisites check-lint-prerequisites \
	lint-rust lint-dependencies lint-advisories lint-python lint-node lint-words lint-version \
	setup-python setup-python-test setup-python-lint setup-node setup-node-release setup-bench setup-peers FORCE

help: ## list these words
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: setup-python setup-node ## log in, refresh and survive trouble against the built-in sandbox, in Python and in Node
	@status=0; \
	for system in seven_g synapsewave; do \
	  printf '\n=== Python: demo/%s.py\n\n' $$system; $(BIN)/python demo/$$system.py || status=1; \
	  printf '\n=== Node: demo/%s.mjs\n\n' $$system; node demo/$$system.mjs || status=1; \
	done; \
	exit $$status

test: setup-python-test setup-node ## run the tests of Rust, Python and Node
	@$(BIN)/python scripts/run_tests.py

lint: lint-words lint-rust docs lint-dependencies lint-advisories lint-python lint-node lint-version ## check format, lints, types, licences and versions

# WORDS names some of them: make quick WORDS="bench soak".
quick: | check-prerequisites ## run all the other words in short forms, as CI does: none of them breaks unseen
	@$(PYTHON) scripts/quick.py $(WORDS)

# The benchmark starts this server and imports this package from Node; from Python it imports what is installed.
# BENCH takes options, such as BENCH="--quick --only Node:"; a quick run has the server and the Rust program from dev builds.
BENCH_PROFILES := $(if $(filter --quick,$(BENCH)),dev dev debug,release bench release)
BENCH_SERVER_PROFILE := $(word 1,$(BENCH_PROFILES))
BENCH_RUST_PROFILE := $(word 2,$(BENCH_PROFILES))

bench: setup-bench ## measure release builds of both bindings
	cargo build --profile $(BENCH_SERVER_PROFILE) --package relatch-sandbox
	cargo bench --no-run --profile $(BENCH_RUST_PROFILE) --package relatch --bench cost
	RELATCH_SANDBOX="$(CURDIR)/target/$(CARGO_BUILD_TARGET)/$(word 3,$(BENCH_PROFILES))/relatch-sandbox" \
	RELATCH_BENCH_PROFILE="$(BENCH_RUST_PROFILE)" \
	RELATCH_NODE="$(CURDIR)/$(NODE_PACKAGE)/bindings-node/dist/index.mjs" \
	$(BENCH_VENV)/bin/python tests/bench/run.py $(BENCH)

# Uses the dev builds: nothing is measured in seconds. PEERS takes options, such as PEERS="--only node: --quick".
peers: setup-peers ## put relatch and other clients into the same trouble, and write docs/peers.md
	RELATCH_NODE="$(CURDIR)/bindings-node/dist/index.mjs" $(PEERS_VENV)/bin/python tests/peers/run.py $(PEERS)

# SOAK_SECONDS says for how long, SOAK_SEED which trouble there is, SOAK_SEEDS how many runs of the simulation follow.
# SOAK_BUILD=dev takes the dev builds, for a short trial.
SOAK_SECONDS ?= 1800
SOAK_SEED ?= 1
SOAK_SEEDS ?= 200000
SOAK_BUILD ?= release
SOAK_TEST_PROFILE := $(if $(filter dev,$(SOAK_BUILD)),test,soak)
SOAK_PROFILE := $(if $(filter dev,$(SOAK_BUILD)),debug,release)
SOAK_PYTHON := $(if $(filter dev,$(SOAK_BUILD)),$(VENV),$(BENCH_VENV))/bin/python
SOAK_NODE := $(if $(filter dev,$(SOAK_BUILD)),,$(NODE_PACKAGE)/)bindings-node/dist/index.mjs

soak: $(if $(filter dev,$(SOAK_BUILD)),setup-python setup-node,setup-bench) ## use both bindings for half an hour while the server misbehaves
	cargo build --profile $(SOAK_BUILD) --package relatch-sandbox
	SOAK_SECONDS="$(SOAK_SECONDS)" SOAK_SEED="$(SOAK_SEED)" \
	RELATCH_SANDBOX="$(CURDIR)/target/$(CARGO_BUILD_TARGET)/$(SOAK_PROFILE)/relatch-sandbox" \
	RELATCH_NODE="$(CURDIR)/$(SOAK_NODE)" \
	$(SOAK_PYTHON) tests/soak/run.py
	# The simulation, for twenty times the seeds that the tests give it.
	RELATCH_SIMULATION_SEEDS="$(SOAK_SEEDS)" cargo test --profile $(SOAK_TEST_PROFILE) --package relatch --lib no_seed -- --nocapture

# The one word that needs a nightly toolchain; FUZZ=--replay needs none, and feeds each target its kept corpus alone.
fuzz: $(if $(filter --replay,$(FUZZ)),check-prerequisites,$(CARGO_FUZZ)) ## feed every reader of foreign bytes for FUZZ_SECONDS each (600); TARGETS names some of them
	PATH="$(CURDIR)/$(dir $(CARGO_FUZZ)):$$PATH" fuzz/run.sh $(FUZZ) $(TARGETS)

docs: check-prerequisites ## build the documentation of the Rust crates
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
	@echo "open target/$(CARGO_BUILD_TARGET)/doc/relatch/index.html"

wheel: $(VENV)/.group-package ## build the Python release wheel for this platform into dist/
	rm -f dist/relatch-*.whl
	PATH="$(CURDIR)/$(BIN):$$PATH" $(MATURIN) build --release --locked $(WHEEL_BY_ZIG) --out dist

tarball: setup-node-release ## build the npm release package for this platform into dist/
	mkdir -p dist
	rm -f dist/relatch-*.tgz
	npm pack --pack-destination dist ./$(NODE_PACKAGE)

# PACKAGES=--quick leaves out what takes long: to build them once more as the README tells users to.
packages: wheel tarball ## build both release packages, install them where nothing else is, and run the README there
	$(BIN)/python scripts/check_packages.py $(PACKAGES) "$$(sed -n 's/.*"\(mypy==[^"]*\)".*/\1/p' pyproject.toml)"

clean: ## remove everything that was built or installed here
	rm -rf target fuzz/target fuzz/artifacts dist $(VENV) $(BENCH_VENV) $(PEERS_VENV) node_modules tests/peers/node/node_modules bindings-node/dist $(EXTENSION)
	rm -rf .mypy_cache .pytest_cache .ruff_cache
	find bindings-python demo scripts tests -name __pycache__ -prune -exec rm -rf {} +

# Prerequisites

check-prerequisites:
	@scripts/check-prerequisites.sh "$(PYTHON)"

check-lint-prerequisites:
	@scripts/check-prerequisites.sh "$(PYTHON)" lint

# Checks

lint-rust: check-lint-prerequisites
	cargo metadata --locked --format-version 1 >/dev/null
	cargo metadata --locked --format-version 1 --manifest-path fuzz/Cargo.toml >/dev/null
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

lint-dependencies: $(CARGO_DENY)
	$(CARGO_DENY) check --hide-inclusion-graph licenses bans sources
	$(PYTHON) scripts/third_party.py --check

# Needs a database that cargo-deny fetches from GitHub: says so where it cannot be had.
lint-advisories: $(CARGO_DENY)
	scripts/check-advisories.sh $(CARGO_DENY)

lint-words: check-prerequisites
	$(PYTHON) scripts/quick.py --check

lint-python: setup-python-lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest relatch

lint-node: setup-node
	node_modules/.bin/tsc --project bindings-node --noEmit
	node_modules/.bin/tsc --project .
	node_modules/.bin/biome ci $(if $(MAKE_TERMOUT),,--colors=off)

lint-version: setup-python-lint
	$(BIN)/python tests/check_version.py
	$(BIN)/python tests/check_locks.py

$(CARGO_DENY): | check-prerequisites
	env -u CARGO_TARGET_DIR cargo install --locked --root target/tools/cargo-deny-$(CARGO_DENY_VERSION) cargo-deny@$(CARGO_DENY_VERSION)

$(CARGO_FUZZ): | check-prerequisites
	env -u CARGO_TARGET_DIR -u CARGO_BUILD_TARGET cargo install --locked --root target/tools/cargo-fuzz-$(CARGO_FUZZ_VERSION) cargo-fuzz@$(CARGO_FUZZ_VERSION)

# The Python binding, in an environment of its own. The files whose names start with a dot say what is done.

setup-python: $(VENV)/.extension
setup-python-test: $(VENV)/.group-test setup-python
setup-python-lint: $(VENV)/.group-lint setup-python

$(VENV)/.made $(BENCH_VENV)/.made $(PEERS_VENV)/.made: | check-prerequisites
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check pip==$(PIP_VERSION)
	@touch $@

$(VENV)/.group-%: pyproject.toml $(VENV)/.made
	$(BIN)/python -m pip install --quiet --group $*
	@touch $@

$(VENV)/.extension: $(EXTENSION_SOURCES) $(if $(wildcard $(EXTENSION)),,FORCE) $(VENV)/.made | $(VENV)/.group-build
	@touch $@.started # a source that changes during the build is newer than the result
	$(MATURIN) develop
	@mv $@.started $@

# The Node binding

setup-node: node_modules/.package-lock.json
	node scripts/build-node.mjs --dev

setup-node-release: node_modules/.package-lock.json $(VENV)/.group-package
	PATH="$(CURDIR)/$(BIN):$$PATH" node scripts/build-node.mjs --package $(ADDON_BY_ZIG)

node_modules/.package-lock.json: package.json package-lock.json .npmrc | check-prerequisites
	npm ci --no-progress
	@touch $@

# Release builds, beside the dev builds

setup-bench: wheel setup-node-release $(BENCH_VENV)/.made
	$(BENCH_VENV)/bin/python -m pip install --quiet --group bench
	$(BENCH_VENV)/bin/python -m pip install --quiet --force-reinstall dist/relatch-*.whl

# The peers, beside relatch as it is built here
setup-peers: setup-python setup-node $(PEERS_VENV)/.made
	$(PEERS_VENV)/bin/python -m pip install --quiet --group peers
	npm --prefix tests/peers/node ci --no-progress
	cargo build --package relatch --bench peers

FORCE:
