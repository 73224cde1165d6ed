#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The library for others: the shared library exports what the header declares, by versions that are written
# down; the header is plain C and C++; the manual pages have every function and field; and what `make install` installs is
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

# Every struct of options that the header has, used with nothing but the header.
{
	cat <<-'C'
	#include "iotguard/iotguard.h"

	#define START(type)                                                                     \
		int start_##type(void);                                                         \
		int start_##type(void)                                                          \
		{                                                                               \
			struct type opts;                                                       \
			IOTGUARD_OPTS_INIT(&opts);                                              \
			return opts.sz == sizeof(opts) ? 0 : -1;                                \
		}
	C
	sed -n 's/^struct \(iotguard_[a-z_]*_opts\) {$/START(\1)/p' "$HEADER"
	cat <<-'C'

	int use(struct iotguard **ig);
	int use(struct iotguard **ig)
	{
		struct iotguard_open_opts opts;

		IOTGUARD_OPTS_INIT(&opts);
	#ifndef __cplusplus
		opts = IOTGUARD_OPTS(iotguard_open_opts, .state_dir = "/nowhere");
	#endif
		return iotguard_open(ig, &opts);
	}
	C
} >"$WORK/user.c"

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

### The manual pages ###############################################################################

# one_line: declarations that go over several lines become one each, without comments.
one_line() {
	sed 's|/\*.*\*/||' | awk '/^[a-z]/ { if (/;/) print; else { line = $0; open = 1 } next }
		open { line = line $0 } open && /;/ { print line; open = 0 }' |
		sed 's/[[:space:]]\+/ /g; s/( /(/g; s/; *$/;/' | grep -E '[ *]iotguard_[a-z0-9_]+\(' | sort -u
}

# In the literal blocks of the page, structs and examples left out.
page_has_every_function() {
	sed -n '/^IOTGUARD_API/,/;/ { s/^IOTGUARD_API //; p }' "$HEADER" | one_line >"$WORK/signatures"
	sed -n '/^```$/,/^```$/p' "$PAGE" | sed '/^# EXAMPLES/,$d' | one_line | grep -v ' = ' >"$WORK/explained"
	[ "$(wc -l <"$WORK/signatures")" = "$(wc -l <"$WORK/declared")" ] || return 1
	comm -23 "$WORK/signatures" "$WORK/explained" |
		sed 's/$/ is in iotguard.h: say what it does in docs\/man\/libiotguard.3.scd/' >"$ERR"
	comm -13 "$WORK/signatures" "$WORK/explained" | sed 's/$/ is in libiotguard.3.scd, and not in iotguard.h/' >>"$ERR"
	! [ -s "$ERR" ]
}

# What the page shows is C.
page_example_compiles() {
	sed -n '/^# EXAMPLES/,/^# SEE ALSO/p' "$PAGE" | sed -n '/^```$/,/^```$/p' | grep -v '^```' >"$WORK/page.c"
	grep -q main "$WORK/page.c" &&
		gcc -Wall -Wextra -Wpedantic -Werror -I"$TOP/include" -fsyntax-only "$WORK/page.c" 2>"$ERR"
}

# The names of the members of the schema, each with the objects that it is in.
schema_members() {
	jq -r 'def members($outer): .properties | to_entries[] |
		if .value.properties then .key as $key | .value | members("\($outer)\($key).") else "\($outer)\(.key)" end;
		members("")' "$TOP/docs/schema/event.schema.json" | sort -u
}

events_page_has_every_member() {
	schema_members >"$WORK/members"
	sed -n '/^# MEMBERS/,/^# TEXT/p' "$TOP/docs/man/iotguard-events.7.scd" | grep '^\*' | tr ',' '\n' |
		sed 's/^ *\*//; s/\*$//' | sort -u >"$WORK/members.explained"
	[ -s "$WORK/members" ] && diff "$WORK/members" "$WORK/members.explained" >"$ERR"
}

events_page_has_every_type() {
	jq -r '.properties.iotguard.properties.event.enum[]' "$TOP/docs/schema/event.schema.json" | sort >"$WORK/types"
	sed -n '/^# TYPES/,/^# MEMBERS/p' "$TOP/docs/man/iotguard-events.7.scd" | sed -n 's/^\*\([a-z-]*\)\*.*/\1/p' | sort >"$WORK/types.explained"
	[ -s "$WORK/types" ] && diff "$WORK/types" "$WORK/types.explained" >"$ERR"
}

### What is installed ##############################################################################

ROOT=$WORK/root

# What was built is installed as it is: nothing is made again, whatever flags it was made with.
installs() { # ARGUMENT...
	env -u MAKEFLAGS -u MFLAGS make -C "$TOP" -o all BUILD="$BUILD_DIR" PREFIX=/usr/local DESTDIR="$ROOT" "$@" \
		>"$OUT" 2>"$ERR"
}

completion_is_there() {
	local share=$ROOT/usr/local/share
	[ -s "$share/bash-completion/completions/iotguard-load" ] &&
		[ "$(head -n 1 "$share/zsh/site-functions/_iotguard-load")" = "#compdef iotguard-load" ]
}

pc() {
	PKG_CONFIG_SYSROOT_DIR=$ROOT PKG_CONFIG_PATH=$ROOT/usr/local/lib/pkgconfig pkg-config "$@" libiotguard
}

# A library that was built with sanitizers wants a program that was.
SANITIZED=$(nm -D "$SO" 2>/dev/null | grep -q __asan_init && echo -fsanitize=address,undefined)

# builds PROGRAM COMPILER FLAG...: with what pkg-config says and nothing else.
builds() {
	local program=$1
	shift
	# shellcheck disable=SC2046,SC2086 # flags
	"$@" $SANITIZED "$EXAMPLE" -o "$WORK/$program" $(pc --cflags --libs ${STATIC:+--static}) 2>"$ERR"
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
	check "libiotguard(3) has every function, as the header declares it" page_has_every_function
	check "and an example that compiles" page_example_compiles
else
	skip symbols "the shared library is not built"
fi
if command -v jq >/dev/null; then
	check "iotguard-events(7) has every member of the schema" events_page_has_every_member
	check "and every type" events_page_has_every_type
else
	skip "iotguard-events(7)" "jq is not installed (make deps)"
fi
check "the options of the header are found" eval '[ "$(grep -c "^START(iotguard_" "$WORK/user.c")" -ge 4 ]'
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
