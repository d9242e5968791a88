# Every command of the project. `make` alone lists them.
#
#   make run                              the demo at http://localhost:8080
#   make test PKG=./server/store RUN=Tick some Go tests only
#   make e2e FILES=server/e2e/tick.test.mjs

GO ?= go

# Tools that are not part of the product stay out of go.mod; their versions are fixed here.
GOLANGCI_VERSION := v2.15.0
DEADCODE_VERSION := v0.52.0
GOVULNCHECK_VERSION := v1.9.0

GOLANGCI := bin/golangci-lint-$(GOLANGCI_VERSION)
BIOME := node_modules/.bin/biome
NODE_MODULES := node_modules/.package-lock.json
ASSETS := static/dist/manifest.json
ASSET_SOURCES := $(shell find static/js static/css static/img cmd/assets 2>/dev/null) $(wildcard static/*.webmanifest)

# Tests fail, instead of being skipped, when a service is missing. Browser tests start the program at HUIWU_BIN.
TEST_ENV := HUIWU_REQUIRE_SERVICES=1 HUIWU_BIN=$(CURDIR)/bin/huiwu

.DEFAULT_GOAL := help
.NOTPARALLEL: # two cores: the Go tools use them already

.PHONY: help
help: ## list these commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

# --- work with it ----------------------------------------------------------------------------------------------------

.PHONY: setup
setup: $(NODE_MODULES) ## fetch what npm and Go bring
	$(GO) mod download

$(NODE_MODULES): package.json package-lock.json .npmrc
	npm ci --ignore-scripts --no-progress
	@touch $@

.PHONY: assets
assets: $(ASSETS) ## build the browser's files into static/dist

# The folders are among the sources, so that a removed file counts as a change. The builder compares contents.
$(ASSETS): $(ASSET_SOURCES) $(NODE_MODULES)
	$(GO) run ./cmd/assets

.PHONY: run
run: $(ASSETS) ## the demo at http://localhost:8080 (ARGS="--simulate" plays crews and guests)
	$(GO) run ./cmd/huiwu demo $(ARGS)

.PHONY: build
build: $(ASSETS) ## bin/huiwu, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/huiwu ./cmd/huiwu

.PHONY: generate
generate: ## views/*.templ → views/*_templ.go
	$(GO) tool templ generate

.PHONY: fmt
fmt: $(GOLANGCI) $(NODE_MODULES) ## format Go, templ, JavaScript, CSS
	$(GOLANGCI) fmt
	$(GO) tool templ fmt views
	$(BIOME) check --write --colors=off

.PHONY: icons
icons: $(NODE_MODULES) ## draw the PNG icons from static/img/icon.svg again
	.ci/with-services --no-servers node .ci/icons.mjs

.PHONY: gallery
gallery: build ## every part of the design system in every state (ARGS="--addr 127.0.0.1:8090")
	bin/huiwu gallery $(ARGS)

.PHONY: shots
shots: build ## pictures of the pages
	$(TEST_ENV) .ci/with-services --no-servers node server/e2e/shots.mjs

.PHONY: clean
clean: ## remove what was built
	rm -rf bin
	find static/dist -type f ! -name .gitkeep -delete

# --- prove it --------------------------------------------------------------------------------------------------------

.PHONY: test
test: build ## all tests; installs or names what is missing
	@$(TEST_ENV) .ci/with-services node .ci/test.mjs $(if $(PKG)$(RUN),go $(if $(RUN),-run '$(RUN)') $(or $(PKG),./...),all)

.PHONY: e2e
e2e: build ## browser tests only
	@files="$(or $(FILES),$(wildcard server/e2e/*.test.mjs))"; \
	if [ -z "$$files" ]; then echo "no browser tests in server/e2e"; exit 0; fi; \
	$(TEST_ENV) .ci/with-services node .ci/test.mjs node $$files

.PHONY: chaos
chaos: build ## fifty phones act while everything breaks (ACTS=100000, SEED= of a run to play again)
	$(TEST_ENV) .ci/with-services --no-browser $(GO) test ./server/chaos -run '^TestChaos$$' -count=1 -v -timeout $(or $(TIMEOUT),90m) \
		-acts=$(or $(ACTS),100000) $(if $(SEED),-seed=$(SEED))

.PHONY: bench
bench: $(ASSETS) ## benchmarks (BENCH=pattern BENCHTIME=1s PKG=./server/...)
	.ci/with-services --no-browser $(GO) test -run '^$$' -bench '$(or $(BENCH),.)' -benchmem \
		-benchtime $(or $(BENCHTIME),1s) $(or $(PKG),./server/... ./static)
	.ci/with-services --no-browser $(GO) run ./cmd/huiwu-load bench $(LOAD)

.PHONY: bench-full
bench-full: $(ASSETS) ## every promised figure, about an hour (LOAD="--only fan5k,max --pin"); docs/performance.md
	.ci/with-services --no-browser $(GO) run ./cmd/huiwu-load --within 5h bench --full --time 4s $(LOAD)

.PHONY: bench-peers
bench-peers: $(ASSETS) ## ours beside a server that only pushes (centrifuge)
	.ci/with-services --no-browser $(GO) run ./cmd/huiwu-load --within 5h peers --time 4s $(LOAD)

# One target after the other; what is found is written to the package's testdata/fuzz: fix it, and keep the file.
.PHONY: fuzz
fuzz: $(ASSETS) ## every parser with random input (FUZZTIME=1m for each, FUZZ=name for one)
	@grep -rHoE '^func (Fuzz$(or $(FUZZ),[A-Za-z]*))\(' --include=*_test.go server cmd | sed -E 's/^(.*)\/[^/]*:func (Fuzz[A-Za-z]*)\(/\1 \2/' | \
	while read -r dir name; do \
		echo "$$dir $$name"; \
		$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(or $(FUZZTIME),1m) "./$$dir" || exit 1; \
	done

# Fast to slow, so that a slip shows early.
.PHONY: check
check: check-fmt check-generated check-templates check-js check-tidy vet lint deadcode test ## everything that CI runs

.PHONY: check-fmt
check-fmt: $(GOLANGCI)
	@$(GOLANGCI) fmt --diff || { echo "not formatted: run make fmt"; exit 1; }
	$(GO) tool templ fmt -fail views

.PHONY: check-generated
check-generated:
	.ci/check-generated

.PHONY: check-templates
check-templates:
	node .ci/templates.mjs views
	node .ci/styles.mjs static/css views/gallery

.PHONY: check-js
check-js: $(NODE_MODULES)
	$(BIOME) ci --error-on-warnings --colors=off

.PHONY: check-tidy
check-tidy:
	$(GO) mod tidy -diff

.PHONY: vet
vet:
	$(GO) vet ./...

.PHONY: lint
lint: $(GOLANGCI) ## layers, errors, contexts, comments
	$(GOLANGCI) run

$(GOLANGCI):
	GOBIN=$(CURDIR)/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv bin/golangci-lint $@

.PHONY: deadcode
deadcode: ## functions that nothing reaches
	@dead=$$($(GO) run golang.org/x/tools/cmd/deadcode@$(DEADCODE_VERSION) -test ./...) || exit 1; \
	if [ -n "$$dead" ]; then echo "$$dead"; exit 1; fi

# Not part of check: these ask hosts that a build machine may not reach.
.PHONY: audit
audit: ## known vulnerabilities in what we use
	$(GO) run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION) ./...
	npm audit
