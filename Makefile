# SPDX-License-Identifier: GPL-2.0-or-later
# series: keeps a patch series alive on many stable kernels. See README.md; `make help` lists what
# can be made.
O ?= build
PREFIX ?= /usr/local
BINDIR = $(DESTDIR)$(PREFIX)/bin
MANDIR = $(DESTDIR)$(PREFIX)/share/man/man1
COMPDIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 20

CFLAGS ?= -O2 -g
WARN := -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
PKGS := libgit2 popt jansson libarchive libdeflate nettle sqlite3
PROGRAM := tools/series
ifdef SAN
# Checked for memory errors and undefined behaviour; beside the usual build, not in its place.
override O := $(O)/san
PROGRAM = $(O)/series
CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
# gcc 12 takes UBSan's own checks for null format strings.
WARN += -Wno-format-truncation -Wno-format-overflow
export ASAN_OPTIONS ?= detect_stack_use_after_return=1
export LSAN_OPTIONS ?= suppressions=$(abspath tests/lint/lsan):print_suppressions=0
endif

# Asked for once, when first used: `make check` and `make demo` install pkg-config themselves.
PKG_FLAGS = $(eval PKG_FLAGS := $(call pkg,--cflags))$(PKG_FLAGS)
# libarchive and SQLite are loaded when an archive or a database is opened: see tools/kernel/*_late.c.
PKG_LIBS = $(eval PKG_LIBS := $(filter-out -larchive -lsqlite3,$(call pkg,--libs)))$(PKG_LIBS)
pkg = $(if $(shell pkg-config --exists $(PKGS) && echo yes),$(shell pkg-config $(1) $(PKGS)),\
	$(error a library is missing (of $(PKGS)): run 'ci/need.sh build'))
ALL_CPPFLAGS = -Itools -I$(O) -D_FILE_OFFSET_BITS=64 $(CPPFLAGS) $(PKG_FLAGS)
COMPILE = $(CC) $(ALL_CPPFLAGS) $(CFLAGS) $(WARN) -MMD -MP -c -o $@ $<

LIB_SRC := $(wildcard tools/base/*.c tools/patch/*.c tools/kernel/*.c tools/ci/*.c)
CMD_SRC := $(wildcard tools/cmd/*.c)
HEADERS := $(wildcard tools/*/*.h)
LIB_OBJ := $(LIB_SRC:tools/%.c=$(O)/%.o)
CMD_OBJ := $(CMD_SRC:tools/%.c=$(O)/%.o)
UNIT_SRC := $(wildcard tests/unit/*.c)
UNIT_OBJ := $(UNIT_SRC:%.c=$(O)/%.o)
UNIT := $(patsubst %.c,$(O)/%,$(wildcard tests/unit/test_*.c))
UNIT_HELP := $(filter-out $(UNIT:=.o),$(UNIT_OBJ))
# Those on real kernels take longest: begun first, the others run beside them.
REAL_TESTS := $(sort $(wildcard tests/t/05*.t))
TESTS := $(REAL_TESTS) $(filter-out $(REAL_TESTS),$(sort $(wildcard tests/t/*.t)))
KERNEL_TESTS := $(sort $(wildcard tests/kernel/*.t))
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

# One short line a step; V=1 shows the commands.
ifndef V
Q = @
say = @printf '  %-5s %s\n' $(1) $(patsubst $(O)/%,%,$@)
endif

all: $(PROGRAM)

help:
	@echo 'make                the program, tools/series'
	@echo 'make demo           install what is missing, get two kernels, port the series onto them'
	@echo 'make check          install what the tests need and run them all; SAN=1: with sanitizers'
	@echo 'make check-unit     the unit tests only;  make check-t: those of the commands only'
	@echo 'make check-kernel   build, boot and test real kernels under QEMU; SERIES_KERNELS=v6.12.73: only this one'
	@echo 'make lint           layout, floors, sizes, headers, warnings, shellcheck, cppcheck'
	@echo 'make format         lay the C out as .clang-format says'
	@echo 'make fuzz           each parser on random input, FUZZ_SECONDS=$(FUZZ_SECONDS) each'
	@echo 'make bench          time against git am, git apply, quilt, git replay; BENCH=--quick: less of it'
	@echo 'make eval           score the ladder on real backports'
	@echo 'make install        program, man page, completion under PREFIX=$(PREFIX) (and DESTDIR)'
	@echo 'make clean          remove what was made here'

$(PROGRAM): $(CMD_OBJ) $(O)/libseries.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) $(LDLIBS)

# Made anew each time, so that it holds no object whose source is gone.
$(O)/libseries.a: $(LIB_OBJ)
	$(call say,AR)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(O)/%.o: tools/%.c
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(COMPILE)

$(CMD_OBJ): | $(O)/version.h

$(O)/version.h: FORCE
	@mkdir -p $(@D)
	@sh ci/version.sh >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# Tests

check: need-test
	$(MAKE) $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS)) check-build
	@SERIES=$(abspath $(PROGRAM)) sh tests/store.sh
	@$(RUN) $(TESTS) $(UNIT)

check-build: all unit
check-unit: need-test unit
	@$(RUN) $(UNIT)
check-t: need-test all
	@$(RUN) $(TESTS)
unit: $(UNIT)

RUN = SERIES=$(abspath $(PROGRAM)) tests/run --jobs $(JOBS)

check-kernel: need-kernel all
	@SERIES=$(abspath $(PROGRAM)) sh tests/store.sh
	@SERIES=$(abspath $(PROGRAM)) SERIES_KERNELS='$(SERIES_KERNELS)' tests/run --timeout 3600 $(KERNEL_TESTS)

need-test:
	@sh ci/need.sh build run test
	-@sh ci/need.sh slurm
need-kernel:
	@sh ci/need.sh build run test check-kernel intel

$(O)/tests/unit/%.o: tests/unit/%.c
	$(call say,CC)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) -Itests/unit $(CFLAGS) $(WARN) -MMD -MP -c -o $@ $<

# What unit tests share: an archive, so that a test links only what it uses of it.
$(O)/libunit.a: $(UNIT_HELP)
	$(call say,AR)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(UNIT): %: %.o $(O)/libunit.a $(O)/libseries.a
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(PKG_LIBS) $(LDLIBS)

# Fuzzing: clang's libFuzzer, all of the library built anew with its counters.

fuzz: $(FUZZ:%=fuzz-%)
need-fuzz:
	@sh ci/need.sh build fuzz

FUZZ_FLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all
FUZZ_OBJ = $(LIB_OBJ:$(O)/%=$(O)/fuzz/%)

$(O)/fuzz/%.o: tools/%.c
	$(call say,CLANG)
	@mkdir -p $(@D)
	$(Q)clang $(ALL_CPPFLAGS) $(FUZZ_FLAGS) $(WARN) -MMD -MP -c -o $@ $<

$(O)/fuzz/libseries.a: $(FUZZ_OBJ)
	$(call say,AR)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(O)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.h $(O)/fuzz/libseries.a
	$(call say,CLANG)
	$(Q)clang $(ALL_CPPFLAGS) $(FUZZ_FLAGS) $(WARN) -fsanitize=fuzzer -o $@ $< $(O)/fuzz/libseries.a $(PKG_LIBS)

# What it finds on its way is kept in build/, a crash beside it; the corpus in the tree is only read.
$(FUZZ:%=fuzz-%): fuzz-%: need-fuzz $(O)/fuzz/fuzz_%
	@mkdir -p $(O)/fuzz/corpus/$*
	@$(O)/fuzz/fuzz_$* -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 \
		-print_final_stats=1 -max_len=65536 -artifact_prefix=$(O)/fuzz/crash-$*- \
		$(O)/fuzz/corpus/$* tests/fuzz/corpus/$* >$(O)/fuzz/$*.log 2>&1 || \
		{ tail -n 40 $(O)/fuzz/$*.log; echo 'fuzz-$*: found something'; exit 1; }
	@sed -n 's/^stat::number_of_executed_units: */fuzz-$*: nothing found, runs: /p' $(O)/fuzz/$*.log

# Lint

lint: need-lint lint-house lint-shell lint-format lint-headers lint-compile lint-cppcheck
	@echo 'lint: clean'
need-lint:
	@sh ci/need.sh build test lint

lint-house:
	@sh tests/lint/house.sh

lint-shell:
	@sh tests/lint/shell.sh

C_FILES = $(LIB_SRC) $(CMD_SRC) $(HEADERS) $(wildcard tests/*/*.c tests/*/*.h)

lint-format: $(O)/lint/format
$(O)/lint/format: $(C_FILES) .clang-format
	@mkdir -p $(@D)
	@clang-format --dry-run -Werror $(C_FILES)
	@touch $@

format:
	@sh ci/need.sh lint
	clang-format -i $(C_FILES)

# A header includes what it uses: each compiles alone.
lint-headers: $(HEADERS:tools/%=$(O)/lint/%.ok)
$(O)/lint/%.h.ok: tools/%.h $(HEADERS)
	@mkdir -p $(@D)
	@$(CC) $(ALL_CPPFLAGS) $(WARN) -Werror -fsyntax-only -x c $<
	@touch $@

lint-compile: $(LIB_OBJ:$(O)/%=$(O)/lint/%) $(CMD_OBJ:$(O)/%=$(O)/lint/%) \
	$(UNIT_OBJ:$(O)/%=$(O)/lint/%)
$(O)/lint/%.o: tools/%.c | $(O)/version.h
	@mkdir -p $(@D)
	@$(CC) $(ALL_CPPFLAGS) -O2 $(WARN) -Werror -MMD -MP -c -o $@ $<
$(O)/lint/tests/unit/%.o: tests/unit/%.c
	@mkdir -p $(@D)
	@$(CC) $(ALL_CPPFLAGS) -Itests/unit -O2 $(WARN) -Werror -MMD -MP -c -o $@ $<

lint-cppcheck: $(O)/lint/cppcheck
$(O)/lint/cppcheck: $(LIB_SRC) $(CMD_SRC) $(HEADERS) tests/lint/cppcheck
	@mkdir -p $(O)/lint/cppcheck.d
	@cppcheck -q -j $(JOBS) --cppcheck-build-dir=$(O)/lint/cppcheck.d --std=c11 -Itools \
		--enable=warning,performance,portability --inline-suppr \
		--suppressions-list=tests/lint/cppcheck --error-exitcode=1 $(LIB_SRC) $(CMD_SRC)
	@touch $@

# What others wrote the scripts of

demo:
	@bash ci/demo.sh
bench: all
	@sh ci/need.sh build run bench
	@SERIES=$(abspath $(PROGRAM)) tests/bench/run $(BENCH)
eval: all
	@SERIES=$(abspath $(PROGRAM)) tests/eval/run

install: all
	install -d '$(BINDIR)' '$(MANDIR)' '$(COMPDIR)'
	install -m 755 '$(PROGRAM)' '$(BINDIR)/series'
	install -m 644 docs/series.1 '$(MANDIR)/series.1'
	install -m 644 docs/series.bash '$(COMPDIR)/series'

uninstall:
	rm -f '$(BINDIR)/series' '$(MANDIR)/series.1' '$(COMPDIR)/series'

clean:
	rm -rf $(O)
	rm -f $(PROGRAM)

DEPS = $(LIB_OBJ) $(CMD_OBJ) $(UNIT_OBJ)
-include $(DEPS:.o=.d) $(DEPS:$(O)/%.o=$(O)/lint/%.d) $(FUZZ_OBJ:.o=.d)

.SECONDARY: $(UNIT_OBJ) $(FUZZ_OBJ) $(FUZZ:%=$(O)/fuzz/fuzz_%)
.PHONY: all help check check-build check-unit check-t check-kernel unit need-test need-kernel fuzz need-fuzz \
	$(FUZZ:%=fuzz-%) lint need-lint lint-house lint-shell lint-format lint-headers lint-compile \
	lint-cppcheck format demo bench eval install uninstall clean FORCE
