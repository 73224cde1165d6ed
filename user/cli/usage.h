/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a usage line allows: `[status|policy [DEVICE]]` says which words may stand where.
 */
#pragma once

#include <stddef.h>

#include "cli.h"

/* Of a usage line that is spelt out, at most. */
#define USAGE_MAX 256

/*
 * Calls @visit with every operand that @command may have: the @place of it, from 0; @before, the operands in front of
 * it, each a word or "*" for any, with a space between; and @word, either itself or in capital letters what is put in
 * its place. The same may come more than once. Options that stand in the usage line are left out.
 */
void usage_operands(const struct command *command,
		    void (*visit)(const struct command *command, size_t place, const char *before,
				  const char *word));
