/* SPDX-License-Identifier: BSD-2-Clause */
/* What the subcommands of `mud` share that read files themselves. */
#include <errno.h>

#include "mud.h"
#include "options.h"
#include "output.h"
#include "words.h"

int mud_load(struct cli *cli, const char *source, bool previous, struct iotguard_mud **mud)
{
	const struct mud_options *chosen = cli->options;
	struct iotguard_mud_opts opts = IOTGUARD_OPTS(
		iotguard_mud_opts, .cache = chosen->cache,
		.private_addresses = chosen->private_addresses == 1, .previous = previous);
	int err = iotguard_mud_load(cli->ig, source, &opts, mud);

	if (!err)
		return CLI_OK;
	if (err == -EPERM || err == -EINVAL)
		return cli_fail_inventory(cli, err);
	return cli_fail(cli, err);
}

void mud_put(const char *text)
{
	char usual[TEXT_USUAL];
	size_t n = iotguard_escape_text(text, usual, sizeof(usual));
	_free_ char *longer = n < sizeof(usual) ? NULL : safe_copy(text);

	fputs(longer ? longer : usual, stdout);
}

void mud_print_counts(const struct iotguard_mud_info *info)
{
	const struct {
		size_t n;
		const char *one, *many;
	} counts[] = {
		{info->became_rules, "becomes rules", "become rules"},
		{info->answers, "is about answers", "are about answers"},
		{info->infrastructure, "is infrastructure", "are infrastructure"},
		{info->nothing, "matches nothing", "match nothing"},
		{info->closed, "allows nothing", "allow nothing"},
	};
	const char *before = ": ";

	printf("%zu %s", info->entries, plural(info->entries, "entry", "entries"));
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		if (!counts[i].n)
			continue;
		printf("%s%zu %s", before, counts[i].n,
		       plural(counts[i].n, counts[i].one, counts[i].many));
		before = ", ";
	}
}
