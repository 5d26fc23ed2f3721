# make run, make test: nothing but Go, Node and make is needed to begin.
GO       ?= go
DATA     ?= data/demo
ADDR     ?= 127.0.0.1:8080
ASSETS   := internal/assets/dist/web/css/bootstrap-italia.min.css

.PHONY: run build test test-reading test-packages test-program vet soak bench lint fmt assets test-tools clean

## run: build and serve the demonstration with invented people
run: build
	./bin/dispositivo serve --demo --addr $(ADDR) --data $(DATA)

## build: bin/dispositivo, with everything embedded
build: assets
	$(GO) build -o bin/dispositivo ./cmd/dispositivo

## assets: the pages' files, the WebAssembly engines and the table of places, from npm
assets: $(ASSETS)
$(ASSETS): package.json package-lock.json scripts/assets.mjs scripts/places.mjs scripts/places.tsv
	npm ci --no-audit --no-fund
	node scripts/assets.mjs
	@touch $(ASSETS)

## test: every test; installs the servers and tools it needs where it can
test:
	@$(MAKE) --no-print-directory -j4 assets test-tools vet test-reading
	@$(MAKE) --no-print-directory -k test-packages test-program

# Tests make and remove databases and thousands of small files. In memory that costs a
# quarter of what it does on a disk, and the kill of a process is the same on both. What
# make soak does stays on the disk.
MEMORY = $(shell sh scripts/memory.sh)

# Packages wait, for servers and for the clock of a mail server: twice as many at once as
# there are processors.
AT_ONCE = $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN))

# Vet has just run; without tables for debuggers a test links in half the time.
GOTEST = $(if $(MEMORY),TMPDIR=$(MEMORY)) $(GO) test -vet=off -ldflags='-s -w' -timeout 14m

# The two that take longest need no tool: they run while the tools are installed.
READING := ./internal/sandbox ./verify/symbol

test-reading: assets
	$(GOTEST) $(READING)

test-packages:
	$(GOTEST) -p $(AT_ONCE) $$($(GO) list ./... | grep -v -e /cmd/ $(READING:./%=-e '/%$$'))

# The program's own tests start servers and browsers, more at once than there are
# processors: beside other packages they would but wait for each other.
test-program:
	$(GOTEST) ./cmd/...

vet: assets
	$(GO) vet ./...

## test-tools: what the tests run against (Debian, as root)
test-tools:
	@sh scripts/test-tools.sh

## soak: the long figures; writes docs/reliability.md
soak: assets test-tools
	DISPOSITIVO_SOAK=1 $(GO) test -tags soak -timeout 6h -parallel 4 -v -run 'Soak' ./...
	DISPOSITIVO_SOAK=1 $(GO) test -tags soak -timeout 1h -v ./pin/recovery ./verify/ccitt ./verify/identity

## bench: speed against peers, a line per figure
bench: assets test-tools
	$(GO) run ./internal/bench

## lint: the linters, pinned in tools/go.mod
lint:
	$(GO) tool -modfile=tools/go.mod golangci-lint run ./...

## fmt: gofumpt and import order, pinned likewise
fmt:
	$(GO) tool -modfile=tools/go.mod golangci-lint fmt ./...

clean:
	rm -rf bin node_modules
	find internal/assets/dist -mindepth 1 ! -name 'README*' -delete
