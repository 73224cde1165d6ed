/* SPDX-License-Identifier: BSD-2-Clause */
/* `mud show`: a MUD file as sentences that a person can judge. */
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "mud.h"
#include "output.h"
#include "words.h"

static void put_field(const char *name, const char *text)
{
	if (!text)
		return;
	printf("  %-14s", name);
	mud_put(text);
	putchar('\n');
}

static void put_heading(const struct cli *cli, const char *text)
{
	printf("\n%s%s%s\n", style_on(cli, STYLE_BOLD), text, style_off(cli, STYLE_BOLD));
}

/* --- the head --- */

static void put_day(uint64_t seconds)
{
	time_t when = (time_t)seconds;
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&when, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d", &tm);
	fputs(text, stdout);
}

/* What is in use was verified when it came; of a file at hand nobody knows yet. */
static void print_signature(const struct iotguard_mud_info *info)
{
	printf("  %-14s", "signature");
	if (info->cached && info->signer) {
		fputs("by ", stdout);
		mud_put(info->signer);
		fputs(", certified by ", stdout);
		mud_put(info->issuer);
		fputs("; verified when it was fetched, ", stdout);
		put_day(info->fetched_at);
	} else if (info->cached) {
		fputs("none", stdout);
		if (info->accepted_why) {
			fputs("; a person took it into use: ", stdout);
			mud_put(info->accepted_why);
		}
	} else {
		fputs("not looked at: `mud verify` does", stdout);
	}
	putchar('\n');
}

static void print_head(const struct cli *cli, const struct iotguard_mud_info *info)
{
	fputs(style_on(cli, STYLE_BOLD), stdout);
	mud_put(info->url);
	printf("%s\n", style_off(cli, STYLE_BOLD));
	put_field("says it is", info->systeminfo);
	put_field("made by", info->manufacturer);
	put_field("model", info->model);
	put_field("firmware", info->firmware);
	put_field("software", info->software);
	put_field("documentation", info->documentation);
	put_field("last update", info->last_update ? info->last_update : "not said");
	put_field("supported",
		  info->supported ? "yes" : "no: its maker will not write another version");
	print_signature(info);
	for (size_t i = 0; i < info->n_extensions; i++)
		put_field(i ? "" : "extensions", info->extensions[i]);
	printf("  %-14s", "access lists");
	mud_print_counts(info);
	putchar('\n');
}

/* --- what it comes to --- */

static bool drops_outward(const struct iotguard_mud *mud)
{
	size_t n;
	const struct iotguard_mud_ruling *rulings = iotguard_mud_rulings(mud, &n);

	for (size_t i = 0; i < n; i++) {
		if (!rulings[i].from && rulings[i].n_rules && !rulings[i].rules[0].allows)
			return true;
	}
	return false;
}

static void print_implied(const struct cli *cli, const struct iotguard_mud *mud,
			  const struct iotguard_mud_info *info)
{
	put_heading(cli, "Without a rule");
	puts("  answers to what it may open, and to what may be opened to it\n"
	     "  DNS with the gateway's resolvers, NTP with its time servers; an address by DHCP, ARP and "
	     "IPv6 discovery that tell the truth");
	if (drops_outward(mud))
		puts("  but no DNS or NTP that it drops: a `plan` of the device says what is left");
	if (info->answers + info->infrastructure)
		printf("  %zu of its entries say no more than this\n",
		       info->answers + info->infrastructure);
}

/* Entries of that kind, each with its place and why. */
static void print_entries(const struct cli *cli, const struct iotguard_mud *mud,
			  const char *heading,
			  bool (*is_of_them)(const struct iotguard_mud_ruling *ruling))
{
	bool first = true;
	size_t n;
	const struct iotguard_mud_ruling *rulings = iotguard_mud_rulings(mud, &n);

	for (size_t i = 0; i < n; i++) {
		if (!is_of_them(&rulings[i]))
			continue;
		if (first)
			put_heading(cli, heading);
		first = false;
		fputs("  ", stdout);
		mud_put(rulings[i].entry);
		fputs(" of ", stdout);
		mud_put(rulings[i].list);
		if (rulings[i].line)
			printf(" (line %u)", rulings[i].line);
		fputs(": ", stdout);
		mud_put(rulings[i].why ? rulings[i].why : rulings[i].rules[0].text);
		putchar('\n');
	}
}

static bool fails_closed(const struct iotguard_mud_ruling *ruling)
{
	return ruling->fate == IOTGUARD_MUD_CLOSED || ruling->fate == IOTGUARD_MUD_NOTHING;
}

static bool denies_more(const struct iotguard_mud_ruling *ruling)
{
	return ruling->wider;
}

static bool has_address(const struct iotguard_mud_ruling *ruling)
{
	return ruling->address && ruling->n_rules;
}

static const char *link_words(const char *kind)
{
	static const char *const words[][2] = {
		{"sbom", "what it is made of"},
		{"sbom-local", "what it is made of: the device itself says it, by"},
		{"sbom-contact", "what it is made of: ask"},
		{"sbom-archive", "what it was made of"},
		{"vuln", "known weaknesses"},
		{"vuln-contact", "known weaknesses: ask"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(words[i][0], kind))
			return words[i][1];
	}
	return kind;
}

static void print_links(const struct cli *cli, const struct iotguard_mud *mud)
{
	size_t n;
	const struct iotguard_mud_link *links = iotguard_mud_links(mud, &n);

	if (n)
		put_heading(cli, "More from its maker (nothing of this was fetched)");
	for (size_t i = 0; i < n; i++) {
		printf("  %s", link_words(links[i].kind));
		if (links[i].version) {
			fputs(", version ", stdout);
			mud_put(links[i].version);
		}
		fputs(": ", stdout);
		mud_put(links[i].uri);
		putchar('\n');
	}
}

static void print_text(const struct cli *cli, const struct iotguard_mud *mud)
{
	struct iotguard_mud_info info;
	size_t warnings = iotguard_diag_count(cli->ig);

	iotguard_mud_describe(mud, &info);
	print_head(cli, &info);
	put_heading(cli, "It may open");
	if (!mud_print_sentences(cli, mud, false))
		puts("  nothing");
	put_heading(cli, "May be opened to it");
	if (!mud_print_sentences(cli, mud, true))
		puts("  nothing");
	print_implied(cli, mud, &info);
	print_entries(cli, mud, "Allowed by nothing, although the file says so (it fails closed)",
		      fails_closed);
	print_entries(cli, mud, "Denied is more than the file says", denies_more);
	print_entries(cli, mud, "Addresses that are written into it: find out whose they are",
		      has_address);
	print_links(cli, mud);
	if (warnings)
		printf("\n%zu %s: `mud check` says which\n", warnings,
		       plural(warnings, "warning", "warnings"));
}

static int print_json(const struct cli *cli, const struct iotguard_mud *mud)
{
	struct iotguard_mud_info info;

	iotguard_mud_describe(mud, &info);
	return output_json(json_pack("{s:o, s:o, s:o, s:o, s:o}", "head", mud_head_json(mud),
				     "summary", mud_counts_json(&info), "entries",
				     mud_rulings_json(mud), "links", mud_links_json(mud),
				     "diagnostics", json_diags(cli)));
}

int mud_show(struct cli *cli)
{
	_mud_ struct iotguard_mud *mud = NULL;
	int status;

	if (cli->n_operands != 2)
		return cli_usage_error(cli, NULL, "'mud show' wants one FILE or URL");
	status = mud_load(cli, cli->operands[1], false, &mud);
	if (status)
		return status;
	if (cli->globals.json)
		return print_json(cli, mud);
	print_text(cli, mud);
	cli->diags_printed = iotguard_diag_count(cli->ig); /* what they say is in it */
	return CLI_OK;
}
