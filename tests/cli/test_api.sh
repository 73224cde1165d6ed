#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The house: the loader and the helpers stand on the public headers alone, the shared library exports
# what the public header declares and nothing else, and that header is plain C and C++.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

SO=$BUILD_DIR/libiotguard.so

# Every quoted include of a folder is of that folder or of include/.
includes_only_public() { # FOLDER
	local header bad=0
	while read -r header; do
		if [ ! -e "$TOP/$1/$header" ] && [ "$header" != iotguard/iotguard.h ]; then
			echo "$1 includes $header" >>"$ERR"
			bad=1
		fi
	done < <(grep -hoE '^#include "[^"]+"' "$TOP/$1"/*.[ch] | sed 's/.*"\(.*\)"/\1/' | sort -u)
	return "$bad"
}

# The library and the programs know each other by include/iotguard and maps/ alone.
bpf_stands_alone() {
	! grep -hE '^#include "(user|lib|cli|tests)/' "$TOP"/bpf/*.[ch] "$TOP"/maps/*.h "$TOP"/include/iotguard/*
}

exports_what_it_declares() {
	grep -oE 'iotguard_[a-z0-9_]+\(' "$TOP/include/iotguard/iotguard.h" >"$WORK/calls"
	grep -E '^IOTGUARD_API' "$TOP/include/iotguard/iotguard.h" | grep -oE 'iotguard_[a-z0-9_]+\(' | tr -d '(' |
		sort -u >"$WORK/declared"
	nm -D --defined-only "$SO" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort -u >"$WORK/exported"
	diff "$WORK/declared" "$WORK/exported" >"$ERR"
}

compiles() { # COMPILER FLAGS...
	"$@" -pedantic -Wall -Wextra -Werror -I"$TOP/include" -fsyntax-only - <<<'#include "iotguard/iotguard.h"' 2>"$ERR"
}

: >"$OUT" >"$ERR"
check "the loader includes public headers only" includes_only_public user/cli
check "the daemon includes public headers only" includes_only_public user/daemon
for helper in "$TOP"/user/helpers/*/; do
	helper=$(basename "$helper")
	check "helper $helper includes public headers only" includes_only_public "user/helpers/$helper"
done
check "the programs include nothing of userspace" bpf_stands_alone
if [ -e "$SO" ]; then
	check "the library exports what its header declares" exports_what_it_declares
else
	echo "skip exports the shared library is not built"
fi
check "the public header is C" compiles gcc -std=c11 -x c
if command -v g++ >/dev/null; then
	check "the public header is C++" compiles g++ -std=c++11 -x c++
else
	echo "skip header-is-C++ no C++ compiler here"
fi
done_testing
