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
PKGS := libuv libprotobuf-c inih
OPT ?= -O2
CPPFLAGS += -Igateway -I$(B)/gen -Isim-stub -D_GNU_SOURCE
CFLAGS += -std=c11 $(OPT) -g -fno-omit-frame-pointer -pthread
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
LDFLAGS += -pthread
ifneq ($(SAN),)
CFLAGS += -fsanitize=$(SAN) -fno-sanitize-recover=all
LDFLAGS += -fsanitize=$(SAN)
endif

PROGRAMS := $(B)/uav-gateway $(B)/sim-stub $(B)/uav-drone

.PHONY: all
all: $(PROGRAMS)

# ----------------------------------------------------------------- generated

GEN_C := $(B)/gen/drone.pb-c.c $(B)/gen/channel.pb-c.c
GEN_H := $(GEN_C:.c=.h)
GEN_PY := $(B)/gen/drone_pb2.py $(B)/gen/channel_pb2.py
.SECONDARY: $(GEN_C) $(GEN_H)

$(B)/gen/%.pb-c.c $(B)/gen/%.pb-c.h &: proto/%.proto
	@mkdir -p $(B)/gen
	protoc -Iproto --c_out=$(B)/gen $<

$(B)/gen/%_pb2.py: proto/%.proto
	@mkdir -p $(B)/gen
	protoc -Iproto --python_out=$(B)/gen $<

# ------------------------------------------------------------------- layers

# One archive a layer; later ones may use earlier ones.
LAYERS := base core settings wire front net client
src = $(sort $(wildcard $(1)/*.c))
obj = $(patsubst %.c,$(B)/%.o,$(1))

define layer
$(B)/lib$(1).a: $(call obj,$(call src,gateway/$(1)))
endef
$(foreach l,$(filter-out wire,$(LAYERS)),$(eval $(call layer,$(l))))
$(B)/libwire.a: $(call obj,$(call src,gateway/wire)) $(patsubst %.c,%.o,$(GEN_C))
# the stub's parts, without its main, for tests
SIM_SRC := $(call src,sim-stub) $(call src,sim-stub/models)
$(B)/libsim.a: $(call obj,$(filter-out sim-stub/main.c,$(SIM_SRC)))

$(B)/lib%.a:
	@mkdir -p $(@D)
	rm -f $@ && ar rcs $@ $^

LIB = $(patsubst %,$(B)/lib%.a,$(1))
LDLIBS := -luv -lprotobuf-c -linih -lm

$(B)/uav-gateway: $(call obj,gateway/main.c $(call src,gateway/app)) \
		$(call LIB,net front settings wire core base)
$(B)/sim-stub: $(call obj,sim-stub/main.c) $(call LIB,sim wire core base)
$(B)/uav-drone: $(call obj,$(call src,gateway/cli)) $(call LIB,client wire core base)
$(PROGRAMS):
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/gen/%.o: $(B)/gen/%.c
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/%.o: %.c | $(GEN_H)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) -MMD -MP -c -o $@ $<

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# -------------------------------------------------------------------- tests

# One program for each tests/unit/test_*.c; tests/lib/*.c is linked to all.
UNIT := $(patsubst %.c,$(B)/%,$(call src,tests/unit))
TEST_LIB := $(call obj,$(call src,tests/lib))
ALL_LIBS := $(call LIB,net front settings client sim wire core base)
$(UNIT): $(B)/tests/unit/%: $(B)/tests/unit/%.o $(TEST_LIB) $(ALL_LIBS)
	$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

.PHONY: clean
clean:
	rm -rf build
