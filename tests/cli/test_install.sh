#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# `make install` brings everything to where it belongs, `make uninstall` takes all of it away again, and what
# packages say of the library is so.

TREE=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"

# What is built is taken as it is (-o all): this asks where it goes.
make_target() {
	make -C "$TREE" --no-print-directory -o all "$1" BUILD="$BUILD_DIR" DESTDIR="$WORK/stage" PREFIX=/usr \
		>"$OUT" 2>"$ERR"
}

left() {
	find "$WORK/stage" ! -type d -o -name '*iotguard*'
}

installed() { # PATH...
	local path
	for path; do
		[ -e "$WORK/stage/$path" ] || { echo "no $path"; return 1; }
	done
}

# Each file of a kind in the tree is there.
all_of() { # DIRECTORY FILE...
	local file
	for file in "${@:2}"; do
		[ -e "$WORK/stage/$1/$(basename "$file")" ] || { echo "no $1/$(basename "$file")"; return 1; }
	done
}

none_left() {
	local left
	left=$(left)
	[ -z "$left" ] || { echo "$left"; return 1; }
}

no_placeholder() {
	! grep -rn '@[A-Z]*@' "$WORK/stage/usr/lib/systemd" "$WORK/stage/usr/libexec" "$WORK/stage/usr/lib/pkgconfig" --include='*' -I
}

programs_are_there() { # those that units name
	local program
	for program in $(sed -n 's/^Exec[A-Za-z]*=\(\/usr\/[^ ]*iotguard[^ ]*\).*/\1/p' "$WORK/stage/usr/lib/systemd/system"/*); do
		[ -x "$WORK/stage$program" ] || { echo "no $program"; return 1; }
	done
}

check "it installs" make_target install
check "the programs" installed usr/sbin/iotguard-load usr/sbin/iotguardd
check "the library" installed usr/lib/libiotguard.so usr/lib/libiotguard.so.0 usr/lib/libiotguard.a \
	usr/lib/pkgconfig/libiotguard.pc
check "the headers" all_of usr/include/iotguard "$TREE"/include/iotguard/*
check "the units" all_of usr/lib/systemd/system "$TREE"/packaging/systemd/*
check "the rule of udev" all_of usr/lib/udev/rules.d "$TREE"/packaging/udev/*
check "the user" all_of usr/lib/sysusers.d "$TREE"/packaging/sysusers.d/*
check "the examples" all_of usr/share/iotguard/examples "$TREE"/examples/*
check "the schemas" all_of usr/share/iotguard/schema "$TREE"/docs/schema/*
check "what is set in /etc" all_of etc/iotguard "$TREE"/packaging/etc/*
check "the completions" installed usr/share/bash-completion/completions/iotguard-load \
	usr/share/zsh/site-functions/_iotguard-load
if command -v scdoc >/dev/null; then
	check "the manual" installed usr/share/man/man8/iotguard-load.8 usr/share/man/man8/iotguardd.8 \
		usr/share/man/man5/iotguard.inventory.5
else
	echo "skip manual there is no scdoc here"
fi
check "every path is filled in" no_placeholder
check "units name programs that are there" programs_are_there
check "it installs over itself" make_target install

cp -r "$WORK/stage" "$WORK/first"
check "it is taken away" make_target uninstall
check "and nothing is left" none_left

make_target install
echo "lan*" >>"$WORK/stage/etc/iotguard/backstop.conf"
: >"$WORK/stage/etc/iotguard/inventory.yaml"
check "installing again lets be what was changed in /etc" make_target install
check "which is so" grep -q '^lan' "$WORK/stage/etc/iotguard/backstop.conf"
check "so does taking it away" make_target uninstall
check "and nothing else is left" test "$(left | sort | sed "s|$WORK/stage/||" | tr '\n' ' ')" = \
	"etc/iotguard etc/iotguard/backstop.conf etc/iotguard/inventory.yaml "

# --- the packages -----------------------------------------------------------------------------

# The list of what the library exports is made by `packaging/deb symbols`.
symbols_are_listed() {
	diff <(sed -n 's/^ \(iotguard_[a-z0-9_]*@IOTGUARD_[0-9.]*\) .*/\1/p' "$TREE/packaging/debian/libiotguard0.symbols" | sort) \
		<(nm -D --defined-only "$WORK/first/usr/lib/libiotguard.so.0" | sed -n 's/.* T \(iotguard_.*\)/\1/p' | sed 's/@@/@/' | sort)
}
if command -v nm >/dev/null; then
	check "the package lists what the library exports" symbols_are_listed
else
	echo "skip symbols there is no nm here"
fi

# Every directory with something in it belongs to one of the packages.
all_packaged() {
	local file pattern found
	for file in $(cd "$WORK/first" && find . -type f -o -type l | sed 's|^\./||; s|^usr/lib/systemd|lib/systemd|; s|^usr/lib/udev|lib/udev|'); do
		found=
		for pattern in $(cat "$TREE"/packaging/debian/*.install); do
			# shellcheck disable=SC2053 # a pattern
			[[ ${file/#usr\/lib\/lib/usr/lib/any/lib} == $pattern* || ${file/#usr\/lib\/pkg/usr/lib/any/pkg} == $pattern* ]] && found=1
		done
		[ -n "$found" ] || { echo "$file is in no package"; return 1; }
	done
}
check "each file is in a package" all_packaged

# --- after an upgrade -------------------------------------------------------------------------

# upgrade ABI_IN_FORCE SHA256: a loader that says so, and writes down whether it applied.
cat >"$WORK/loader" <<'SH'
#!/bin/sh
case $1 in
show) cat "$STATE_JSON" 2>/dev/null ;;
version) printf '{\n  "version": "9",\n  "abi": 5,\n  "helpers": {}\n}\n' ;;
check) printf '{\n  "inventory": "%s",\n  "summary": {\n    "devices": 1,\n    "sha256": "aa"\n  }\n}\n' "$3" ;;
apply) echo "$2" >>"$APPLIED"; [ -z "$BROKEN" ] ;;
esac
SH
chmod +x "$WORK/loader"
export STATE_JSON=$WORK/state.json APPLIED=$WORK/applied BROKEN=
sed "s|@SBINDIR@|/nowhere|" "$TREE/packaging/libexec/upgrade.in" >"$WORK/upgrade"

upgrade() { # ENFORCED ABI SHA256 INVENTORY
	rm -f "$APPLIED"
	printf '{\n  "enforced": %s,\n  "generation": 3,\n  "inventory": "%s",\n  "sha256": "%s",\n  "abi": %s\n}\n' \
		"$1" "$4" "$3" "$2" >"$STATE_JSON"
	STATUS=0
	IOTGUARD_LOAD=$WORK/loader sh "$WORK/upgrade" >"$OUT" 2>"$ERR" || STATUS=$?
}
applied() { # what upgrade is told; the inventory is applied
	upgrade "$@"
	[ "$STATUS" = 0 ] && [ "$(cat "$APPLIED")" = "$4" ] && grep -q "by the programs of this version" "$OUT"
}
stands() { # WORDS, and what upgrade is told; nothing is applied, and it is said why
	upgrade "${@:2}"
	[ "$STATUS" = 0 ] && [ ! -e "$APPLIED" ] && { [ -z "$1" ] || grep -qF -e "$1" "$ERR"; }
}
failed_to_apply() {
	upgrade true 5 aa /etc/iotguard/inventory.yaml
	[ "$STATUS" = 0 ] && grep -qF "goes on being enforced" "$ERR"
}

check "upgrade: the same inventory is applied" applied true 5 aa /etc/iotguard/inventory.yaml
check "upgrade: wherever it lies" applied true 5 aa "/srv/an inventory.yaml"
check "upgrade: where nothing is enforced, nothing is done" stands "" false 5 aa /etc/iotguard/inventory.yaml
check "upgrade: and nothing said" test ! -s "$ERR"
check "upgrade: programs of another version go on" stands "they speak version 4, this iotguard speaks 5" \
	true 4 aa /etc/iotguard/inventory.yaml
cannot_read() {
	rm -f "$APPLIED" "$STATE_JSON"
	STATUS=0
	IOTGUARD_LOAD=$WORK/loader sh "$WORK/upgrade" >"$OUT" 2>"$ERR" || STATUS=$?
	[ "$STATUS" = 0 ] && [ ! -e "$APPLIED" ] && grep -qF "cannot read what they have" "$ERR"
}
check "upgrade: programs that cannot even be asked go on" cannot_read
check "upgrade: an edited inventory is not applied" stands "or a MUD file that it uses, is not as it was applied" true 5 bb /etc/iotguard/inventory.yaml
check "upgrade: nor one that may lie anywhere" stands "is not known" true 5 aa inventory.yaml
BROKEN=1
check "upgrade: what cannot be applied changes nothing" failed_to_apply

# --- the backstop's own rules -----------------------------------------------------------------

sed "s|@SBINDIR@|/nowhere|" "$TREE/packaging/libexec/backstop.in" >"$WORK/backstop"
backstop() { # CONF
	printf '%b' "$1" >"$WORK/backstop.conf"
	printf '{\n  "enforced": false\n}\n' >"$STATE_JSON"
	STATUS=0
	IOTGUARD_LOAD=$WORK/loader IOTGUARD_BACKSTOP_CONF=$WORK/backstop.conf sh "$WORK/backstop" print >"$OUT" 2>"$ERR" || STATUS=$?
}
backstop_names() { # NFT CONF
	backstop "$2"
	says "iifname { $1 }"
}
backstop_refuses() { # WORDS CONF
	backstop "$2"
	exits 1 "$1" && silent
}
if command -v nft >/dev/null && command -v ip >/dev/null; then
	check "backstop: names and beginnings of names" backstop_names '"lan*", "eth1"' '# LAN\nlan*\n\neth1 # and this\n'
	check "backstop: no name" backstop_refuses "names no interface" '# lan*\n'
	check "backstop: two in a line" backstop_refuses "backstop.conf:2" 'lan0\nlan1 lan2\n'
	check "backstop: what nft would read otherwise" backstop_refuses "backstop.conf:1" 'lan0"}accept\n'
	check "backstop: a name that is too long" backstop_refuses "backstop.conf:1" 'abcdefghijklmnop\n'
else
	echo "skip backstop there is no nft or ip here"
fi

done_testing
