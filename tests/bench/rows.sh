# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Rows of the table, said by a script; bench.h says what a row has. Sourced; rows go to descriptor 3, $LAB is a
# directory. What was measured is kept by name, a value a round, in the order of rounds.

ROW_ROUNDS=${BENCH_ROUNDS:-7}

# row_value NAME NUMBER: one more.
row_value() {
	echo "$2" >>"$LAB/value-$1"
}

# row_difference NAME A B: A less B, round by round.
row_difference() {
	paste "$LAB/value-$2" "$LAB/value-$3" | awk '{ print $1 - $2 }' >"$LAB/value-$1"
}

# row_median NAME
row_median() {
	sort -g "$LAB/value-$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}

# row GROUP NAME UNIT PARAMETERS VALUES [TARGET]: PARAMETERS and TARGET are members of an object, or empty.
row() {
	local sorted
	sorted=$(sort -g "$LAB/value-$5") || return
	printf '{"group":"%s","name":"%s","unit":"%s","parameters":{%s},"value":%s,"min":%s,"max":%s%s}\n' \
		"$1" "$2" "$3" "$4" "$(row_median "$5")" "$(head -n 1 <<<"$sorted")" "$(tail -n 1 <<<"$sorted")" \
		"${6:+,$6}" >&3
}
