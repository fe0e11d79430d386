# run.mk - what depends on what among the run cases; run.sh has the steps. Called by run.sh with OUT and CASES.
CONFIGS := $(shell sh tests/run.sh configs)

all: $(shell cat $(OUT)/targets)

# The stamp says that adc has run; its output is older where nothing changed in it, and then nothing is compiled.
define rules
$(OUT)/$(1)/%.stamp: $(CASES)/%.ad $(BUILD)/adc tests/run.sh
	@sh tests/run.sh adc $(1) $$*
$(OUT)/$(1)/%.ad.c: $(OUT)/$(1)/%.stamp
	@:
$(OUT)/$(1)/%.o: $(OUT)/$(1)/%.ad.c tests/run.sh tests/harness.h runtime/adrt.h
	@sh tests/run.sh cc $(1) $$*
endef
$(foreach c,$(CONFIGS),$(eval $(call rules,$(c))))

# A driver is a dependency where there is one.
$(foreach d,$(wildcard $(CASES)/*.c),$(foreach c,$(CONFIGS),$(eval $(OUT)/$(c)/$(notdir $(d:.c=.o)): $(d))))

.SECONDARY:
.PHONY: all
