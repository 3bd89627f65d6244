# Vestibule. `make` alone lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# A fresh clone may belong to another user than the one who builds; git then refuses to answer the version question.
# Lint, tests and programs are compiled in one way, whatever the folder: what one of them has compiled the others find. Only the race detector needs C.
export GOFLAGS := $(filter-out -buildvcs=% -trimpath,$(GOFLAGS)) -buildvcs=false -trimpath
export CGO_ENABLED := 0
# Brokers and network tools live where an ordinary user does not look.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin

GO ?= go
GOBIN_DIR := $(shell $(GO) env GOPATH)/bin
GOLANGCI := $(GOBIN_DIR)/golangci-lint
GOLANGCI_VERSION := 2.15.0

WEB := cloud/portal/web
DIST := cloud/portal/dist
MODULES := $(WEB)/node_modules/.package-lock.json
WEB_SOURCES := $(shell find $(WEB) \( -name node_modules -o -name test-results -o -name screenshots \) -prune -o -type f -print 2>/dev/null)

# How many test packages run at the same time, and how long one of them may take.
P ?= 2
TIMEOUT ?= 30m
# SQLite is C turned into Go: its locks are C's, and the detector sees nothing in it but twice the time.
RACE ?= -race -gcflags='modernc.org/...=-race=false'
# Packages whose tests ask one thing at a time and mostly wait: the detector sees little in them and takes three times the processor. They run beside the
# others. make soak has the detector there too.
PLAIN := vestibule/deploy/browser vestibule/cloud/api
# What make prove draws.
N ?= 20
SEED ?= 1
# How many sites make load has.
SITES ?= 1000

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## build, then cloud + agent + simulated building on this machine, with sample data
	@./bin/vestibule-demo

.PHONY: test
test: peers portal ## everything that needs no person: unit, system and real-peer tests (with the race detector but for PLAIN), portal tests
	$(GO) vet ./...
	$(GO) test -vet=off -count=1 -p $(P) -timeout $(TIMEOUT) $(PLAIN) & plain=$$!; failed=0; \
	CGO_ENABLED=1 $(GO) test $(RACE) -vet=off -count=1 -p $(P) -timeout $(TIMEOUT) $$($(GO) list ./... | grep -vxF "$$(printf '%s\n' $(PLAIN))") || failed=1; \
	wait $$plain || failed=1; exit $$failed
	cd $(WEB) && npm test

.PHONY: lint
lint: $(MODULES) lint-tool ## golangci-lint (gofumpt among it), TypeScript, the feature table and the proof lines
	$(GOLANGCI) run ./...
	cd $(WEB) && npx --no-install tsc --noEmit
	$(GO) run ./deploy/featurecheck
	$(GO) run ./deploy/prove -check

.PHONY: lint-tool
lint-tool:
	@$(GOLANGCI) version --short 2>/dev/null | grep -qx '$(GOLANGCI_VERSION)' || \
	  GOFLAGS= $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$(GOLANGCI_VERSION)

.PHONY: fmt
fmt: lint-tool ## rewrite Go files in gofumpt form and the state columns of features.md
	$(GOLANGCI) fmt ./...
	$(GO) run ./deploy/featurecheck -fix

.PHONY: bench
bench: peers portal ## measure calls (beside Kamailio too), the link with live sites, memory, event ingest, document sizes and the lists and edits of a large installer; fails when a figure is missing
	$(GO) run ./deploy/bench

.PHONY: load
load: ## thousands of agents on one cloud (SITES=1000 SCENARIO=steady,restart,storm,opens): where one node ends, and what runs out
	$(GO) run ./deploy/load -sites $(SITES) $(if $(SCENARIO),-scenario $(SCENARIO))

.PHONY: world
world: ## cloud, broker and buildings in one process on a virtual clock: play a seed 20 times (SEED=7), every story the same and every promise kept
	$(GO) run ./deploy/world -seed $(SEED) -runs 20

.PHONY: soak
soak: peers portal ## the heavy tests with their full counts (hours)
	VESTIBULE_SOAK=1 CGO_ENABLED=1 $(GO) test $(RACE) -count=1 -p $(P) -timeout 12h ./...

.PHONY: prove
prove: peers portal ## take production lines out (N=20 SEED=1) and expect the tests that cite them to fail
	$(GO) run ./deploy/prove -n $(N) -seed $(SEED)

.PHONY: screenshots
screenshots: peers portal ## pictures of every portal page into screenshots/, light and dark, desktop and phone
	VESTIBULE_SHOTS=$(CURDIR)/screenshots $(GO) test -count=1 -timeout 2h ./deploy/browser

.PHONY: portal
portal: $(DIST)/index.html ## build the web portal (only when its sources are newer)

$(MODULES): $(WEB)/package-lock.json
	cd $(WEB) && npm ci --no-audit --no-fund
	@touch $@

$(DIST)/index.html: $(MODULES) $(WEB_SOURCES)
	cd $(WEB) && npm run build
	@touch $@ $(DIST)/.gitkeep

.PHONY: build
build: portal ## all programs, static, in ./bin
	$(GO) build -o bin/ ./cmd/...

.PHONY: peers
peers: ## install the Debian packages that tests talk to (needs root and apt; nothing when all are here)
	@deploy/peers/install

.PHONY: clean
clean: ## remove what was built
	rm -rf bin $(WEB)/node_modules
	@mkdir -p $(DIST)
	find $(DIST) -mindepth 1 ! -name .gitkeep -delete
