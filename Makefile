# SPDX-License-Identifier: BSD-2-Clause
#
# iotguard: `make help` lists the targets.
#
# Sources are found by wildcard: a new file needs no change here.
#   bpf/iotguard.bpf.c        -> build/iotguard.bpf.o -> build/iotguard.skel.h
#   user/lib/*.c              -> build/libiotguard.{so,a}
#   user/cli/*.c              -> build/iotguard-load
#   user/daemon/*.c           -> build/iotguardd
#   user/helpers/NAME/*.c     -> build/iotguard-NAME
#   tests/{unit,bpf}/test_*.c -> build/tests/{unit,bpf}/test_*   (other .c files there go into each)
#   tests/netns/*.c           -> build/tests/netns/*   (tools of the laboratory, each by itself)
#   tests/web/server.c        -> build/tests/web/server   (where OpenSSL is)
#   tests/judge/              -> build/tests/judge/{generate,subject,judge,worked,shrink,corpus,mutants}   (judge/*.rs is Rust)
#   tests/bench/*.c           -> build/bench/*
#   docs/man/PAGE.N.scd       -> build/man/PAGE.N
#   packaging/completion/*    -> build/completion/*   (with the table that iotguard-load prints)

VERSION := 0.1.0
SONAME := libiotguard.so.0

BUILD ?= build
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
LIBEXECDIR ?= $(PREFIX)/libexec/iotguard
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
ZSHCOMPDIR ?= $(DATADIR)/zsh/site-functions
SYSTEMD_UNITDIR ?= $(PREFIX)/lib/systemd/system
UDEVRULESDIR ?= $(PREFIX)/lib/udev/rules.d
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
SYSCONFDIR ?= /etc

# bpftool and ip live in sbin, which is not on everybody's path.
export PATH := $(PATH):/usr/local/sbin:/usr/sbin:/sbin

ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
BPFTOOL ?= bpftool
PKG_CONFIG ?= pkg-config
SCDOC ?= scdoc
RUSTC ?= rustc
INSTALL ?= install
CLANG_FORMAT ?= clang-format

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

# --- how much is said -------------------------------------------------------------------------

V ?= 0
ifeq ($(V),1)
Q :=
say =
else
Q := @
say = @printf '  %-8s %s\n' '$(1)' '$(2)';
endif

# --- flags ------------------------------------------------------------------------------------

CI ?=
WERROR ?= $(if $(CI),1,0)
SANITIZE ?= 0
ARCH := $(shell uname -m)
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
SOURCE_DATE_EPOCH ?= $(shell git -c safe.directory='*' log -1 --format=%ct 2>/dev/null || \
	stat -c %Y Makefile)
export SOURCE_DATE_EPOCH

# Asked for only where it is used, so that a machine without pkg-config can still run `make deps`.
pkg = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null)
have = $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo yes)

LIB_PKGS := libbpf libelf zlib libfyaml jansson

WARNINGS := -Wall -Wextra -Wshadow -Wundef -Wvla -Wpointer-arith -Wwrite-strings \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wformat=2 \
	-Wno-format-nonliteral
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif

CFLAGS ?= -O2 -g
HARDEN_CFLAGS := -fstack-protector-strong -fstack-clash-protection
HARDEN_LDFLAGS := -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
ifneq ($(filter x86_64 i686,$(ARCH)),)
HARDEN_CFLAGS += -fcf-protection
endif
ifeq ($(SANITIZE),1)
HARDEN_CFLAGS += -fsanitize=address,undefined -fno-omit-frame-pointer
HARDEN_LDFLAGS += -fsanitize=address,undefined
else
HARDEN_CFLAGS += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
endif

DEPFLAGS = -MMD -MP -MF $(@:.o=.d)
PREFIX_MAP := -ffile-prefix-map=$(CURDIR)=.
BASE_CPPFLAGS := -D_GNU_SOURCE -DIOTGUARD_VERSION='"$(VERSION)"'
BASE_CFLAGS = -std=gnu11 $(CFLAGS) $(WARNINGS) $(HARDEN_CFLAGS) $(PREFIX_MAP)

LIB_CPPFLAGS = -Iinclude -Iuser/lib -I$(BUILD) $(call pkg,--cflags,$(LIB_PKGS))
CLI_CPPFLAGS = -Iinclude -Iuser/cli -DIOTGUARD_LIBEXECDIR='"$(LIBEXECDIR)"' \
	$(call pkg,--cflags,jansson)
TEST_CPPFLAGS = -Iinclude -Iuser/lib -Itests -Imaps -I$(BUILD) \
	$(call pkg,--cflags,$(LIB_PKGS) cmocka)
LIB_LIBS = $(call pkg,--libs,$(LIB_PKGS))

BPF_ARCH := $(patsubst x86_64,x86,$(patsubst aarch64,arm64,$(ARCH)))
BPF_CFLAGS ?= -O2 -g
# -I. for "maps/flow.h": bpf/ and maps/ both have a file of each subject.
BPF_FLAGS := -target bpf -mcpu=v3 $(BPF_CFLAGS) -std=gnu11 -Wall -Werror -fno-stack-protector \
	-D__TARGET_ARCH_$(BPF_ARCH) $(PREFIX_MAP) -I. -Ibpf -Imaps -Iinclude -Ivmlinux \
	$(if $(MULTIARCH),-idirafter /usr/include/$(MULTIARCH))

# --- what there is ----------------------------------------------------------------------------

OBJ := $(BUILD)/obj
objects = $(patsubst %.c,$(OBJ)/%.o,$(1))

BPF_OBJ := $(BUILD)/iotguard.bpf.o
SKEL := $(BUILD)/iotguard.skel.h
LIB_OBJS := $(call objects,$(wildcard user/lib/*.c))
LIB_A := $(BUILD)/libiotguard.a
LIB_SO := $(BUILD)/libiotguard.so
LIB_MAP := user/lib/libiotguard.map
CLI_OBJS := $(call objects,$(wildcard user/cli/*.c))
CLI := $(BUILD)/iotguard-load
DAEMON_OBJS := $(call objects,$(wildcard user/daemon/*.c))
DAEMON := $(BUILD)/iotguardd

# A helper is a directory; the packages it needs beyond the library's make it optional.
HELPER_PKGS_replay := libpcap
HELPER_PKGS_mud := libcurl libcrypto
HELPER_NAMES := $(notdir $(patsubst %/,%,$(sort $(dir $(wildcard user/helpers/*/*.c)))))
helper_ok = $(if $(HELPER_PKGS_$(1)),$(call have,$(HELPER_PKGS_$(1))),yes)
HELPERS_IN := $(foreach h,$(HELPER_NAMES),$(if $(call helper_ok,$(h)),$(h)))
HELPERS_OUT := $(filter-out $(HELPERS_IN),$(HELPER_NAMES))
HELPERS := $(HELPERS_IN:%=$(BUILD)/iotguard-%)

UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
BPF_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bpf/test_*.c))
NETNS_TOOLS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/netns/*.c))
JUDGE_TOOLS := $(addprefix $(BUILD)/tests/judge/,generate subject judge worked shrink corpus mutants)
SWAPS_ANSWERS := $(BUILD)/tests/bpf/swaps.answers
OTHER_CLI := $(BUILD)/tests/iotguard-load-other
# Each ordinary run fuzzes the reader of what strangers send at any time.
FUZZED := $(BUILD)/fuzz/fuzz_dns $(BUILD)/fuzz/fuzz_mud
# A server that answers with TLS, and as a test tells it to.
WEB_SERVER := $(if $(call have,libssl),$(BUILD)/tests/web/server)
BENCHES := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/bench/bench_*.c))

HAVE_SCDOC := $(shell command -v $(SCDOC) 2>/dev/null)
MAN_SOURCES := $(wildcard docs/man/*.scd)
MAN_PAGES := $(if $(HAVE_SCDOC),$(MAN_SOURCES:docs/man/%.scd=$(BUILD)/man/%))

COMPLETIONS := $(patsubst packaging/%,$(BUILD)/%,$(wildcard packaging/completion/*))

.PHONY: all tests install uninstall clean vmlinux deps need demo check check-long fuzz bench bench-report bench-baseline \
	bench-compare evasion \
	deb deb-source deb-test format format-check help FORCE

all: $(LIB_SO) $(LIB_A) $(CLI) $(DAEMON) $(HELPERS) $(MAN_PAGES) $(COMPLETIONS)
	@$(foreach h,$(HELPERS_OUT),echo '  left out iotguard-$(h): no $(HELPER_PKGS_$(h)) here';)
	$(if $(HAVE_SCDOC),,@echo '  left out the man pages: scdoc is not installed')

tests: $(UNIT_TESTS) $(BPF_TESTS) $(NETNS_TOOLS) $(JUDGE_TOOLS) $(SWAPS_ANSWERS) $(OTHER_CLI) $(FUZZED) $(WEB_SERVER)
	@:

# What is compiled depends on the flags as well as on the sources.
FLAGS_bpf = $(CLANG) $(BPF_FLAGS)
FLAGS_user = $(CC) $(CPPFLAGS) $(BASE_CPPFLAGS) $(BASE_CFLAGS) $(LDFLAGS) $(HARDEN_LDFLAGS)
FLAGS_cli = $(FLAGS_user) $(CLI_CPPFLAGS)
$(BUILD)/flags.%: export IOTGUARD_FLAGS = $(FLAGS_$*)
$(BUILD)/flags.%: FORCE | need
	@mkdir -p $(@D)
	@printf '%s\n' "$$IOTGUARD_FLAGS" | cmp -s - $@ || printf '%s\n' "$$IOTGUARD_FLAGS" >$@

need:
	@packaging/deps.sh check build

FORCE:

# --- BPF --------------------------------------------------------------------------------------

$(OBJ)/bpf/%.bpf.o: bpf/%.bpf.c $(BUILD)/flags.bpf
	@mkdir -p $(@D)
	$(call say,BPF,$@)$(CLANG) $(BPF_FLAGS) $(DEPFLAGS) -c $< -o $@

$(BUILD)/%.bpf.o: $(OBJ)/bpf/%.bpf.o
	$(call say,STRIP,$@)$(LLVM_STRIP) -g -o $@ $<

$(BUILD)/%.skel.h: $(BUILD)/%.bpf.o
	$(call say,SKEL,$@)$(BPFTOOL) gen skeleton $< name $*_bpf >$@

# --- library ----------------------------------------------------------------------------------

$(OBJ)/user/lib/%.o: user/lib/%.c $(BUILD)/flags.user | $(SKEL)
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(CPPFLAGS) $(BASE_CPPFLAGS) $(LIB_CPPFLAGS) $(BASE_CFLAGS) -fPIC \
		-fvisibility=hidden -Wno-sign-conversion $(DEPFLAGS) -c $< -o $@

$(LIB_A): $(LIB_OBJS)
	$(call say,AR,$@)rm -f $@ && $(AR) rcsD $@ $(LIB_OBJS)

$(LIB_SO): $(LIB_OBJS) $(LIB_MAP)
	$(call say,LD,$@)$(CC) $(LDFLAGS) $(HARDEN_LDFLAGS) -shared -Wl,-soname,$(SONAME) \
		-Wl,--version-script=$(LIB_MAP) -Wl,--no-undefined \
		-Wl,--no-undefined-version -o $@ $(LIB_OBJS) $(LIB_LIBS)
	$(Q)ln -sf $(@F) $(@D)/$(SONAME)

# --- programs ---------------------------------------------------------------------------------

link = $(CC) $(LDFLAGS) $(HARDEN_LDFLAGS) -pie -o $@ $(filter %.o,$^) $(LIB_A) $(1) $(LIB_LIBS)

$(OBJ)/user/cli/%.o: user/cli/%.c $(BUILD)/flags.cli
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(CPPFLAGS) $(BASE_CPPFLAGS) $(CLI_CPPFLAGS) $(BASE_CFLAGS) -fPIE \
		$(DEPFLAGS) -c $< -o $@

$(CLI): $(CLI_OBJS) $(LIB_A)
	$(call say,LD,$@)$(call link)

$(OBJ)/user/daemon/%.o: user/daemon/%.c $(BUILD)/flags.user
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(CPPFLAGS) $(BASE_CPPFLAGS) -Iinclude -Iuser/daemon $(BASE_CFLAGS) \
		-fPIE $(DEPFLAGS) -c $< -o $@

$(DAEMON): $(DAEMON_OBJS) $(LIB_A)
	$(call say,LD,$@)$(call link)

define helper_rules
$$(OBJ)/user/helpers/$(1)/%.o: user/helpers/$(1)/%.c $$(BUILD)/flags.user | $$(SKEL)
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)$$(CC) $$(CPPFLAGS) $$(BASE_CPPFLAGS) $$(LIB_CPPFLAGS) \
		$$(call pkg,--cflags,$$(HELPER_PKGS_$(1))) -Iuser/helpers/$(1) $$(BASE_CFLAGS) \
		-fPIE $$(DEPFLAGS) -c $$< -o $$@

$$(BUILD)/iotguard-$(1): $$(call objects,$$(wildcard user/helpers/$(1)/*.c)) $$(LIB_A)
	$$(call say,LD,$$@)$$(call link,$$(call pkg,--libs,$$(HELPER_PKGS_$(1))))
endef
$(foreach h,$(HELPERS_IN),$(eval $(call helper_rules,$(h))))

# --- tests and benches ------------------------------------------------------------------------

$(OBJ)/tests/%.o: tests/%.c $(BUILD)/flags.user | $(SKEL)
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(CPPFLAGS) $(BASE_CPPFLAGS) -I$(dir $<) $(TEST_CPPFLAGS) \
		$(BASE_CFLAGS) -fPIE $(DEPFLAGS) -c $< -o $@

# $(1): directory under tests/; $(2): its programs
define test_rules
$(2): $$(BUILD)/tests/$(1)/%: $$(OBJ)/tests/$(1)/%.o \
		$$(call objects,$$(filter-out tests/$(1)/test_%.c,$$(wildcard tests/$(1)/*.c))) \
		$$(LIB_A)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)$$(call link,$$(call pkg,--libs,cmocka))
endef
$(if $(UNIT_TESTS),$(eval $(call test_rules,unit,$(UNIT_TESTS))))
$(if $(BPF_TESTS),$(eval $(call test_rules,bpf,$(BPF_TESTS))))

# Held against the C library's own reader.
$(BUILD)/tests/unit/test_dns_message: LIB_LIBS += -lresolv

# What an independent judge demands where policies are exchanged. A guest has no judge: it gets these.
$(SWAPS_ANSWERS): $(BUILD)/tests/bpf/test_swaps $(BUILD)/tests/judge/judge
	$(call say,JUDGE,$@)if [ -x $(BUILD)/tests/judge/judge ]; then \
		$< --ask >$@.asked && $(BUILD)/tests/judge/judge <$@.asked >$@.new && mv $@.new $@ && rm $@.asked; \
	else rm -f $@; fi

# A loader whose programs are of another build: other instructions for the same source.
OTHER_DIR := $(OBJ)/other
$(OTHER_DIR)/iotguard.bpf.o: bpf/iotguard.bpf.c $(BUILD)/flags.bpf
	@mkdir -p $(@D)
	$(call say,BPF,$@)$(CLANG) $(BPF_FLAGS) -Os $(DEPFLAGS) -c $< -o $@

$(OTHER_DIR)/iotguard.skel.h: $(OTHER_DIR)/iotguard.bpf.o
	$(call say,SKEL,$@)$(LLVM_STRIP) -g -o $(@D)/iotguard_stripped.o $< && \
		$(BPFTOOL) gen skeleton $(@D)/iotguard_stripped.o name iotguard_bpf >$@

$(OTHER_DIR)/object.o: user/lib/object.c $(OTHER_DIR)/iotguard.skel.h $(BUILD)/flags.user
	$(call say,CC,$@)$(CC) $(CPPFLAGS) $(BASE_CPPFLAGS) -I$(@D) $(LIB_CPPFLAGS) $(BASE_CFLAGS) -fPIC \
		-fvisibility=hidden -Wno-sign-conversion $(DEPFLAGS) -c $< -o $@

$(OTHER_CLI): $(OTHER_DIR)/object.o $(CLI_OBJS) $(LIB_A)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(call link)

$(NETNS_TOOLS): $(BUILD)/tests/netns/%: $(OBJ)/tests/netns/%.o
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS) $(HARDEN_LDFLAGS) -pie -o $@ $<

$(BUILD)/tests/web/server: $(OBJ)/tests/web/server.o
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS) $(HARDEN_LDFLAGS) -pie -o $@ $< $(call pkg,--libs,libssl libcrypto)

# The judge and what it is held against; a test says what is missing where there is no Rust.
$(BUILD)/tests/judge/generate: $(call objects,$(wildcard tests/judge/generate*.c))
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS) $(HARDEN_LDFLAGS) -pie -o $@ $^

$(BUILD)/tests/judge/shrink: $(OBJ)/tests/judge/shrink.o
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS) $(HARDEN_LDFLAGS) -pie -o $@ $^

$(BUILD)/tests/judge/subject: $(OBJ)/tests/judge/subject.o $(LIB_A)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(call link)

# The goldens' frames, and those of captures where there is libpcap.
$(OBJ)/tests/judge/corpus_captures.o: TEST_CPPFLAGS += \
	$(if $(call have,libpcap),-DHAVE_PCAP $(call pkg,--cflags,libpcap))
$(BUILD)/tests/judge/corpus: $(call objects,$(wildcard tests/judge/corpus*.c) \
		$(wildcard tests/bpf/frames*.c tests/bpf/goldens*.c)) $(LIB_A)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(call link,$(call pkg,--libs,cmocka) $(call pkg,--libs,libpcap))

$(BUILD)/tests/judge/mutants: $(call objects,$(wildcard tests/judge/mutants*.c) \
		tests/judge/generate_random.c)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(CC) $(LDFLAGS) $(HARDEN_LDFLAGS) -pie -o $@ $^ $(call pkg,--libs,jansson)

$(BUILD)/tests/judge/judge: $(wildcard tests/judge/judge/*.rs)
	@mkdir -p $(@D)
	$(call say,RUSTC,$@)if command -v $(RUSTC) >/dev/null; then $(RUSTC) --edition 2021 -O \
		-C overflow-checks=on -C debug-assertions=on -D warnings \
		-o $@ tests/judge/judge/main.rs; \
	else echo '  left out the judge: no $(RUSTC) here'; fi

# The judge's own cases, worked out by hand: worked.rs.
$(BUILD)/tests/judge/worked: $(wildcard tests/judge/judge/*.rs)
	@mkdir -p $(@D)
	$(call say,RUSTC,$@)if command -v $(RUSTC) >/dev/null; then $(RUSTC) --edition 2021 -O \
		-C overflow-checks=on -D warnings --test -o $@ tests/judge/judge/main.rs; \
	else echo '  left out the judge: no $(RUSTC) here'; fi

$(BUILD)/tests/evasion/evasion: $(OBJ)/tests/evasion/evasion.o $(LIB_A)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(call link)

# Programs that benchmarks load beside those that are measured.
BENCH_BPF := $(patsubst tests/bench/%.bpf.c,%,$(wildcard tests/bench/*.bpf.c))
BENCH_SKELS := $(BENCH_BPF:%=$(BUILD)/bench/%.skel.h)
$(OBJ)/tests/bench/%.bpf.o: tests/bench/%.bpf.c $(BUILD)/flags.bpf
	@mkdir -p $(@D)
	$(call say,BPF,$@)$(CLANG) $(BPF_FLAGS) -Itests/bench $(DEPFLAGS) -c $< -o $@

$(BUILD)/bench/%.skel.h: $(OBJ)/tests/bench/%.bpf.o
	@mkdir -p $(@D)
	$(call say,SKEL,$@)$(LLVM_STRIP) -g -o $(@D)/$*.o $< && $(BPFTOOL) gen skeleton $(@D)/$*.o name $*_bpf >$@

$(call objects,$(wildcard tests/bench/*.c)): TEST_CPPFLAGS += -I$(BUILD)/bench
$(call objects,$(filter-out %.bpf.c,$(wildcard tests/bench/*.c))): | $(BENCH_SKELS)

$(BENCHES): $(BUILD)/bench/%: $(OBJ)/tests/bench/%.o \
		$(call objects,$(filter-out tests/bench/bench_%.c %.bpf.c,$(wildcard tests/bench/*.c))) $(LIB_A)
	@mkdir -p $(@D)
	$(call say,LD,$@)$(call link)

# --- documents --------------------------------------------------------------------------------

$(BUILD)/man/%: docs/man/%.scd
	@mkdir -p $(@D)
	$(call say,MAN,$@)$(SCDOC) <$< >$@

# Units and scripts name the programs by their whole path.
place = sed -e 's|@SBINDIR@|$(SBINDIR)|g' -e 's|@LIBEXECDIR@|$(LIBEXECDIR)|g' $< >$@
$(BUILD)/systemd/%: packaging/systemd/% FORCE
	@mkdir -p $(@D)
	$(call say,GEN,$@)$(place)

$(BUILD)/libexec/%: packaging/libexec/%.in FORCE
	@mkdir -p $(@D)
	$(call say,GEN,$@)$(place)

$(BUILD)/libiotguard.pc: packaging/libiotguard.pc.in FORCE
	@mkdir -p $(@D)
	$(call say,GEN,$@)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|' $< >$@

# The committed vmlinux/vmlinux.h holds only the types in use; this is where to look for more.
vmlinux: | need
	@mkdir -p $(BUILD)
	$(call say,BTF,$(BUILD)/vmlinux-full.h)$(BPFTOOL) btf dump file /sys/kernel/btf/vmlinux \
		format c >$(BUILD)/vmlinux-full.h

# What there is to type is in the program's own tables. It is run for that: where it cannot be, say COMPLETIONS= .
$(BUILD)/completion/%: packaging/completion/% $(BUILD)/completion.table
	@mkdir -p $(@D)
	$(call say,GEN,$@)sed -e '/@TABLE@/{' -e 's/@TABLE@.*//;r $(BUILD)/completion.table' -e 'a '"'" -e '}' $< >$@

# A single quote in it must not end the shell's.
$(BUILD)/completion.table: $(CLI)
	$(call say,GEN,$@)$(CLI) completion table >$@.plain && sed "s/'/'\\\\''/g" $@.plain >$@

# --- running ----------------------------------------------------------------------------------

JOBS = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
SUBMAKE = $(MAKE) --no-print-directory $(JOBS)
AS_ROOT = if [ "$$(id -u)" != 0 ]; then echo '$@ needs root: sudo make $@' >&2; exit 1; fi
SUITES ?=

# What root built for somebody else is theirs.
GIVE_BACK = if [ -n "$${SUDO_UID:-}" ]; then chown -hR "$$SUDO_UID:$$SUDO_GID" $(BUILD); fi

export BUILD
export IOTGUARD_BUILD := $(abspath $(BUILD))

deps:
	@packaging/deps.sh install build optional tests fuzz demo kernel

demo:
	@packaging/deps.sh ensure build optional demo
	@$(AS_ROOT)
	+@$(SUBMAKE) all $(NETNS_TOOLS)
	@$(GIVE_BACK)
	@tests/netns/demo.sh

check:
	@packaging/deps.sh ensure build optional tests fuzz demo kernel
	+@$(SUBMAKE) all tests
	@$(GIVE_BACK)
	@tests/run $(SUITES)

check-long:
	@packaging/deps.sh ensure build optional tests fuzz demo kernel
	+@$(SUBMAKE) all tests
	@$(GIVE_BACK)
	@tests/run --long $(SUITES)

# Fuzzers need clang's runtime. What they find stays in build/fuzz.
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 60
FUZZ_FLAGS := -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined

# What a fuzzer reads of the library, where it is not all of it.
FUZZ_LIB_fuzz_dns := user/lib/dns_message.c user/lib/dns_stream.c
fuzz_lib = $(or $(FUZZ_LIB_$(1)),$(wildcard user/lib/*.c))
FUZZ_OBJ := $(BUILD)/fuzz/obj
fuzz_objects = $(patsubst %.c,$(FUZZ_OBJ)/%.o,tests/fuzz/$(1).c $(call fuzz_lib,$(1)))
FUZZ_CC = $(CLANG) -std=gnu11 $(BASE_CPPFLAGS) $(LIB_CPPFLAGS) $(FUZZ_FLAGS) $(DEPFLAGS)

# Without the runtime there is nothing to link, and an empty object is as good as any.
$(FUZZ_OBJ)/%.o: %.c | $(SKEL)
	@mkdir -p $(@D)
	$(call say,CC,$@)if packaging/deps.sh check fuzz 2>/dev/null; then $(FUZZ_CC) -c $< -o $@; else : >$@; fi

$(foreach f,$(FUZZERS),$(eval $(f): $(call fuzz_objects,$(notdir $(f)))))
$(FUZZERS):
	$(call say,FUZZ,$@)if packaging/deps.sh check fuzz 2>/dev/null; then \
		$(CLANG) $(FUZZ_FLAGS) $^ -o $@ $(LIB_LIBS); \
	else echo '  left out $(@F): no libclang-rt-dev here'; fi

fuzz:
	@packaging/deps.sh ensure build fuzz
	+@$(SUBMAKE) $(FUZZERS)
	@set -e; for fuzzer in $(FUZZERS); do \
		mkdir -p $$fuzzer.corpus; echo "$${fuzzer##*/}: $(FUZZ_SECONDS) s"; \
		words=tests/fuzz/$${fuzzer##*/}.dict; \
		"$$fuzzer" -max_total_time=$(FUZZ_SECONDS) -verbosity=0 -print_final_stats=1 -max_len=4096 \
			$$([ ! -e "$$words" ] || echo "-dict=$$words") \
			-artifact_prefix=$(BUILD)/fuzz/ $$fuzzer.corpus tests/data/inventories/good tests/data/leases tests/data/dns tests/data/mud; done

# `make bench BENCH="packet live"`: some of them.
bench:
	@packaging/deps.sh ensure build bench
	@$(AS_ROOT)
	+@$(SUBMAKE) all tests $(BENCHES)
	@$(GIVE_BACK)
	@tests/bench/run $(BENCH)

# The last run, as tables and curves of docs/performance.md.
bench-report:
	@tests/bench/report

# Nothing fails by time: what is shown are ratios of rows of one run, beside those of tests/bench/baseline.json.
bench-compare:
	@packaging/deps.sh ensure build bench
	@$(AS_ROOT)
	+@$(SUBMAKE) all tests $(BENCHES)
	@$(GIVE_BACK)
	@tests/bench/run $(BENCH)
	@tests/bench/baseline compare

# Accepts what the verifier goes through now, and the ratios of the last run of the benchmarks.
bench-baseline:
	@packaging/deps.sh ensure build bench
	@$(AS_ROOT)
	+@$(SUBMAKE) all tests
	@tests/bench/baseline write
	@$(GIVE_BACK)

evasion:
	@packaging/deps.sh ensure build evasion
	@$(AS_ROOT)
	+@$(SUBMAKE) $(BUILD)/tests/evasion/evasion
	@$(GIVE_BACK)
	@$(BUILD)/tests/evasion/evasion

# The public headers are laid out by hand: each declaration stands on one line, to be searched for.
format-check: FORMAT := --dry-run --Werror
format: FORMAT := -i
format format-check:
	@$(CLANG_FORMAT) $(FORMAT) $(wildcard $(foreach d,bpf maps user/lib \
		user/cli user/daemon user/helpers/* examples tests/unit tests/bpf tests/netns tests/web tests/judge tests/evasion tests/bench,$(d)/*.[ch]))

clean:
	$(Q)rm -rf $(filter-out $(BUILD)/kernels,$(wildcard $(BUILD)/*))
	$(Q)rmdir $(BUILD) 2>/dev/null || true

# --- installing -------------------------------------------------------------------------------

D = $(DESTDIR)
MAN_SECTIONS = $(sort $(patsubst .%,%,$(suffix $(MAN_PAGES))))
HEADERS := $(wildcard include/iotguard/*.h include/iotguard/*.def)
SCHEMAS := $(wildcard docs/schema/*.json)
EXAMPLES := $(wildcard examples/*)
UNITS := $(patsubst packaging/%,$(BUILD)/%,$(wildcard packaging/systemd/*))
SCRIPTS := $(patsubst packaging/%.in,$(BUILD)/%,$(wildcard packaging/libexec/*.in))
UDEV_RULES := $(wildcard packaging/udev/*.rules)
SYSUSERS := $(wildcard packaging/sysusers.d/*.conf)
BASH_COMPLETION = $(D)$(DATADIR)/bash-completion/completions/iotguard-load
ZSH_COMPLETION = $(D)$(ZSHCOMPDIR)/_iotguard-load
CONFS := $(wildcard packaging/etc/*.conf)

# into MODE,DIRECTORY,FILES: installs them, if there are any.
into = $(if $(3),$(Q)$(INSTALL) -D -m $(1) -t $(D)$(2) $(3))

install: all $(BUILD)/libiotguard.pc $(UNITS) $(SCRIPTS)
	$(call into,755,$(SBINDIR),$(CLI) $(DAEMON))
	$(call into,755,$(LIBEXECDIR),$(HELPERS) $(SCRIPTS))
	$(call into,644,$(INCLUDEDIR)/iotguard,$(HEADERS))
	$(call into,644,$(LIBDIR)/pkgconfig,$(BUILD)/libiotguard.pc)
	$(call into,644,$(LIBDIR),$(LIB_A))
	$(Q)$(INSTALL) -D -m 644 $(LIB_SO) $(D)$(LIBDIR)/libiotguard.so.$(VERSION)
	$(Q)ln -sf libiotguard.so.$(VERSION) $(D)$(LIBDIR)/$(SONAME)
	$(Q)ln -sf $(SONAME) $(D)$(LIBDIR)/libiotguard.so
	$(foreach s,$(MAN_SECTIONS),$(call into,644,$(MANDIR)/man$(s),$(filter %.$(s),$(MAN_PAGES)))$(newline))
	$(call into,644,$(DATADIR)/iotguard/schema,$(SCHEMAS))
	$(call into,644,$(SYSTEMD_UNITDIR),$(UNITS))
	$(call into,644,$(SYSUSERSDIR),$(SYSUSERS))
	$(call into,644,$(UDEVRULESDIR),$(UDEV_RULES))
	$(if $(EXAMPLES),$(Q)mkdir -p $(D)$(DATADIR)/iotguard/examples && \
		cp -R --preserve=mode $(EXAMPLES) $(D)$(DATADIR)/iotguard/examples/)
	$(if $(COMPLETIONS),$(Q)$(INSTALL) -D -m 644 $(BUILD)/completion/iotguard-load.bash $(BASH_COMPLETION))
	$(if $(COMPLETIONS),$(Q)$(INSTALL) -D -m 644 $(BUILD)/completion/iotguard-load.zsh $(ZSH_COMPLETION))
	$(Q)$(INSTALL) -d -m 755 $(D)$(SYSCONFDIR)/iotguard
	$(Q)$(foreach c,$(CONFS),[ -e $(D)$(SYSCONFDIR)/iotguard/$(notdir $(c)) ] || \
		$(INSTALL) -m 644 $(c) $(D)$(SYSCONFDIR)/iotguard/;)
	@echo "  installed in $(D)$(PREFIX)"

# What is in /etc is the machine's: only what is as it was installed goes.
uninstall:
	$(Q)rm -f $(addprefix $(D)$(SBINDIR)/,$(notdir $(CLI) $(DAEMON))) $(D)$(LIBDIR)/libiotguard.a \
		$(D)$(LIBDIR)/libiotguard.so $(D)$(LIBDIR)/$(SONAME) \
		$(D)$(LIBDIR)/libiotguard.so.$(VERSION) $(D)$(LIBDIR)/pkgconfig/libiotguard.pc
	$(Q)rm -f $(foreach p,$(MAN_SOURCES:docs/man/%.scd=%), \
		$(D)$(MANDIR)/man$(patsubst .%,%,$(suffix $(p)))/$(p))
	$(Q)rm -f $(addprefix $(D)$(SYSTEMD_UNITDIR)/,$(notdir $(UNITS))) \
		$(addprefix $(D)$(UDEVRULESDIR)/,$(notdir $(UDEV_RULES))) \
		$(addprefix $(D)$(SYSUSERSDIR)/,$(notdir $(SYSUSERS)))
	$(Q)rm -f $(BASH_COMPLETION) $(ZSH_COMPLETION)
	$(Q)rm -rf $(D)$(LIBEXECDIR) $(D)$(INCLUDEDIR)/iotguard $(D)$(DATADIR)/iotguard
	$(Q)$(foreach c,$(CONFS),! cmp -s $(c) $(D)$(SYSCONFDIR)/iotguard/$(notdir $(c)) || \
		rm -f $(D)$(SYSCONFDIR)/iotguard/$(notdir $(c));)
	$(Q)[ ! -d $(D)$(SYSCONFDIR)/iotguard ] || \
		rmdir --ignore-fail-on-non-empty $(D)$(SYSCONFDIR)/iotguard

# --- packages of Debian -----------------------------------------------------------------------

deb:
	@packaging/deb binary

deb-source:
	@packaging/deb source

# In a root of its own made by debootstrap, under a systemd of its own: needs root and a mirror.
deb-test:
	@packaging/deps.sh ensure build optional deb
	@$(AS_ROOT)
	+@$(if $(WEB_SERVER),$(SUBMAKE) $(WEB_SERVER))
	@$(GIVE_BACK)
	@tests/packaging/run

define newline


endef

help:
	@printf '%s\n' \
	'make               build/iotguard-load, build/libiotguard.{so,a}, helpers, man pages' \
	'sudo make demo     a laboratory of network namespaces: what is refused, and why' \
	'sudo make check    every test; SUITES="unit bpf" runs only these (cli netns judge replay kernels)' \
	'make check-long    the same, with more rounds' \
	'sudo make bench    what packets, commands, events and latency cost; BENCH="packet live" for some of it' \
	'make bench-report  the last of these, as tables and curves of docs/performance.md' \
	'make bench-compare the same, and the ratios beside those of tests/bench/baseline.json, which' \
	'                   make bench-baseline writes: those of the last run, and the counts of the verifier' \
	'sudo make evasion  hard packets through iotguard, xdp-filter and nftables' \
	'make fuzz          the parsers, FUZZ_SECONDS=60 each' \
	'sudo make deps     install what is missing (Debian, Ubuntu)' \
	'make install       honours PREFIX (/usr/local) and DESTDIR; make uninstall undoes it' \
	'make deb           packages of Debian into build/deb; make deb-source makes the source package' \
	'sudo make deb-test installs, upgrades and removes them under traffic, in a machine of its own' \
	'make vmlinux       the full kernel types into build/vmlinux-full.h' \
	'make format        clang-format in place; format-check only looks' \
	'make clean         all but the kernels that were downloaded' \
	'' \
	'V=1 shows commands, WERROR=1 stops at warnings, SANITIZE=1 adds ASan and UBSan,' \
	'BUILD=DIR builds elsewhere.'

-include $(foreach d,$(wildcard $(OBJ) $(FUZZ_OBJ)),$(shell find $(d) -name '*.d'))
