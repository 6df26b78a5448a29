# UAV relay gateway. `make help` lists what can be made.

CC ?= gcc
ifeq ($(origin CC),default)
CC = gcc
endif
SAN ?=
comma := ,
# Everything built goes to $(B); a sanitizer or another compiler has its own.
B ?= build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))$(if $(findstring clang,$(CC)),/clang)

PYTHON ?= /usr/bin/python3
OPT ?= -O2
CPPFLAGS += -Igateway -I$(B)/gen -I$(B)/gen/nanopb -Isim-stub -Itests -D_GNU_SOURCE
# No contraction of floating-point expressions: a simulator's results are the same to
# the last bit with every compiler and level.
FLAGS = $(OPT) -g -fno-omit-frame-pointer -ffp-contract=off -pthread
CFLAGS += -std=c11 $(FLAGS)
# C++ is for what ns-3 needs alone, and its compiler comes with that of C.
ifeq ($(origin CXX),default)
CXX = $(subst gcc,g++,$(subst clang,clang++,$(CC)))
endif
CXXFLAGS += -std=c++20 $(FLAGS)
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
LDFLAGS += -pthread
ifneq ($(SAN),)
FLAGS += -fsanitize=$(SAN) -fno-sanitize-recover=all
LDFLAGS += -fsanitize=$(SAN)
endif

# `make V=1` shows the commands.
ifeq ($(V),)
Q := @
say = @echo "  $(1) $@"
endif

PROGRAMS := $(B)/uav-gateway $(B)/sim-stub $(B)/uav-drone

# The simulator of the demo and of the tests: stub is sim-stub, ns3 is ns3-sim, which needs what
# `deploy/install-deps.sh --ns3` installs. Where that is here, `make check` looks at ns3-sim too.
SIM ?= stub
ifeq ($(filter $(SIM),stub ns3),)
$(error SIM is $(SIM); known: stub, ns3)
endif
NS3_HERE = $(wildcard $(addsuffix /ns3/propagation-loss-model.h,/usr/include $(NS3_INCLUDE)))
NS3_SIM = $(if $(or $(filter ns3,$(SIM)),$(and $(NS3_HERE),$(shell command -v $(CXX)))),$(B)/ns3-sim)

.PHONY: all
all: $(PROGRAMS)

include deploy/install.mk

# ----------------------------------------------------------------- generated

GEN_C := $(B)/gen/drone.pb-c.c $(B)/gen/channel.pb-c.c
GEN_H := $(GEN_C:.c=.h)
GEN_PY := $(B)/gen/drone_pb2.py $(B)/gen/channel_pb2.py
# nothing that was made on the way is removed
.SECONDARY:

$(B)/gen/%.pb-c.c $(B)/gen/%.pb-c.h &: proto/%.proto
	@mkdir -p $(B)/gen
	$(call say,PROTOC)
	$(Q)protoc -Iproto --c_out=$(B)/gen $<

$(B)/gen/%_pb2.py: proto/%.proto
	@mkdir -p $(B)/gen
	$(call say,PROTOC)
	$(Q)protoc -Iproto --python_out=$(B)/gen $<

# The generator runs under the system's Python: another protobuf in PYTHONPATH may not read what
# Debian's protoc writes.
NANOPB_GENERATOR ?= $(or $(shell command -v nanopb_generator.py nanopb_generator | head -n 1),nanopb_generator.py)
NANOPB_H := $(B)/gen/nanopb/drone.pb.h
$(B)/gen/nanopb/%.pb.c $(B)/gen/nanopb/%.pb.h &: proto/%.proto proto/%.options
	@mkdir -p $(@D)
	$(call say,NANOPB)
	$(Q)env -u PYTHONPATH $(NANOPB_GENERATOR) -q -I proto -D $(@D) $<

# ------------------------------------------------------------------- layers

# One archive a layer; later ones may use earlier ones.
LAYERS := base core settings access wire front net client app
src = $(sort $(wildcard $(1)/*.c))
obj = $(patsubst %.c,$(B)/obj/%.o,$(1))

define layer
$(B)/lib$(1).a: $(call obj,$(call src,gateway/$(1)))
endef
$(foreach l,$(filter-out wire,$(LAYERS)),$(eval $(call layer,$(l))))
$(B)/libwire.a: $(call obj,$(call src,gateway/wire)) $(patsubst %.c,%.o,$(GEN_C))
# the stub's parts, without its main, for tests
SIM_SRC := $(foreach d,sim-stub sim-stub/models sim-stub/conformance sim-stub/fit sim-stub/plot sim-stub/faults,$(call src,$(d)))
$(B)/libsim.a: $(call obj,$(filter-out sim-stub/main.c,$(SIM_SRC)))

# the command line's parts, without its main, for tests
$(B)/libcli.a: $(call obj,$(filter-out gateway/cli/main.c,$(call src,gateway/cli)))

# the client for firmware; a program with it needs -lprotobuf-nanopb
NANOPB_OBJ := $(call obj,$(call src,gateway/client/nanopb))
NANOPB_DRONE_OBJ := $(call obj,$(call src,gateway/client/nanopb/posix))
$(B)/libnanopb_client.a: $(NANOPB_OBJ) $(B)/gen/nanopb/drone.pb.o
$(NANOPB_OBJ) $(NANOPB_DRONE_OBJ) $(patsubst %,$(B)/obj/tests/%.o,unit/test_uav_client fuzz/fuzz_firmware): | $(NANOPB_H)

$(B)/lib%.a:
	@mkdir -p $(@D)
	$(call say,AR    )
	$(Q)rm -f $@ && ar rcs $@ $^

LIB = $(patsubst %,$(B)/lib%.a,$(1))
LDLIBS := -luv -lprotobuf-c -linih -lssl -lcrypto -lm

$(B)/uav-gateway: $(call obj,gateway/main.c) $(call LIB,app net front access settings wire core base)
$(B)/sim-stub: $(call obj,sim-stub/main.c) $(call LIB,sim wire core base)
$(B)/uav-drone: $(call obj,gateway/cli/main.c) $(call LIB,cli client wire core base)

# sim-stub with other models: they are found before those of the library. LDLIBS has none of
# ns-3's, which is needed for this program alone.
NS3_OBJ := $(call obj,$(call src,sim-stub/ns3)) $(patsubst %.cc,$(B)/obj/%.o,$(sort $(wildcard sim-stub/ns3/*.cc)))
# Headers and libraries of an ns-3 that is not the system's.
NS3_INCLUDE ?=
NS3_LIBS ?= -lns3-propagation -lns3-mobility -lns3-core
.PHONY: ns3-sim
ns3-sim:
	@deploy/install-deps.sh --ns3
	@$(MAKE) --no-print-directory -j2 $(B)/ns3-sim
$(B)/ns3-sim: $(call obj,sim-stub/main.c) $(NS3_OBJ) $(call LIB,sim wire core base)
	$(call say,LINK  )
	@mkdir -p $(@D)
	$(Q)$(CXX) $(LDFLAGS) -o $@ $^ $(NS3_LIBS) $(LDLIBS)
$(B)/nanopb-drone: $(NANOPB_DRONE_OBJ) $(call LIB,nanopb_client)
$(B)/nanopb-drone: LDLIBS := -lprotobuf-nanopb -lcrypto
$(PROGRAMS) $(B)/nanopb-drone:
	$(call say,LINK  )
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/uav-gateway: LDLIBS += -lsystemd
$(B)/uav-drone: LDLIBS += -ljansson -ledit

$(B)/gen/%.o: $(B)/gen/%.c
	$(call say,CC    )
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/obj/%.o: %.c | $(GEN_H)
	@mkdir -p $(@D)
	$(call say,CC    )
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) -MMD -MP -c -o $@ $<

$(B)/obj/%.o: %.cc
	@mkdir -p $(@D)
	$(call say,CXX   )
	$(Q)$(CXX) $(CPPFLAGS) $(addprefix -isystem ,$(NS3_INCLUDE)) $(CXXFLAGS) $(WARN) -MMD -MP -c -o $@ $<

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# -------------------------------------------------------------------- tests

# One program for each tests/unit/test_*.c; tests/lib/*.c is linked to all.
UNIT := $(patsubst %.c,$(B)/%,$(call src,tests/unit))
FLOW := $(B)/tests/flow/flow
FUZZERS := $(notdir $(patsubst %.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
REPLAYS := $(patsubst fuzz_%,$(B)/tests/fuzz/replay_%,$(FUZZERS))
TEST_LIB := $(call obj,$(call src,tests/lib))
ALL_LIBS := $(call LIB,app net front access settings cli client sim wire core base)

$(UNIT): $(B)/tests/unit/%: $(B)/obj/tests/unit/%.o $(TEST_LIB) $(ALL_LIBS)
	$(call say,LINK  )
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka -ljansson -ledit -lsystemd $(LDLIBS)
$(B)/tests/unit/test_uav_client: $(call LIB,nanopb_client)
$(B)/tests/unit/test_uav_client: LDLIBS += -lprotobuf-nanopb
# what the load and the simulator say to brokers
$(B)/tests/unit/test_bench_dialects: $(patsubst %,$(B)/obj/tests/bench/dialect_%.o,broker nats redis mqtt)
$(FLOW): $(call obj,$(call src,tests/flow)) $(TEST_LIB) $(call LIB,core base)
	$(call say,LINK  )
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/tests/fuzz/replay_%: $(B)/obj/tests/fuzz/fuzz_%.o $(B)/obj/tests/fuzz/replay.o $(TEST_LIB) $(ALL_LIBS)
	$(call say,LINK  )
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(B)/tests/fuzz/fuzz_firmware $(B)/tests/fuzz/replay_firmware: $(call LIB,nanopb_client)
$(B)/tests/fuzz/fuzz_firmware $(B)/tests/fuzz/replay_firmware: LDLIBS += -lprotobuf-nanopb
# The load and the simulator speak all dialects; the limit none but its own.
BENCH := $(B)/tests/bench/load $(B)/tests/bench/simulator $(B)/tests/bench/limit_relay \
	$(B)/tests/bench/timing
bench_obj = $(patsubst %,$(B)/obj/tests/bench/%.o,$(1))
BENCH_DIALECTS := $(call obj,$(sort $(wildcard tests/bench/dialect*.c))) $(call bench_obj,limit_frame)
BENCH_LOAD := $(call obj,$(sort $(wildcard tests/bench/load*.c))) $(call bench_obj,histogram watch endpoint)
$(B)/tests/bench/load: $(BENCH_LOAD) $(BENCH_DIALECTS) $(call LIB,wire core base)
$(B)/tests/bench/simulator: $(call bench_obj,simulator endpoint) $(BENCH_DIALECTS) $(call LIB,wire core base)
$(B)/tests/bench/timing: $(call bench_obj,timing timing_drones histogram endpoint) $(BENCH_DIALECTS) $(call LIB,wire core base)
$(B)/tests/bench/limit_relay: $(call bench_obj,limit_relay limit_connection endpoint limit_frame) $(call LIB,base)
$(BENCH):
	$(call say,LINK  )
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
# a unit test of a part of the load
$(B)/tests/unit/test_histogram: $(call bench_obj,histogram)

$(B)/tests/bench/%: $(B)/obj/tests/bench/%.o $(call LIB,front wire core base)
	$(call say,LINK  )
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# written,FOLDER: what has changed in what stands there and was made anew, or that nothing has.
written = @git diff --quiet -- $1 && echo "$1: all is as before" || git --no-pager diff --stat -- $1

# What sim-stub's models are held to (tests/reference); ns-3's table needs what
# `deploy/install-deps.sh --ns3` installs.
$(B)/tests/reference/ns3_table: tests/reference/ns3_table.cc
	$(call say,LINK  )
	@mkdir -p $(@D)
	$(Q)$(CXX) -std=c++17 -O1 $(WARN) $(addprefix -isystem ,$(NS3_INCLUDE)) -o $@ $< $(NS3_LIBS)
.PHONY: reference-table
reference-table:
	@deploy/install-deps.sh --ns3
	@$(MAKE) --no-print-directory $(B)/tests/reference/ns3_table
	@$(B)/tests/reference/ns3_table >$(B)/tests/reference/ns3.csv
	@$(PYTHON) tests/reference/formulas.py >$(B)/tests/reference/formulas.csv
	@mv $(B)/tests/reference/ns3.csv $(B)/tests/reference/formulas.csv tests/reference/
	$(call written,tests/reference)

# Preloaded by tests that count calls or make the machine fail; never with a sanitizer in them.
PRELOADS := $(patsubst tests/lib/preload/%.c,$(B)/tests/%.so,$(call src,tests/lib/preload))
$(PRELOADS): $(B)/tests/%.so: tests/lib/preload/%.c
	$(call say,LINK  )
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(filter-out -fsanitize% -fno-sanitize%,$(CFLAGS)) $(WARN) -fPIC -shared -o $@ $<

# Hostile input is always played against programs with sanitizers in them: those of this build, or
# else others beside it.
HARDENED := $(if $(and $(findstring address,$(SAN)),$(findstring undefined,$(SAN))),$(B),$(B)/asan)
.PHONY: asan-gateway
asan-gateway:
ifneq ($(HARDENED),$(B))
	@$(MAKE) --no-print-directory B=$(HARDENED) SAN=address,undefined OPT=-O1 \
		$(HARDENED)/uav-gateway $(HARDENED)/sim-stub $(HARDENED)/nanopb-drone
endif

# What the client for firmware takes of a Cortex-M. NANOPB= names the folder of nanopb's sources.
NANOPB ?=
.PHONY: firmware-size
firmware-size: $(NANOPB_H)
	@$(PYTHON) gateway/client/nanopb/size/measure.py $(B)/firmware $(B)/gen/nanopb $(NANOPB)

# Flow runs are many; a sanitizer makes each some ten times slower.
FLOW_RUNS ?= $(if $(SAN),1000,10000)
SCRIPTS = $(sort $(wildcard tests/integration/test_*.py tests/interop/test_*.py tests/tours/test_*.py))

# For `make check`: first what is missing, then everything else with it there.
.PHONY: check check-all deps
check: deps
	@$(MAKE) --no-print-directory -j2 check-all

check-all: all layers $(NS3_SIM) $(B)/nanopb-drone $(GEN_PY) $(UNIT) $(FLOW) $(REPLAYS) $(PRELOADS) $(BENCH) asan-gateway
	@B=$(B) SIM=$(SIM) $(PYTHON) tests/lib/run_tests.py \
		$(UNIT) \
		$(foreach r,$(REPLAYS),"$(r) tests/fuzz/corpus/$(patsubst replay_%,%,$(notdir $(r)))") \
		"$(FLOW) --runs $(FLOW_RUNS)" \
		$(foreach t,$(SCRIPTS),"$(PYTHON) $(t)")

deps:
	@deploy/install-deps.sh $(if $(filter ns3,$(SIM)),--ns3)
.PHONY: dev-deps
dev-deps:
	@deploy/install-deps.sh --dev

.PHONY: demo
demo: deps
	@$(MAKE) --no-print-directory -j2 all $(GEN_PY) $(if $(filter ns3,$(SIM)),$(NS3_SIM))
	@B=$(B) SIM=$(SIM) $(PYTHON) tests/demo/demo.py

.PHONY: lint layers
layers:
	@$(PYTHON) tests/lib/check_layers.py

# nanopb_frames.c needs headers that its test generates.
C_FILES = $(shell git ls-files '*.c' '*.h' ':!tests/interop')
# C++ that needs the headers of ns-3 is looked through where they are.
CC_FILES = $(shell git ls-files '*.cc')
# Whatever begins with #! and a shell, and the completion, which is read by one.
SHELL_FILES = $(shell git grep -lE '^\#!.*(ba)?sh$$' -- ':!*.md' ':!*.py') deploy/completion/uav-gateway
lint: dev-deps layers $(GEN_H) $(NANOPB_H)
	@clang-format --dry-run -Werror $(C_FILES) $(CC_FILES)
	@cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,portability \
		--suppress=missingInclude --suppress=unusedStructMember --suppress=ctunullpointer -Igateway -Isim-stub -Itests \
		$(filter %.c,$(C_FILES))
	@printf '%s\n' $(filter-out tests/%,$(filter %.c,$(C_FILES))) | xargs -P2 -n4 sh -c \
		'clang-tidy --quiet --warnings-as-errors="*" "$$@" -- $(CPPFLAGS) -std=c11 2>/dev/null' -
	@printf '%s\n' $(filter tests/%,$(filter %.c,$(C_FILES))) | xargs -P2 -n4 sh -c \
		'clang-tidy --quiet --warnings-as-errors="*" "$$@" \
		--checks=-clang-analyzer-core.NonNullParamChecker -- $(CPPFLAGS) -std=c11 2>/dev/null' -
	@$(if $(NS3_HERE),clang-tidy --quiet --warnings-as-errors="*" $(CC_FILES) -- $(CPPFLAGS) -std=c++20 2>/dev/null)
	@$(PYTHON) -m compileall -q tests
	@shellcheck $(SHELL_FILES)
	@echo "lint: clean"

# Each fuzzer for FUZZ_RUNS executions, instrumented throughout, on from its corpus. One that
# reads text has a dictionary, and is given short pieces of it.
FUZZ_RUNS ?= 1000000
FUZZ_SAN := fuzzer-no-link,address,undefined
.PHONY: fuzz fuzz-all
fuzz: dev-deps
	@$(MAKE) --no-print-directory -j2 B=build/fuzz CC=clang SAN=$(FUZZ_SAN) fuzz-all
fuzz-all: $(patsubst %,$(B)/tests/fuzz/%,$(FUZZERS))
	@set -e; for f in $(FUZZERS); do \
		echo "== $$f: $(FUZZ_RUNS) executions"; \
		mkdir -p $(B)/corpus/$$f; \
		words=tests/fuzz/$${f#fuzz_}.dict; \
		if [ -f $$words ]; then words="-dict=$$words -max_len=1024"; else words=; fi; \
		$(B)/tests/fuzz/$$f -runs=$(FUZZ_RUNS) -timeout=10 -print_final_stats=1 $$words \
			-artifact_prefix=$(B)/$$f- $(B)/corpus/$$f tests/fuzz/corpus/$${f#fuzz_} \
			>$(B)/$$f.log 2>&1 || { tail -n 40 $(B)/$$f.log; exit 1; }; \
		grep stat::number_of_executed_units $(B)/$$f.log; \
	done
$(B)/tests/fuzz/fuzz_%: $(B)/obj/tests/fuzz/fuzz_%.o $(TEST_LIB) $(ALL_LIBS)
	$(call say,LINK  )
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

# ARGS="--rows sparse,idle" chooses; ARGS=--quick only sees whether it works.
ARGS ?=
.PHONY: bench bench-all bench-peers bench-plot bench-timing
bench: deps
	@$(MAKE) --no-print-directory -j2 bench-all
	@B=$(B) $(PYTHON) tests/bench/bench.py --parts $(ARGS)
bench-all: $(B)/tests/bench/codec_cost $(B)/tests/bench/relay_cost $(BENCH) all $(GEN_PY)
bench-peers: deps
	@$(MAKE) --no-print-directory -j2 bench-all
	@B=$(B) $(PYTHON) tests/bench/bench.py --peers --install $(ARGS)
bench-timing: deps
	@$(MAKE) --no-print-directory -j2 all $(B)/tests/bench/timing $(B)/tests/bench/simulator
	@B=$(B) $(PYTHON) tests/bench/timing.py $(ARGS)
bench-plot:
	@B=$(B) $(PYTHON) tests/bench/plot.py $(ARGS)

# What sim-stub/README.md shows of the models, but the one that has nothing to show.
MODELS = $(filter-out ideal,$(shell sed -n 's/.*{\.name = "\([a-z0-9-]*\)".*/\1/p' sim-stub/models/model.c))
.PHONY: plots
plots: $(B)/sim-stub
	@mkdir -p sim-stub/plots
	@set -e; for model in $(MODELS); do $< --plot $$model -o sim-stub/plots/$$model.svg; done
	$(call written,sim-stub/plots)

# The core for 100,000 runs, then the real gateway for TIME seconds among drones that come and
# go, and faults. ARGS="--drones 500 --seed 7"; --help tells more.
TIME ?= 600
.PHONY: soak soak-all
soak: deps
	@$(MAKE) --no-print-directory -j2 soak-all
	@B=$(B) $(PYTHON) tests/soak/soak.py --seconds $(TIME) $(ARGS)
soak-all: all $(FLOW) $(GEN_PY)

# What the simulator answers in a flight of twenty drones, written anew; what has changed is shown.
.PHONY: golden
golden: $(B)/tests/unit/test_sim_golden
	@$< --write
	$(call written,tests/golden)

# The same tests under valgrind, the long ones shortened.
VALGRIND := valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite
.PHONY: check-valgrind
check-valgrind: dev-deps $(UNIT) $(FLOW)
	@B=$(B) $(PYTHON) tests/lib/run_tests.py $(foreach t,$(UNIT),"$(VALGRIND) $(t)") \
		"$(VALGRIND) $(FLOW) --runs 20 --no-quota"

.PHONY: clean help
clean:
	rm -rf build

help:
	@echo "make                 the programs: build/uav-gateway build/sim-stub build/uav-drone"
	@echo "make ns3-sim         build/ns3-sim, a simulator on ns-3's propagation classes"
	@echo "make demo            a mission from registration to a simulator's restart, in under 30 s"
	@echo "make check           all tests; SAN=address,undefined or CC=clang for other builds"
	@echo "make check-valgrind  unit and flow tests under valgrind"
	@echo "make golden          writes tests/golden anew, and says what has changed"
	@echo "make lint            format, cppcheck, clang-tidy, shellcheck"
	@echo "make layers          includes point one way"
	@echo "make fuzz            each fuzzer for FUZZ_RUNS executions (default 1000000)"
	@echo "make bench           the gateway beside the fastest relay that there can be; cost of the codecs"
	@echo "make bench-peers     the same beside NATS, Redis and Mosquitto"
	@echo "make bench-timing    how late messages are handed over with delay = real, at 1/s to full load"
	@echo "make bench-plot      draws what make bench found (tests/bench/*.svg)"
	@echo "make plots           draws the models that sim-stub has (sim-stub/plots/*.svg)"
	@echo "make firmware-size   flash, RAM and stack of the client for firmware on Cortex-M"
	@echo "make reference-table  path losses of ns-3 and of the standards' texts, which models are held to"
	@echo "make soak            thousands of drones come and go with faults for TIME seconds (default 600)"
	@echo "make deps            installs what is missing (Debian, Ubuntu)"
	@echo "make install         to PREFIX (/usr/local), below DESTDIR; never over a configuration; make uninstall"
	@echo "make clean           removes build/"
	@echo
	@echo "variables: B= build folder, CC= gcc or clang, SAN= sanitizers, OPT= optimisation,"
	@echo "           SIM=ns3 demo and check with ns3-sim in place of sim-stub"
