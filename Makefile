# Everything a developer or an operator does with the tree. `make help` lists it.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
ARGS ?=

.PHONY: help deps test-deps assets build run test test-long bench asan format clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## install the Debian packages that building and running need (asks sudo if not root)
	@scripts/install_deps build

test-deps: ## install what the tests need on top: browser, analysers, load generator
	@scripts/install_deps build test

assets: deps ## fetch and convert the model pack, bundle the web page (cached)
	@scripts/fetch_models
	@scripts/build_web

build: assets ## leave the server in build/release/facegate
	@scripts/build release facegate

run: build ## start the server on http://localhost:8080 with the demo and a fresh test key
	@exec build/release/facegate serve --dev $(ARGS)

test: test-deps assets ## every test CI runs; ends with the summary
	@scripts/test short

test-long: test-deps assets ## all of it under ASan and TSan, clang-tidy, long fuzzing, all crash points and browser seeds
	@scripts/test long

bench: test-deps assets ## the tables of docs/benchmarks.md, measured on this machine
	@scripts/build release facegate benches
	@scripts/bench $(ARGS)

format: ## rewrite C++ sources with clang-format
	@git ls-files 'src/*.h' 'src/*.cpp' 'tests/*.h' 'tests/*.cpp' 'bench/*.cpp' | xargs clang-format-19 -i

clean: ## remove everything built (downloads stay cached)
	rm -rf build
