#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The library for others: the shared library exports what the header declares, by versions that are written
# down; the header is plain C and C++; the manual page has every function; and what `make install` installs is
# enough to build a program with.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

SO=$BUILD_DIR/libiotguard.so
HEADER=$TOP/include/iotguard/iotguard.h
MAP=$TOP/user/lib/libiotguard.map
PAGE=$TOP/docs/man/libiotguard.3.scd
EXAMPLE=$TOP/examples/gateway.c

skip() { # NAME REASON
	echo "skip ${1// /-} $2"
}

# no_more_than LIST OTHER COMPLAINT: every line of LIST is one of OTHER.
no_more_than() {
	local more
	more=$(comm -23 "$1" "$2")
	[ -z "$more" ] && return
	# shellcheck disable=SC2086 # a list of words
	printf "$3\n" $more >>"$ERR"
	return 1
}

### Symbols ########################################################################################

# Declared: NAME. Listed and exported: NAME@NODE.
lists() {
	grep -E '^IOTGUARD_API' "$HEADER" | grep -oE 'iotguard_[a-z0-9_]+\(' | tr -d '(' | sort -u >"$WORK/declared"
	awk '/^IOTGUARD_.* \{$/ { node = $1 } /^\tiotguard_[a-z0-9_]*;/ { print substr($1, 1, length($1) - 1) "@" node }' \
		"$MAP" | sort -u >"$WORK/listed"
	sed 's/@.*//' "$WORK/listed" | sort -u >"$WORK/listed.names"
	nm -D --defined-only --with-symbol-versions "$SO" | awk '$2 != "A" { sub(/@@/, "@", $3); print $3 }' |
		sort -u >"$WORK/exported"
}

map_lists_what_the_header_declares() {
	no_more_than "$WORK/declared" "$WORK/listed.names" \
		"%s() is in iotguard.h and not exported: give it a line in user/lib/libiotguard.map"
}

map_lists_nothing_else() {
	no_more_than "$WORK/listed.names" "$WORK/declared" \
		"%s is in libiotguard.map, and iotguard.h has no IOTGUARD_API function of that name on one line"
}

# One that is in no node would be exported without a version, one in two nodes in neither for sure.
listed_once() {
	[ -z "$(uniq -d "$WORK/listed.names")" ] && [ "$(wc -l <"$WORK/listed")" = "$(wc -l <"$WORK/listed.names")" ] &&
		! grep -q '[*?]' <(sed -n '/^IOTGUARD_/,$ { /^global/,/^local/p }' "$MAP")
}

library_exports_the_map() {
	no_more_than "$WORK/listed" "$WORK/exported" \
		"%s is in libiotguard.map and not in libiotguard.so: build it again (make)" &&
		no_more_than "$WORK/exported" "$WORK/listed" \
			"%s is in libiotguard.so, and libiotguard.map does not list it: build it again (make)"
}

# The very test on a list that lacks a function, and on one that has one too many.
forgetting_is_found() {
	local declared=$WORK/declared listed=$WORK/listed.names
	cp "$listed" "$WORK/kept"
	sed -i 1d "$listed"
	if map_lists_what_the_header_declares; then return 1; fi
	grep -qF "$(head -n 1 "$declared")() is in iotguard.h and not exported" "$ERR" || return 1
	{ cat "$WORK/kept"; echo iotguard_zebra; } >"$listed"
	if map_lists_nothing_else; then return 1; fi
	grep -qF "iotguard_zebra is in libiotguard.map" "$ERR" || return 1
	mv "$WORK/kept" "$listed"
	: >"$ERR"
}

### The header #####################################################################################

# Every struct of options, with every function that takes one: the header and nothing else.
cat >"$WORK/user.c" <<'C'
#include "iotguard/iotguard.h"

int use(struct iotguard **ig);
int use(struct iotguard **ig)
{
	struct iotguard_open_opts open_opts;
	struct iotguard_apply_opts apply_opts;
	struct iotguard_events_opts events_opts;
	struct iotguard_instance_opts instance_opts;

	IOTGUARD_OPTS_INIT(&open_opts);
	IOTGUARD_OPTS_INIT(&apply_opts);
	IOTGUARD_OPTS_INIT(&events_opts);
	IOTGUARD_OPTS_INIT(&instance_opts);
	if (open_opts.sz != sizeof(open_opts) || apply_opts.session || events_opts.keep || instance_opts.learn_bindings)
		return 1;
#ifndef __cplusplus
	open_opts = IOTGUARD_OPTS(iotguard_open_opts, .state_dir = "/nowhere");
#endif
	return iotguard_open(ig, &open_opts);
}
C

compiles() { # COMPILER FLAG...
	"$@" -Wall -Wextra -Wpedantic -Werror -I"$TOP/include" -fsyntax-only "$WORK/user.c" 2>>"$ERR"
}

# The example uses poll.h, which is POSIX.
example_compiles() { # COMPILER FLAG...
	"$@" -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Wpedantic -Werror -I"$TOP/include" -fsyntax-only "$EXAMPLE" \
		2>>"$ERR"
}

header_is() { # COMPILER LANGUAGE STANDARD...
	local compiler=$1 language=$2 standard
	shift 2
	for standard; do
		if ! command -v "$compiler" >/dev/null; then
			skip "header is $standard for $compiler" "no $compiler here"
			continue
		fi
		check "the header is $standard for $compiler" compiles "$compiler" -x "$language" "-std=$standard"
		check "the example is $standard for $compiler" example_compiles "$compiler" -x "$language" "-std=$standard"
	done
}

### The manual page ################################################################################

page_has_every_function() {
	grep -oE '\*iotguard_[a-z0-9_]+\*\(' "$PAGE" | tr -d '*(' | sort -u >"$WORK/explained"
	no_more_than "$WORK/declared" "$WORK/explained" \
		"%s() is in iotguard.h and not in docs/man/libiotguard.3.scd: say what it does there" &&
		no_more_than "$WORK/explained" "$WORK/declared" "libiotguard(3) has %s(), and iotguard.h has not"
}

### What is installed ##############################################################################

ROOT=$WORK/root

# What was built is installed as it is: nothing is made again, whatever flags it was made with.
installs() { # ARGUMENT...
	make -C "$TOP" -o all BUILD="$BUILD_DIR" DESTDIR="$ROOT" "$@" >"$OUT" 2>"$ERR"
}

completion_is_there() {
	local share=$ROOT/usr/local/share
	[ -s "$share/bash-completion/completions/iotguard-load" ] &&
		[ "$(head -n 1 "$share/zsh/site-functions/_iotguard-load")" = "#compdef iotguard-load" ]
}

pc() {
	PKG_CONFIG_SYSROOT_DIR=$ROOT PKG_CONFIG_PATH=$ROOT/usr/local/lib/pkgconfig pkg-config "$@" libiotguard
}

# builds PROGRAM COMPILER FLAG...: with what pkg-config says and nothing else.
builds() {
	local program=$1
	shift
	# shellcheck disable=SC2046 # flags
	"$@" "$EXAMPLE" -o "$WORK/$program" $(pc --cflags --libs ${STATIC:+--static}) 2>"$ERR"
}

# It wants an inventory, and says so without touching anything.
runs() { # PROGRAM
	STATUS=0
	LD_LIBRARY_PATH=$ROOT/usr/local/lib "$WORK/$1" >"$OUT" 2>"$ERR" || STATUS=$?
	exits 2 "usage: gateway"
}

needs() { # PROGRAM LIBRARY
	readelf -d "$WORK/$1" | grep -q "NEEDED.*\[$2"
}

shared_needs_ours_alone() {
	needs shared libiotguard.so.0 && ! needs shared libbpf && ! needs shared libfyaml
}

static_needs_the_others() {
	! needs static libiotguard && needs static libbpf && needs static libfyaml && needs static libjansson
}

# What is in the way of the shared one.
static_only() {
	rm "$ROOT"/usr/local/lib/libiotguard.so*
}

nothing_is_left() {
	[ -z "$(find "$ROOT" -not -type d)" ] || { find "$ROOT" -not -type d >"$ERR"; return 1; }
}

####################################################################################################

: >"$OUT" >"$ERR"
if [ -e "$SO" ]; then
	lists
	check "the map lists what the header declares" map_lists_what_the_header_declares
	check "the map lists nothing else" map_lists_nothing_else
	check "the map lists each once, and no pattern" listed_once
	check "the library exports what the map lists" library_exports_the_map
	check "a function that is forgotten is found" forgetting_is_found
	if [ -e "$PAGE" ]; then
		check "libiotguard(3) has every function" page_has_every_function
	fi
else
	skip symbols "the shared library is not built"
fi
header_is gcc c c99 c11 c17
header_is clang c c99 c11 c17
header_is g++ c++ c++11 c++17 c++20
header_is clang++ c++ c++11 c++17 c++20
if [ -e "$SO" ] && command -v pkg-config >/dev/null; then
	check "make install" installs install
	check "completion is where shells look" completion_is_there
	check "the example builds against the installed library" builds shared gcc
	check "and runs" runs shared
	check "and needs no other library" shared_needs_ours_alone
	if command -v g++ >/dev/null; then
		check "the example builds as C++" builds shared++ g++ -x c++
		check "and runs as C++" runs shared++
	else
		skip "the example as C++" "no g++ here"
	fi
	check "without the shared library" static_only
	STATIC=yes
	check "the example builds against the static library" builds static gcc
	check "and runs by itself" runs static
	check "and names the libraries that it needs" static_needs_the_others
	STATIC=
	check "make uninstall" installs uninstall
	check "which leaves nothing" nothing_is_left
else
	skip install "nothing is built, or no pkg-config here"
fi
done_testing
