/* SPDX-License-Identifier: BSD-2-Clause */
/* What a MUD file says and what it comes to, as others read it. */
#include <errno.h>
#include <string.h>

#include "mud_file.h"
#include "snapshot.h"
#include "util.h"

/* --- sentences --- */

/* What stands behind remote and service. */
static int describe_rule(struct iotguard_mud *mud, const struct ig_rule *made,
			 struct iotguard_mud_rule *out)
{
	char text[IG_RULE_TEXT_MAX], part[IG_RULE_TEXT_MAX];
	struct ig_rule bare = *made;
	size_t n;

	bare.because = NULL; /* that it is of this entry is known here */
	ig_rule_print(&bare, text, sizeof(text));
	out->allows = bare.action == IG_RULE_ALLOWS;
	out->text = ig_result_string(mud->arena, text);
	ig_remote_print(&bare.remote, part, sizeof(part));
	out->remote = ig_result_string(mud->arena, part);
	n = strlen(out->allows ? "allow " : "deny ") +
	    strlen(bare.side == IG_RULE_TO ? "to " : "from ") + strlen(part);
	n += ig_service_print(&bare.service, part, sizeof(part)) ? 1 + strlen(part) : 0;
	out->service = ig_result_string(mud->arena, part);
	out->options = ig_result_string(mud->arena, text[n] ? text + n + 1 : "");
	return *out->text && *out->remote ? 0 : -ENOMEM;
}

static enum iotguard_mud_fate fate_of(enum ig_mud_fate fate)
{
	static const enum iotguard_mud_fate fates[] = {
		[IG_MUD_RULES] = IOTGUARD_MUD_RULES,
		[IG_MUD_ANSWERS] = IOTGUARD_MUD_ANSWERS,
		[IG_MUD_INFRASTRUCTURE] = IOTGUARD_MUD_INFRASTRUCTURE,
		[IG_MUD_NOTHING] = IOTGUARD_MUD_NOTHING,
		[IG_MUD_CLOSED] = IOTGUARD_MUD_CLOSED,
	};

	return fates[fate];
}

static int describe_ruling(struct iotguard_mud *mud, const struct ig_mud_ruling *made,
			   struct iotguard_mud_ruling *out)
{
	struct iotguard_mud_rule *rules = ig_result_add(mud->arena, made->count * sizeof(*rules));
	int err = rules ? 0 : -ENOMEM;

	*out = (struct iotguard_mud_ruling){
		.list = made->acl->name,
		.entry = made->ace->name,
		.line = made->ace->line,
		.from = made->side == IG_MUD_TO_DEVICE,
		.fate = fate_of(made->fate),
		.wider = made->wider,
		.address = made->literal && made->fate == IG_MUD_RULES,
		.why = *made->why ? made->why : NULL,
		.rules = rules,
		.n_rules = made->count,
	};
	for (size_t i = 0; i < made->count && !err; i++)
		err = describe_rule(mud, &mud->made.rules.items[made->first + i], &rules[i]);
	return err;
}

static void describe_links(struct iotguard_mud *mud)
{
	static const char *const kinds[] = {
		[IG_MUD_SBOM] = "sbom",
		[IG_MUD_SBOM_LOCAL] = "sbom-local",
		[IG_MUD_SBOM_CONTACT] = "sbom-contact",
		[IG_MUD_SBOM_ARCHIVE] = "sbom-archive",
		[IG_MUD_VULN] = "vuln",
		[IG_MUD_VULN_CONTACT] = "vuln-contact",
	};

	for (size_t i = 0; i < mud->mud.n_links; i++) {
		const struct ig_mud_link *link = &mud->mud.links[i];

		mud->links[i] =
			(struct iotguard_mud_link){kinds[link->kind], link->uri, link->version};
	}
}

int ig_mud_describe_all(struct iotguard_mud *mud)
{
	int err = 0;

	mud->arena = ig_result_new(0);
	if (!mud->arena)
		return -ENOMEM;
	mud->rulings = ig_result_add(mud->arena, mud->made.n_rulings * sizeof(*mud->rulings));
	mud->links = ig_result_add(mud->arena, mud->mud.n_links * sizeof(*mud->links));
	if (!mud->rulings || !mud->links)
		return -ENOMEM;
	for (size_t i = 0; i < mud->made.n_rulings && !err; i++)
		err = describe_ruling(mud, &mud->made.rulings[i], &mud->rulings[i]);
	describe_links(mud);
	return err;
}

/* --- the head --- */

static void count_fates(const struct iotguard_mud *mud, struct iotguard_mud_info *info)
{
	size_t *const counts[] = {
		[IOTGUARD_MUD_RULES] = &info->became_rules,
		[IOTGUARD_MUD_ANSWERS] = &info->answers,
		[IOTGUARD_MUD_INFRASTRUCTURE] = &info->infrastructure,
		[IOTGUARD_MUD_NOTHING] = &info->nothing,
		[IOTGUARD_MUD_CLOSED] = &info->closed,
	};

	info->entries = mud->made.n_rulings;
	for (size_t i = 0; i < mud->made.n_rulings; i++) {
		++*counts[mud->rulings[i].fate];
		info->wider += mud->rulings[i].wider;
		info->addresses += mud->rulings[i].address;
	}
}

void iotguard_mud_describe(const struct iotguard_mud *mud, struct iotguard_mud_info *info)
{
	const struct ig_mud_entry *entry = &mud->entry;
	const struct ig_mud *head = &mud->mud;

	*info = (struct iotguard_mud_info){
		.file = mud->file,
		.url = head->url,
		.last_update = head->last_update,
		.systeminfo = head->systeminfo,
		.manufacturer = head->manufacturer,
		.model = head->model,
		.firmware = head->firmware,
		.software = head->software,
		.documentation = head->documentation,
		.signature = head->signature,
		.supported = head->supported,
		.cache_hours = head->cache_hours,
		.extensions = (const char *const *)head->extensions,
		.n_extensions = head->n_extensions,
		.cached = mud->cached,
		.signer = entry->signer.subject,
		.issuer = entry->signer.issuer,
		.fetched_at = entry->fetched_at,
		.checked_at = entry->checked_at,
		.accepted_why = entry->accepted_unsigned.at ? entry->accepted_unsigned.why ?: ""
							    : NULL,
	};
	memcpy(info->sha256, mud->sha256, sizeof(info->sha256));
	count_fates(mud, info);
}

const struct iotguard_mud_link *iotguard_mud_links(const struct iotguard_mud *mud, size_t *count)
{
	*count = mud->mud.n_links;
	return mud->links;
}

const struct iotguard_mud_ruling *iotguard_mud_rulings(const struct iotguard_mud *mud,
						       size_t *count)
{
	*count = mud->made.n_rulings;
	return mud->rulings;
}

const char *iotguard_mud_fate_name(enum iotguard_mud_fate fate)
{
	switch (fate) {
	case IOTGUARD_MUD_RULES:
		return "rules";
	case IOTGUARD_MUD_ANSWERS:
		return "answers";
	case IOTGUARD_MUD_INFRASTRUCTURE:
		return "infrastructure";
	case IOTGUARD_MUD_NOTHING:
		return "nothing";
	case IOTGUARD_MUD_CLOSED:
		return "closed";
	}
	return NULL;
}
