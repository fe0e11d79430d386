# Makefile - builds the compiler `adc` and its runtime `libadrt.a`, and runs everything that checks them.
#
#   make            build/adc and build/libadrt.a
#   make check      the whole test suite; installs missing tools (NO_INSTALL=1 only says what it would install)
#   make demo       builds, then shows two worked samples
#   make asan       everything rebuilt under AddressSanitizer and UBSan in build/asan, and all tests run with it
#   make bless      rewrites the expected files of the golden cases from what adc says now
#   make samples    builds and runs every folder under samples/
#   make bench      the evals of GradBench timed, beside adjoints written by hand: see tests/README.md
#   make fuzz       random programs, derived, compiled and checked: N=1000 of them from seed FIRST=1 on
#   make fuzz-bytes  libFuzzer on the front end and the IR reader, N=60 seconds each, where there is a clang
#   make install    PREFIX=/usr/local, DESTDIR=
#   make clean
#
# BLAS=openblas (or any name pkg-config or -l knows) builds the runtime's matrix products and triangular solves on
# CBLAS, and its factors on LAPACK, if one is in that library or beside it. V=1 shows the commands, MODE='-O0 -g' is for a debugger. WANT='loop_*' narrows the golden and the run cases: make check-run WANT='loop_*'; also check-unit,
# check-golden.

BUILD  ?= build
PREFIX ?= /usr/local
BLAS   ?=
SAN    ?=
WANT   ?= *
CC     ?= cc
FLEX   ?= flex
BISON  ?= bison
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)
MODE   ?= -O2

V      ?=
Q      := $(if $(V),,@)
say     = @printf '%-6s %s\n' $(1) $(2)

GEN      := $(BUILD)/gen
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
comma    := ,
SANFLAGS := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
CFLAGS_  := -std=c11 $(WARN) $(MODE) $(SANFLAGS) $(CFLAGS)
CPP_     := -D_POSIX_C_SOURCE=200809L -iquote compiler -iquote runtime -iquote $(GEN) -MMD -MP

# --- what there is to build; wildcards, so that a new file needs no line here ------------------

COMPILER_C := $(filter-out compiler/main.c,$(wildcard compiler/*.c))
PARSER     := $(and $(wildcard compiler/parse.y),parse)
SCANNER    := $(and $(wildcard compiler/scan.l),scan)
ADC_O      := $(COMPILER_C:compiler/%.c=$(BUILD)/compiler/%.o) $(BUILD)/gen/standalone_data.o \
              $(PARSER:%=$(GEN)/%.tab.o) $(SCANNER:%=$(GEN)/%.lex.o)
GENERATED  := $(PARSER:%=$(GEN)/%.tab.h) $(SCANNER:%=$(GEN)/%.lex.h)

RUNTIME_C  := $(filter-out runtime/standalone.c,$(wildcard runtime/*.c))
KERNELS    := gemm linalg
RUNTIME_O  := $(RUNTIME_C:runtime/%.c=$(BUILD)/runtime/%.o) $(KERNELS:%=$(BUILD)/gen/%f.o)
TESTS      := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))

all: $(if $(wildcard compiler/main.c),$(BUILD)/adc) $(BUILD)/libadrt.a

# --- the compiler ------------------------------------------------------------------------------

$(BUILD)/adc: $(BUILD)/compiler/main.o $(BUILD)/libadc.a $(BUILD)/libadrt.a
	$(call say,CC,$@)
	$(Q)$(CC) $(CFLAGS_) -o $@ $^ $(LDFLAGS) $(BLAS_L) -lm

# An archive, so that a unit test links only what it uses.
$(BUILD)/libadc.a: $(ADC_O)
	$(Q)rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

$(BUILD)/compiler/%.o: compiler/%.c | $(GENERATED)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPP_) $(CFLAGS_) -c -o $@ $<

$(GEN)/parse.tab.c $(GEN)/parse.tab.h &: compiler/parse.y
	@mkdir -p $(@D)
	$(call say,BISON,$@)
	$(Q)$(BISON) -Wall -Werror -Wcounterexamples --header=$(GEN)/parse.tab.h -o $(GEN)/parse.tab.c $<

$(GEN)/scan.lex.c $(GEN)/scan.lex.h &: compiler/scan.l
	@mkdir -p $(@D)
	$(call say,FLEX,$@)
	$(Q)$(FLEX) --header-file=$(GEN)/scan.lex.h -o $(GEN)/scan.lex.c $<

# What flex and bison write is theirs: their conversions and unused parts are not ours to mend.
$(GEN)/%.o: $(GEN)/%.c | $(GENERATED)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPP_) $(CFLAGS_) -Wno-conversion -Wno-sign-conversion -Wno-sign-compare -Wno-unused-function \
	      -Wno-shadow -Wno-overlength-strings -c -o $@ $<

# --- the runtime -------------------------------------------------------------------------------

# LAPACK is in the BLAS's own library, or in one of its name beside it, or not there.
BLAS_ONLY := $(if $(BLAS),$(shell pkg-config --libs $(BLAS) 2>/dev/null || echo -l$(BLAS)))
LAPACK    := $(if $(BLAS),$(shell sh tests/lapack.sh '$(CC)' $(BLAS_ONLY)))
BLAS_L    := $(BLAS_ONLY) $(filter-out none,$(LAPACK))
BLAS_C     = $(if $(BLAS),-DADRT_CBLAS $(if $(filter none,$(LAPACK)),,-DADRT_LAPACK) $(shell pkg-config --cflags $(BLAS) 2>/dev/null))
# No contraction to fma and no reassociation: the same bits with every compiler and on every machine.
RUNTIME_F = -O3 -ffp-contract=off $(BLAS_C)

# Objects depend on a file that changes when BLAS does.
$(BUILD)/blas.flag: FORCE
	@mkdir -p $(@D)
	@echo '$(BLAS)' | cmp -s - $@ || echo '$(BLAS)' > $@

$(BUILD)/libadrt.a: $(RUNTIME_O)
	$(Q)rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

$(BUILD)/runtime/%.o: runtime/%.c $(BUILD)/blas.flag
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPP_) $(CFLAGS_) $(RUNTIME_F) -c -o $@ $<

# The float kernels are the double ones, word for word.
$(KERNELS:%=$(GEN)/%f.c): $(GEN)/%f.c: runtime/%.c runtime/tofloat.sed
	@mkdir -p $(@D)
	$(Q)sed -f runtime/tofloat.sed $< > $@

$(KERNELS:%=$(GEN)/%f.o): $(GEN)/%f.o: $(GEN)/%f.c $(BUILD)/blas.flag
	$(call say,CC,$@)
	$(Q)$(CC) $(CPP_) $(CFLAGS_) $(RUNTIME_F) -c -o $@ $<

# The runtime's text as a C table in adc: what --standalone pastes (see compiler/snippet.h).
SNIPPETS := $(wildcard runtime/adrt.h runtime/error.c runtime/standalone.c runtime/math.c runtime/arena.c runtime/tape.c) \
            $(KERNELS:%=runtime/%.c) $(KERNELS:%=$(GEN)/%f.c)
$(GEN)/standalone_data.c: runtime/snippets.awk $(SNIPPETS)
	@mkdir -p $(@D)
	$(Q)awk -f runtime/snippets.awk $(SNIPPETS) > $@.tmp
	$(Q)mv $@.tmp $@

# --- tests -------------------------------------------------------------------------------------

CHECK_C = $(shell pkg-config --cflags check)
CHECK_L = $(shell pkg-config --libs check) -lpthread -lm

# What unit tests share (the IR's interpreter): every tests/NAME.c that is neither a test nor the harness of the run cases.
HELP_C := $(filter-out tests/test_%.c tests/harness.c,$(wildcard tests/*.c))
HELP_O := $(HELP_C:tests/%.c=$(BUILD)/tests/%.help.o)

# A test is compiled more often than it is run: what it tests is optimised, it is not.
TESTMODE ?= $(if $(SAN),$(MODE),-O0)

$(BUILD)/tests/%.help.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPP_) $(CFLAGS_) -c -o $@ $<

$(BUILD)/tests/test_%: tests/test_%.c $(HELP_O) $(BUILD)/libadc.a $(BUILD)/libadrt.a
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(CPP_) $(CFLAGS_) $(TESTMODE) $(CHECK_C) -MF $@.d -o $@ $< $(HELP_O) $(BUILD)/libadc.a $(BUILD)/libadrt.a $(LDFLAGS) $(BLAS_L) $(CHECK_L)

tests: $(TESTS)

include tests/bench/bench.mk

# Sets itself up, then runs everything in parallel in a second make (the first may have just installed what it needs).
PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))
BENCHENV = $(foreach v,GRADBENCH_MANUAL GRADBENCH_ENZYME GRADBENCH_TAPENADE ROUNDS SECONDS_EACH PLOT,$(if $($(v)),$(v)='$($(v))'))
CHECKENV = BUILD=$(BUILD) SAN=$(SAN) CC='$(CC)' MAKE='$(MAKE)' JOBS=$(JOBS) WANT='$(WANT)' BLAS_LIBS='$(BLAS_L)' \
           RUNTIME_SOURCES='$(RUNTIME_C) $(KERNELS:%=$(BUILD)/gen/%f.c)'

check: setup
	@$(MAKE) --no-print-directory $(PARALLEL) check-built

check-built: all tests $(CHECK_EVALS)
	@+$(CHECKENV) sh tests/check.sh unit blas cli bad_input memory docs golden run samples openmp bench fuzz
check-blas: all tests
	@+$(CHECKENV) sh tests/check.sh blas
check-unit: all tests
	@+$(CHECKENV) sh tests/check.sh unit
check-cli: all
	@+$(CHECKENV) sh tests/check.sh cli
check-bad_input: all
	@+$(CHECKENV) sh tests/check.sh bad_input
check-memory: all
	@+$(CHECKENV) sh tests/check.sh memory
check-golden: all
	@+$(CHECKENV) sh tests/check.sh golden
check-run: all
	@+$(CHECKENV) sh tests/check.sh run
check-fuzz: all
	@+$(CHECKENV) sh tests/check.sh fuzz
check-samples: all
	@+$(CHECKENV) sh tests/check.sh samples
check-openmp: all
	@+$(CHECKENV) sh tests/check.sh openmp
check-bench: all $(CHECK_EVALS)
	@+$(CHECKENV) sh tests/check.sh bench

asan: setup
	@$(MAKE) --no-print-directory $(PARALLEL) BUILD=$(BUILD)/asan SAN=1 MODE='-O1 -g' check-built

bless: all
	@$(CHECKENV) sh tests/golden.sh bless

setup:
	@sh tests/setup.sh cc flex bison check clang jansson
setup-build:
	@sh tests/setup.sh cc flex bison

# --- samples, demo, the rest -------------------------------------------------------------------

samples: all
	@$(CHECKENV) sh tests/samples.sh

demo: setup-build
	@$(MAKE) --no-print-directory $(PARALLEL) all
	@$(CHECKENV) sh samples/demo.sh

bench: all $(BENCH_EVALS)
	@$(CHECKENV) $(BENCHENV) sh tests/bench/run.sh

fuzz: all
	@$(CHECKENV) LEVELS='O0-clang O2' TURNS='cc1-clang O1 standalone float-clang san-clang ir-clang cc2' BATCH=40 PROGRESS=1 sh tests/fuzz/run.sh

fuzz-bytes: all
	@$(CHECKENV) sh tests/fuzz/bytes.sh $(or $(N),60)

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/include
	install -m 755 $(BUILD)/adc $(DESTDIR)$(PREFIX)/bin/adc
	install -m 644 $(BUILD)/libadrt.a $(DESTDIR)$(PREFIX)/lib/libadrt.a
	install -m 644 runtime/adrt.h $(DESTDIR)$(PREFIX)/include/adrt.h

clean:
	rm -rf $(BUILD)

FORCE:
.PHONY: all tests check check-built check-blas check-unit check-cli check-bad_input check-memory check-golden check-run check-fuzz check-samples check-openmp check-bench asan bless setup setup-build samples demo \
        bench fuzz fuzz-bytes install clean FORCE
.DELETE_ON_ERROR:
# By name: with all targets secondary, an object would not be made again where a header of its list is gone.
.SECONDARY: $(HELP_O) $(ADC_O) $(RUNTIME_O) $(GENERATED) $(PARSER:%=$(GEN)/%.tab.c) $(SCANNER:%=$(GEN)/%.lex.c) $(KERNELS:%=$(GEN)/%f.c)

-include $(wildcard $(BUILD)/*/*.d)
