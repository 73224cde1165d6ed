#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The house: the loader and the helpers stand on the public headers alone, and the programs in the kernel on
# nothing of userspace. What the library is for others is in test_library.sh.

TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

# Every quoted include of a folder is of that folder or of include/, or one of the library's that are named.
includes_only_public() { # FOLDER [HEADER...]
	local header bad=0
	while read -r header; do
		if [ ! -e "$TOP/$1/$header" ] && [ "$header" != iotguard/iotguard.h ] && [[ " ${*:2} " != *" $header "* ]]; then
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

: >"$OUT" >"$ERR"
check "the loader includes public headers only" includes_only_public user/cli
check "the daemon includes public headers only" includes_only_public user/daemon
for helper in "$TOP"/user/helpers/*/; do
	helper=$(basename "$helper")
	shared=()
	# What it writes, the library reads, and nobody else: that is no interface for others.
	[ "$helper" != mud ] || shared=(diag.h mud.h mud_cache.h mud_entry.h mud_url.h)
	check "helper $helper includes public headers only" includes_only_public "user/helpers/$helper" "${shared[@]}"
done
check "the programs include nothing of userspace" bpf_stands_alone
done_testing
