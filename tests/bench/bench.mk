# bench.mk - builds the programs of tests/bench: from each gradbench/EVAL.ad and its driver EVAL.c one program, three times.
#
#   $(BUILD)/gradbench/EVAL          with CC, flags of the timings; also `generate`, which writes inputs
#   $(BUILD)/gradbench/clang/EVAL    likewise with clang, if there is one
#   $(BUILD)/gradbench/check/EVAL    for `make check`: quick to compile, with all warnings
# Where there is no libjansson there is nothing to build. BENCH_FLAGS are the C compilers' flags for the timings, BENCH_ADC adc's.
EVAL_DIR    := tests/bench/gradbench
EVAL_OUT    := $(BUILD)/gradbench
BENCH_FLAGS ?= -O3 -march=native
BENCH_ADC   ?= -O2
JANSSON     := $(shell pkg-config --exists jansson 2>/dev/null && echo yes)
EVALS       := $(if $(JANSSON),$(patsubst $(EVAL_DIR)/%.ad,%,$(wildcard $(EVAL_DIR)/*.ad)))
CLANG       := $(if $(shell command -v clang 2>/dev/null),clang)
HAND        := $(wildcard tests/bench/hand/*.c)
HANDMADE    := $(HAND:tests/bench/hand/%.c=%)

CHECK_EVALS := $(EVALS:%=$(EVAL_OUT)/check/%) $(if $(EVALS),$(EVAL_OUT)/generate)
BENCH_EVALS := $(EVALS:%=$(EVAL_OUT)/%) $(if $(EVALS),$(EVAL_OUT)/generate) $(if $(CLANG),$(EVALS:%=$(EVAL_OUT)/clang/%))

# Changes when the flags do.
$(EVAL_OUT)/flags: FORCE
	@mkdir -p $(EVAL_OUT)/clang $(EVAL_OUT)/check $(EVAL_OUT)/ad
	@echo '$(BENCH_FLAGS) $(BENCH_ADC)' | cmp -s - $@ || echo '$(BENCH_FLAGS) $(BENCH_ADC)' > $@

# adc leaves its output as it is where nothing changed, so the stamp says that it has run.
$(EVAL_OUT)/ad/%.stamp: $(EVAL_DIR)/%.ad $(BUILD)/adc $(EVAL_OUT)/flags
	$(call say,ADC,$(<F))
	$(Q)cd $(EVAL_DIR) && $(abspath $(BUILD)/adc) $(BENCH_ADC) -o $(abspath $(EVAL_OUT))/ad/$*.ad.c -H $(abspath $(EVAL_OUT))/ad/$*.ad.h $*.ad
	@touch $@
$(EVAL_OUT)/ad/%.ad.c: $(EVAL_OUT)/ad/%.stamp
	@:

# build DIRECTORY COMPILER FLAGS: what adc wrote, the driver, what they share, and the adjoint by hand if there is one
define build
$$(EVAL_OUT)/$(1)%: $$(EVAL_DIR)/%.c $$(EVAL_OUT)/ad/%.ad.c $$(EVAL_OUT)/$(1)protocol.o $$(HAND) $$(BUILD)/libadrt.a
	$$(call say,CC,$$@)
	$$(Q)$(2) $(3) -I$$(EVAL_OUT)/ad -Iruntime -o $$@ $$< $$(EVAL_OUT)/ad/$$*.ad.c $$(EVAL_OUT)/$(1)protocol.o \
	      $$(if $$(filter $$*,$$(HANDMADE)),tests/bench/hand/$$*.c) $$(BUILD)/libadrt.a -ljansson $$(BLAS_L) -lm
$$(EVAL_OUT)/$(1)protocol.o: $$(EVAL_DIR)/protocol.c $$(EVAL_DIR)/protocol.h $$(EVAL_OUT)/flags
	$$(Q)$(2) $(3) -D_GNU_SOURCE -c -o $$@ $$<
endef
$(EVAL_OUT)/generate: $(EVAL_DIR)/generate.c $(EVAL_OUT)/flags
	$(call say,CC,$@)
	$(Q)$(CC) -std=c11 -O1 $(WARN) -o $@ $<
$(eval $(call build,check/,$(CC),-std=c11 -O0 $(WARN) $(SANFLAGS)))
$(eval $(call build,clang/,clang,$(BENCH_FLAGS)))
$(eval $(call build,,$(CC),$(BENCH_FLAGS)))

# Else make deletes them behind what they were made for.
.SECONDARY: $(EVALS:%=$(EVAL_OUT)/ad/%.stamp) $(EVALS:%=$(EVAL_OUT)/ad/%.ad.c)
