# What `make install` puts where, and `make uninstall` takes away again. DESTDIR goes in front of all
# of it, for packages. Included by the Makefile.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/uav-gateway
# for developers: protoc -I$(PREFIX)/share/uav-gateway/proto
PROTODIR ?= $(PREFIX)/share/uav-gateway/proto
# sources, for a firmware to take in
NANOPBDIR ?= $(PREFIX)/share/uav-gateway/nanopb
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
# systemd looks below /usr and /usr/local; for any other PREFIX say where.
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
CONFDIR := $(SYSCONFDIR)/uav-gateway

MANUALS := $(addprefix $(B)/man/,uav-gateway.1 uav-drone.1 sim-stub.1 uav-lab.1 gateway.ini.5)
UNITS := uav-gateway.service uav-gateway.socket uav-sim-stub.service
PROTOS := $(wildcard proto/*.proto proto/*.options)
NANOPB_CLIENT := $(wildcard gateway/client/nanopb/uav_client*)
# All pages, and what they lead to, in their folders: each of their links leads somewhere.
DOCS := README.md $(wildcard $(addsuffix /*.md,config config/faults deploy proto gateway gateway/cli gateway/client \
	gateway/client/nanopb sim-stub sim-stub/ns3 tests tests/bench tests/reference) gateway/*.svg sim-stub/plots/*.svg \
	tests/bench/*.svg)
LINKED := proto/drone.proto proto/channel.proto $(wildcard deploy/uav-*) gateway/cli/stream.c gateway/core/message.h \
	$(addprefix sim-stub/,identity.c models/link.c models/model.c) \
	gateway/wire/hot_codec.h gateway/client/nanopb/uav_client.h gateway/client/nanopb/posix/drone.c \
	$(addprefix tests/interop/,nanopb_frames.c python_drone.py python_simulator.py readme_drone.py readme_proof.py)
SCENARIOS := $(wildcard config/scenarios/*.ini)
EXAMPLES := $(wildcard config/*.ini config/faults/*.faults) $(SCENARIOS) deploy/sim-stub.ini

# Pages of what the programs themselves print: they have the options and keys that there are.
MAN_MAKERS := $(addprefix deploy/man/,page.sh help.awk escape.awk)
$(B)/man/%.1: $(B)/% deploy/man/%.1.in $(MAN_MAKERS)
	@mkdir -p $(@D)
	$(call say,MAN   )
	$(Q)deploy/man/page.sh $< deploy/man/$*.1.in >$@.part && mv $@.part $@
$(B)/man/uav-lab.1: deploy/uav-lab deploy/man/uav-lab.1.in $(MAN_MAKERS)
	@mkdir -p $(@D)
	$(call say,MAN   )
	$(Q)deploy/man/page.sh $< deploy/man/uav-lab.1.in >$@.part && mv $@.part $@
$(B)/man/gateway.ini.5: $(B)/uav-gateway deploy/man/gateway.ini.5.in deploy/man/keys.awk deploy/man/escape.awk
	@mkdir -p $(@D)
	$(call say,MAN   )
	$(Q)$< --print-reference | awk -v page=deploy/man/gateway.ini.5.in -f deploy/man/escape.awk \
		-f deploy/man/keys.awk >$@.part && mv $@.part $@
all: $(MANUALS)

# They stand in units and scripts as they are.
PLACES := PREFIX SYSCONFDIR BINDIR MANDIR DOCDIR PROTODIR NANOPBDIR COMPLETIONDIR UNITDIR SYSUSERSDIR
define check_place
case "$($(1))" in *[!A-Za-z0-9/._+-]*) bad=yes ;; /*) ;; *) bad=yes ;; esac; \
	[ -z "$$bad" ] || { echo "$(1)=$($(1)): must be an absolute path of letters, digits, / . _ + -" >&2; exit 2; };
endef
.PHONY: places
places:
	@bad=; $(foreach place,$(PLACES),$(call check_place,$(place)))

put = install -m $(1) -D -t "$(DESTDIR)$(2)" $(3)
unit = sed -e 's|@BINDIR@|$(BINDIR)|g' -e 's|@CONFDIR@|$(CONFDIR)|g' deploy/$(1)$(2) >"$(DESTDIR)$(UNITDIR)/$(1)"
ifeq ($(V),)
say_put = @echo "  PUT    $(DESTDIR)$(1)"
endif

.PHONY: install install-config uninstall
install: places all install-config
	$(call say_put,$(BINDIR))
	$(Q)$(call put,755,$(BINDIR),$(PROGRAMS) deploy/uav-lab)
	$(call say_put,$(MANDIR))
	$(Q)$(call put,644,$(MANDIR)/man1,$(filter %.1,$(MANUALS)))
	$(Q)$(call put,644,$(MANDIR)/man5,$(filter %.5,$(MANUALS)))
	$(call say_put,$(COMPLETIONDIR))
	$(Q)$(call put,644,$(COMPLETIONDIR),deploy/completion/uav-gateway)
	$(Q)for name in uav-drone sim-stub uav-lab; do ln -sf uav-gateway "$(DESTDIR)$(COMPLETIONDIR)/$$name" || exit 1; done
	$(call say_put,$(UNITDIR))
	$(Q)install -m 755 -d "$(DESTDIR)$(UNITDIR)"
	$(Q)$(call unit,uav-gateway.service,.in)
	$(Q)$(call unit,uav-sim-stub.service,.in)
	$(Q)$(call unit,uav-gateway.socket)
	$(Q)chmod 644 $(patsubst %,"$(DESTDIR)$(UNITDIR)/%",$(UNITS))
	$(call say_put,$(SYSUSERSDIR))
	$(Q)install -m 644 -D deploy/uav-gateway.sysusers "$(DESTDIR)$(SYSUSERSDIR)/uav-gateway.conf"
	$(call say_put,$(PROTODIR))
	$(Q)$(call put,644,$(PROTODIR),$(PROTOS))
	$(call say_put,$(NANOPBDIR))
	$(Q)$(call put,644,$(NANOPBDIR),$(NANOPB_CLIENT))
	$(call say_put,$(DOCDIR))
	$(Q)for file in $(DOCS) $(LINKED) $(EXAMPLES); do install -m 644 -D $$file "$(DESTDIR)$(DOCDIR)/$$file" || exit 1; done

# Never over a configuration that is there: not even a file is put beside it, as the next reload
# would read it.
install-config: places
	$(call say_put,$(CONFDIR))
	$(Q)if [ ! -e "$(DESTDIR)$(CONFDIR)/gateway.ini" ]; then \
		$(call put,644,$(CONFDIR),config/gateway.ini) && \
		$(call put,644,$(CONFDIR)/scenarios,$(SCENARIOS)); fi
	$(Q)if [ ! -e "$(DESTDIR)$(CONFDIR)/sim-stub.ini" ]; then \
		$(call put,644,$(CONFDIR),deploy/sim-stub.ini); fi

# All but the configuration.
uninstall: places
	$(Q)rm -f $(patsubst $(B)/%,"$(DESTDIR)$(BINDIR)/%",$(PROGRAMS)) "$(DESTDIR)$(BINDIR)/uav-lab" \
		$(patsubst $(B)/man/%,"$(DESTDIR)$(MANDIR)/man1/%",$(filter %.1,$(MANUALS))) \
		$(patsubst $(B)/man/%,"$(DESTDIR)$(MANDIR)/man5/%",$(filter %.5,$(MANUALS))) \
		$(patsubst %,"$(DESTDIR)$(COMPLETIONDIR)/%",uav-gateway uav-drone sim-stub uav-lab) \
		$(patsubst %,"$(DESTDIR)$(UNITDIR)/%",$(UNITS)) "$(DESTDIR)$(SYSUSERSDIR)/uav-gateway.conf"
	$(Q)rm -rf "$(DESTDIR)$(PROTODIR)" "$(DESTDIR)$(NANOPBDIR)" "$(DESTDIR)$(DOCDIR)"
	$(Q)if [ -d "$(DESTDIR)$(PREFIX)/share/uav-gateway" ]; then \
		rmdir --ignore-fail-on-non-empty "$(DESTDIR)$(PREFIX)/share/uav-gateway"; fi
	@if [ -e "$(DESTDIR)$(CONFDIR)" ]; then echo "$(DESTDIR)$(CONFDIR) stays"; fi
