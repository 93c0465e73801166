# Every target installs or explains what it needs; nothing else must be there
# but Go and, for the tests and the browser code, Node.
SHELL := /bin/bash
export CGO_ENABLED := 0
TOOLS := $(CURDIR)/.tools/bin
export PATH := $(TOOLS):$(PATH)

.PHONY: build demo test lint bench ui ui-check tools needs screenshots fuzz clean

build:
	go build -trimpath -ldflags '-s -w' -o verhaal ./cmd/verhaal

# Build and start on http://127.0.0.1:8080 with demo data; Ctrl-C stops it.
demo: build
	./verhaal demo

# Everything: both database engines, a real S3 server, a real browser.
test: needs tools node_modules ui-check
	go test -count=1 -timeout 40m ./...

lint: tools node_modules
	@out=$$(gofmt -l cmd internal packs locales ui test); if [ -n "$$out" ]; then echo "gofmt: $$out"; exit 1; fi
	go vet ./...
	staticcheck ./...
	node_modules/.bin/tsc --noEmit -p ui

# Our figures beside the limit or the peer, in the same run.
bench: needs tools
	go run ./test/bench

ui: node_modules
	go run ./ui/build

ui-check: node_modules
	go run ./ui/build -check

# A short run of every fuzz target; FUZZTIME=5m for a long one.
FUZZTIME ?= 5s
fuzz:
	@go list ./... | while read -r p; do \
	  for f in $$(go test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; done; done

# The pictures of the docs, taken while the whole house is walked through.
screenshots: needs node_modules
	VERHAAL_SHOTS=$(CURDIR)/docs/images go test -count=1 -run 'House|HandedOver|ADeskIsChosen|HeldToWhatACaseOwes|ThePlannerFinds|AnAdult|AnInterviewIsRecorded|AnOfficial|ACourtPack|VerifyPage|AStudio' ./test ./internal/web/statistics

needs:
	@test/needs

node_modules: package-lock.json .npmrc
	npm ci --no-audit --no-fund --loglevel=error
	@touch node_modules

tools: $(TOOLS)/versitygw $(TOOLS)/fsck $(TOOLS)/staticcheck

$(TOOLS)/versitygw:
	GOBIN=$(TOOLS) go install github.com/versity/versitygw/cmd/versitygw@v1.8.0
$(TOOLS)/fsck:
	GOBIN=$(TOOLS) go install github.com/transparency-dev/tessera/cmd/fsck@v1.0.4
$(TOOLS)/staticcheck:
	GOBIN=$(TOOLS) go install honnef.co/go/tools/cmd/staticcheck@v0.8.2

clean:
	rm -rf verhaal node_modules .tools demo-data
