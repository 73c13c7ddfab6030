# waitfor. `make help` says what can be made; everything made is in build/, everything fetched in ~/.cache/waitfor.

VERSION := 0.2.0

# Sizes in bytes that the stripped programs may have, and that the fronts, the other tools that waitfor can be, may add to it.
# For arm64 relocations are not packed.
SIZE_LIMIT        = $(if $(filter arm64,$(ARCH)),1130000,900000)
SIZE_LIMIT_TLS    = $(if $(filter arm64,$(ARCH)),4250000,3400000)
SIZE_LIMIT_FRONTS = $(if $(filter arm64,$(ARCH)),32000,25000)

PREFIX ?= /usr/local
BASH_COMPLETIONS = $(PREFIX)/share/bash-completion/completions
ZSH_FUNCTIONS = $(PREFIX)/share/zsh/site-functions
FISH_COMPLETIONS = $(PREFIX)/share/fish/vendor_completions.d
DOCUMENTS = $(PREFIX)/share/doc/waitfor
ifeq ($(origin CC),default)
CC := gcc
endif

# What is built for, by Debian's name. ARCH=arm64 crosses over, into build/arm64: third-party/lib/cross.sh.
NATIVE := $(shell dpkg --print-architecture 2>/dev/null)
ARCH := $(NATIVE)
foreign := $(filter-out $(NATIVE),$(ARCH))
at := build/$(if $(foreign),$(ARCH)/)

# Each of these builds one variant, by calling make again with VARIANT set: the second half of this file.
variant = $(MAKE) --no-print-directory $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc)) VARIANT=$(1)
default_sanitizers := address,undefined

.PHONY: all
all: ## build/waitfor: the release binary, static, without TLS (the default); ARCH=arm64 gives build/arm64/waitfor
	+@$(call variant,release) program

.PHONY: tls
tls: ## build/waitfor-tls: the release binary with OpenSSL
	+@$(call variant,tls) program

.PHONY: dev
dev: ## build/dev/waitfor: with glibc, for working on it; SANITIZE=address,undefined gives build/dev-san/waitfor; CC=clang
	+@$(call variant,dev) program

.PHONY: unit
unit: ## build and run the unit tests, under the address and undefined-behaviour sanitizers; TEST=dns runs tests/unit/net/test_dns.c
	+@$(call variant,dev) SANITIZE=$(if $(filter undefined,$(origin SANITIZE)),$(default_sanitizers),$(SANITIZE)) run-unit

.PHONY: test
test: ## install what the tests need, run every test but those of test-docker
	@tests/run

.PHONY: test-docker
test-docker: ## run the tests that want a Docker Engine; WAITFOR_DOCKER_JOBS=2 is quicker
	@tests/run docker

.PHONY: fuzz
fuzz: ## feed every parser random bytes, FUZZ_SECONDS each (60), and print the coverage; FUZZ=dialog runs fuzz_dialog.c
	@scripts/install-packages build fuzz
	+@$(call variant,fuzz) fuzzers
	@tests/fuzz/run build/fuzz $(FUZZ)

.PHONY: faults
faults: all tls ## name, connection and protocol fail in every way; random schedules, a signal storm, a million attempts; FAULTS="grid storm"
	@scripts/install-packages test
	@tests/faults/run $(FAULTS)

.PHONY: memcheck
memcheck: dev ## end-to-end tests with waitfor under valgrind; MEMCHECK="test_down.py test_redis_scripted.py" takes others
	@scripts/install-packages test instructions
	@tests/memcheck $(MEMCHECK)

.PHONY: mutate
mutate: ## make small faults in the source, one by one, and see that a test notices each; MUTATE=NAME makes one of them
	@scripts/install-packages build test
	@tests/mutate/run $(MUTATE)

.PHONY: kubernetes
kubernetes: ## bring up a Kubernetes node, run its tests, take it down; the first time builds its programs; KUBERNETES=--core is quicker
	@tests/kubernetes/run $(KUBERNETES)

.PHONY: lint
lint: ## formatting, static analysis, rooms and headers
	@tests/lint/run

.PHONY: size
size: all tls ## check the release binaries (of ARCH): size, static, hardened, runs in an empty root; and what the fronts add
	+@$(call variant,release) without-fronts
	@scripts/check-binary $(at)waitfor $(SIZE_LIMIT)
	@scripts/check-binary $(at)waitfor-tls $(SIZE_LIMIT_TLS)
	@scripts/check-fronts $(at)waitfor $(at)release/waitfor-without-fronts $(SIZE_LIMIT_FRONTS)

.PHONY: reproducible
reproducible: ## build twice in different folders and compare; LIBRARIES=1 builds the libraries twice as well
	@scripts/check-reproducible $(if $(LIBRARIES),--libraries) $(ARCH)

.PHONY: bench
bench: all tls ## measure waitfor beside other tools, write docs/BENCHMARKS.md; BENCH="--quick tcp" gives tests/bench/run its options
	@tests/bench/run $(BENCH)

.PHONY: instructions
instructions: all ## count the instructions of three paths; fails where one rose by 5 % over tests/bench/instructions.json
	@tests/bench/instructions

.PHONY: demo
demo: ## install what it needs, build, and show a migration behind waitfor, on a PostgreSQL that listens before it is ready
	@scripts/demo

.PHONY: clean-machine
clean-machine: ## make demo and make test in containers of a bare Debian 12 and 13 (half an hour; wants a Docker Engine)
	@tests/clean/run 12 && tests/clean/run 13

.PHONY: update-sources
update-sources: ## pin the newest versions of the libraries that can be fetched
	@third-party/update

.PHONY: completions
completions: all ## build/completions: what bash, zsh and fish complete
	+@$(if $(foreign),$(MAKE) --no-print-directory all ARCH=$(NATIVE))
	@mkdir -p build/completions
	@for shell in bash zsh fish; do \
		file=build/completions/waitfor.$$shell; \
		scripts/docs completion $$shell build/waitfor >$$file.new && mv $$file.new $$file || exit 1; \
	done

.PHONY: docs
docs: completions ## write the options of build/waitfor into README.md and docs/waitfor.1
	@scripts/docs update build/waitfor

# What is installed; scripts/ installs others, which are there already.
PROGRAM := $(at)waitfor

.PHONY: install
install: all completions ## install program, manual and completions under DESTDIR and PREFIX (/usr/local)
	install -D -m 755 $(PROGRAM) "$(DESTDIR)$(PREFIX)/bin/waitfor"
	install -D -m 644 docs/waitfor.1 "$(DESTDIR)$(PREFIX)/share/man/man1/waitfor.1"
	install -D -m 644 build/completions/waitfor.bash "$(DESTDIR)$(BASH_COMPLETIONS)/waitfor"
	install -D -m 644 build/completions/waitfor.zsh "$(DESTDIR)$(ZSH_FUNCTIONS)/_waitfor"
	install -D -m 644 build/completions/waitfor.fish "$(DESTDIR)$(FISH_COMPLETIONS)/waitfor.fish"
	install -D -m 644 -t "$(DESTDIR)$(DOCUMENTS)" docs/DROP-IN.md docs/events.schema.json docs/explain.schema.json

.PHONY: uninstall
uninstall: ## remove what make install has installed
	rm -f "$(DESTDIR)$(PREFIX)/bin/waitfor" "$(DESTDIR)$(PREFIX)/share/man/man1/waitfor.1" \
		"$(DESTDIR)$(BASH_COMPLETIONS)/waitfor" "$(DESTDIR)$(ZSH_FUNCTIONS)/_waitfor" \
		"$(DESTDIR)$(FISH_COMPLETIONS)/waitfor.fish" \
		"$(DESTDIR)$(DOCUMENTS)/DROP-IN.md" "$(DESTDIR)$(DOCUMENTS)/events.schema.json" \
		"$(DESTDIR)$(DOCUMENTS)/explain.schema.json"

.PHONY: deb
deb: all completions ## build/waitfor_VERSION_ARCH.deb: the same as a Debian package
	+@scripts/make-deb $(VERSION) waitfor $(ARCH)

# What a release is made for, unless ARCH is given.
ARCHITECTURES := $(if $(findstring command,$(origin ARCH)),$(ARCH),amd64 arm64)

.PHONY: release
release: ## dist/: programs, archives, packages and images, for amd64 and arm64 (or ARCH); SIGNING_KEY=FILE signs them
	@scripts/install-packages build release $(if $(filter-out $(NATIVE),$(ARCHITECTURES)),cross)
	+@for arch in $(sort $(NATIVE) $(ARCHITECTURES)); do \
		$(MAKE) --no-print-directory all tls ARCH=$$arch || exit 1; \
	done
	+@scripts/release/run $(VERSION) $(ARCHITECTURES)

.PHONY: version
version: ## print the version
	@echo $(VERSION)

.PHONY: clean
clean: ## remove build/ and dist/; the libraries in the cache stay
	rm -rf build dist

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s%s\n", $$1, $$2 }' Makefile

# --- one variant -----------------------------------------------------------------------------------------------------
ifdef VARIANT

out := $(at)$(VARIANT)$(if $(SANITIZE),-san)

# What the sanitizers watch is the code here, so the unit tests and the fuzzers take the libraries of dev as they are. valgrind
# watches the libraries too (make memcheck).
# Who builds again and again gives what third-party/build has printed: to find it takes longer than to compile a file.
libraries := $(or $(BUILT_LIBRARIES),$(shell WAITFOR_ARCH='$(ARCH)' third-party/build $(VARIANT:fuzz=dev)))
ifeq ($(libraries),)
$(error the libraries are not there (see above))
endif

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wimplicit-fallthrough \
	-Wpointer-arith -Wwrite-strings -Wundef -Wvla -Wold-style-definition
WERROR :=
CPPFLAGS := -D_GNU_SOURCE -DCURL_STATICLIB -iquote include -isystem $(libraries)/include \
	-DWAITFOR_VERSION='"$(VERSION)"' -DWAITFOR_FLAVOUR='"$(VARIANT)"'
CFLAGS := -std=gnu11 $(WARNINGS) $(if $(WERROR),-Werror) -fstack-protector-strong
LIBS := -L$(libraries)/lib -lcurl -lcares -levent_extra -levent_core -lpq -lpgcommon_shlib -lpgport_shlib -lcjson

ifeq ($(VARIANT),dev)
program := $(out)/waitfor
CPPFLAGS += -DWAITFOR_LIBC='"glibc"'
CFLAGS += -O1 -g -fno-omit-frame-pointer
LDFLAGS := -Wl,-z,relro,-z,now
ifneq ($(SANITIZE),)
# gcc's "undefined" leaves out a float that fits into no integer.
casts := $(if $(findstring undefined,$(SANITIZE)),-fsanitize=float-cast-overflow)
CFLAGS += -fsanitize=$(SANITIZE) $(casts) -fno-sanitize-recover=all
LDFLAGS += -fsanitize=$(SANITIZE)
endif
else ifeq ($(VARIANT),fuzz)
override CC := clang
CPPFLAGS += -DWAITFOR_LIBC='"glibc"'
CFLAGS += -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,$(default_sanitizers),float-cast-overflow \
	-fno-sanitize-recover=all -fprofile-instr-generate -fcoverage-mapping
LDFLAGS := -fsanitize=fuzzer
else
program := $(at)waitfor$(if $(filter tls,$(VARIANT)),-tls)
override CC := $(libraries)/bin/musl-gcc
CPPFLAGS += -DWAITFOR_LIBC='"musl $(shell awk '$$1 == "musl" { print $$2 }' $(libraries)/versions)"'
CFLAGS += -Os -flto -fPIE -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables
# The linker compiles the libraries once more, whose warnings are not ours.
LDFLAGS := -flto=auto -Wno-maybe-uninitialized -static-pie -s -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,-z,noexecstack
# The linker of Debian 12 can pack them for amd64 only.
ifeq ($(ARCH),amd64)
LDFLAGS += -Wl,-z,pack-relative-relocs
endif
endif

ifeq ($(VARIANT),tls)
CPPFLAGS += -DWAITFOR_TLS=1
LIBS += -lnghttp2 -levent_openssl -levent_core -lssl -lcrypto
endif
LIBS += -lm

sources := $(sort $(wildcard src/*.c src/*/*.c src/*/*/*.c))
objects := $(sources:src/%.c=$(out)/objects/%.o)
unit_tests := $(sort $(foreach depth,* */*,$(wildcard tests/unit/$(depth)/test_$(or $(TEST),*).c)))
unit_helpers := $(sort $(wildcard tests/unit/support/*.c))
unit_programs := $(unit_tests:tests/unit/%.c=$(out)/unit/%)

fuzzers := $(patsubst tests/fuzz/%.c,$(out)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
fuzz_helpers := $(patsubst tests/fuzz/%.c,$(out)/%.o,$(sort $(wildcard tests/fuzz/support/*.c)))

# V=1 shows the commands.
show = $(if $(V),,@printf '  %-5s%s\n' $(1) $(2);)

.PHONY: program
program: $(program)

$(program): $(objects)
	$(call show,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(out)/objects/%.o: src/%.c $(out)/settings
	@mkdir -p $(@D)
	$(call show,CC,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# The program without the fronts, to see what they add: src/cli/front.c has no row then.
.PHONY: without-fronts
without-fronts: $(out)/waitfor-without-fronts

$(out)/waitfor-without-fronts: $(filter-out $(out)/objects/cli/front.o,$(objects)) $(out)/objects/cli/front-none.o
	$(call show,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(out)/objects/cli/front-none.o: src/cli/front.c $(out)/settings
	@mkdir -p $(@D)
	$(call show,CC,$<)$(CC) $(CPPFLAGS) '-DFRONTS(X)=' $(CFLAGS) -MMD -MP -c $< -o $@

$(out)/unit/%.o: tests/unit/%.c $(out)/settings
	@mkdir -p $(@D)
	$(call show,CC,$<)$(CC) $(CPPFLAGS) -iquote tests/unit/support $(CFLAGS) -MMD -MP -c $< -o $@

$(unit_programs): %: %.o $(unit_helpers:tests/unit/%.c=$(out)/unit/%.o) $(filter-out $(out)/objects/main.o,$(objects))
	$(call show,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) $^ -lcmocka $(LIBS) -o $@

.PHONY: run-unit
run-unit: $(unit_programs)
	@tests/unit/run $(unit_programs)

.PHONY: fuzzers
fuzzers: $(fuzzers)

$(out)/%.o: tests/fuzz/%.c $(out)/settings
	@mkdir -p $(@D)
	$(call show,CC,$<)$(CC) $(CPPFLAGS) -iquote tests/fuzz/support $(CFLAGS) -MMD -MP -c $< -o $@

$(fuzzers): %: %.o $(fuzz_helpers) $(filter-out $(out)/objects/main.o,$(objects))
	$(call show,LINK,$@)$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

# Changed when a flag, the compiler or a library did; then every object is made anew.
.PHONY: FORCE
$(out)/settings: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LIBS))' >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

.SECONDARY:
-include $(objects:.o=.d) $(out)/objects/cli/front-none.d $(unit_programs:=.d) $(unit_helpers:tests/unit/%.c=$(out)/unit/%.d)
-include $(fuzzers:=.d) $(fuzz_helpers:.o=.d)

endif
