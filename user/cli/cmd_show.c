/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "options.h"
#include "show.h"
#include "util.h"

static const struct {
	const char *name;
	int (*show)(struct cli *cli);
	int (*show_of)(struct cli *cli, const char *device); /* instead: of one, or of all (NULL) */
} subjects[] = {
	{"status", show_status, NULL},	 {"interfaces", show_interfaces, NULL},
	{"devices", show_devices, NULL}, {"leases", show_leases, NULL},
	{"pins", NULL, show_pins},	 {"flows", show_flows, NULL},
	{"policy", NULL, show_policy},	 {"stats", show_stats, NULL},
	{"changes", show_changes, NULL}, {"mud", show_mud, NULL},
};

int show_fail(struct cli *cli, int err)
{
	return err == -ENOENT ? cli_nothing_enforced(cli) : cli_fail(cli, err);
}

const char *show_reason_token(unsigned int reason)
{
	const char *token = iotguard_reason_token(reason);

	return token ? token : "unknown";
}

const char *show_reason_sentence(unsigned int reason)
{
	const char *sentence = iotguard_reason_sentence(reason);

	return sentence ? sentence : "a reason of a newer version";
}

static uint64_t packets(const struct iotguard_reason_info *reason)
{
	return reason->from.packets + reason->to.packets;
}

static int by_drops(const void *a, const void *b)
{
	const struct iotguard_reason_info *left = a, *right = b;
	bool left_drops = !iotguard_reason_passes(left->reason);
	bool right_drops = !iotguard_reason_passes(right->reason);

	if (left_drops != right_drops)
		return left_drops ? -1 : 1;
	if (packets(left) != packets(right))
		return packets(left) > packets(right) ? -1 : 1;
	return left->reason < right->reason ? -1 : left->reason > right->reason;
}

size_t show_sort_drops(struct iotguard_reason_info *reasons, size_t count)
{
	size_t n = 0;

	if (count)
		qsort(reasons, count, sizeof(*reasons), by_drops);
	while (n < count && !iotguard_reason_passes(reasons[n].reason) && packets(&reasons[n]))
		n++;
	return n;
}

static int run(struct cli *cli)
{
	const char *subject = cli->n_operands ? cli->operands[0] : "status";
	const char *device = cli->n_operands > 1 ? cli->operands[1] : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		if (strcmp(subjects[i].name, subject) != 0)
			continue;
		if (subjects[i].show_of)
			return subjects[i].show_of(cli, device);
		if (device)
			return cli_usage_error(cli, NULL, "'show %s' has no use for '%s'", subject,
					       device);
		return subjects[i].show(cli);
	}
	return cli_usage_error(
		cli,
		"status, interfaces, devices, leases, pins [DEVICE], flows, policy [DEVICE], stats, changes, mud",
		"'show' knows no '%s'", subject);
}

const struct command cmd_show = {
	.name = "show",
	.operands =
		"[status|interfaces|devices|leases|pins [DEVICE]|flows|policy [DEVICE]|stats|changes|mud]",
	.summary = "What is enforced now, in short or in detail",
	.description =
		"status      the policy in force, where, and what it did so far (default)\n"
		"interfaces  the guarded ports and the programs on them\n"
		"devices     who is known, and how much of theirs passed and was dropped\n"
		"leases      addresses that devices were seen to get, and until when\n"
		"pins        addresses that devices were told for domain names, and until when\n"
		"flows       the conversations that are admitted\n"
		"policy      the rules in the order of judgement, of all devices or one\n"
		"stats       packets by reason, events, memory\n"
		"changes     what was done to the policy, when and by whom: the last 64\n"
		"mud         MUD URLs that machines told by DHCP or LLDP, and what became of them",
	.max_operands = 2,
	.run = run,
};
