/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

static const char *const results[] = {
	[RESULT_NEW] = "new",
	[RESULT_UNCHANGED] = "unchanged",
	[RESULT_NOT_DUE] = "not-due",
	[RESULT_FAILED] = "failed",
};

/* --- JSON --- */

/* Messages have bytes of strangers in them. */
static json_t *text_json(const char *text)
{
	_free_ char *safe = text && *text ? safe_text(text) : NULL;

	return safe ? json_string(safe) : json_null();
}

static json_t *signer_json(const struct ig_mud_signer *signer)
{
	if (!signer || !signer->subject)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:I}", "subject", signer->subject, "issuer",
			 signer->issuer, "sha256", signer->sha256, "not_after",
			 (json_int_t)signer->not_after);
}

static int append(struct job *job, json_t *object)
{
	if (!job->report)
		job->report = json_array();
	return !object || json_array_append_new(job->report, object) ? -ENOMEM : 0;
}

static json_t *path_json(const struct job *job, const struct ig_mud_entry *entry)
{
	char path[PATH_MAX];

	if (!entry ||
	    ig_mud_cache_path(job->cache_dir, entry->url, IG_MUD_CURRENT, path, sizeof(path)))
		return json_null();
	return text_json(path);
}

static json_t *fetched_json(const struct job *job, const char *url, enum result result,
			    const struct ig_mud_entry *entry, const struct why *why)
{
	return json_pack("{s:o, s:s, s:o, s:o, s:I, s:I, s:o, s:o, s:o}", "url", text_json(url),
			 "result", results[result], "path", path_json(job, entry), "sha256",
			 text_json(entry ? entry->sha256 : NULL), "fetched_at",
			 (json_int_t)(entry ? entry->fetched_at : 0), "checked_at",
			 (json_int_t)(entry ? entry->checked_at : 0), "signer",
			 signer_json(entry ? &entry->signer : NULL), "error",
			 text_json(why ? why->text : NULL), "hint",
			 text_json(why ? why->hint : NULL));
}

/* --- text --- */

/* Everything that is printed is a URL, a name in ASCII, a number or a path, and escaped where it could be more. */
static void print_signer(const struct ig_mud_signer *signer)
{
	char date[DATE_TEXT];

	printf("    signed by  %s\n    issued by  %s\n    until      %s\n", signer->subject,
	       signer->issuer, date_text(signer->not_after, date));
}

static void print_fetched(const char *url, enum result result, const struct ig_mud_entry *entry)
{
	char date[DATE_TEXT];

	if (result == RESULT_NEW) {
		printf("%s: new, %llu bytes\n", url, (unsigned long long)entry->size);
		if (entry->signer.subject)
			print_signer(&entry->signer);
		else
			printf("    not signed\n");
	} else if (result == RESULT_UNCHANGED) {
		printf("%s: unchanged since %s\n", url, date_text(entry->fetched_at, date));
	}
}

/* --- both --- */

static void say_kept(struct job *job, const char *url, const struct ig_mud_entry *entry)
{
	char date[DATE_TEXT];

	if (entry)
		ig_diag_add(&job->diags, IOTGUARD_NOTE, &(struct ig_loc){.file = url}, NULL,
			    "the file of %s stays in use", date_text(entry->fetched_at, date));
	say_diags(job);
}

int report_fetched(struct job *job, const char *url, enum result result,
		   const struct ig_mud_entry *entry, const struct why *why)
{
	if (result == RESULT_FAILED) {
		job->failed = true;
		say_why(job, url, why);
		say_kept(job, url, entry);
	}
	if (job->json)
		return append(job, fetched_json(job, url, result, entry, why));
	print_fetched(url, result, entry);
	return 0;
}

static json_t *verified_json(const char *subject, const struct ig_mud_signer *signer,
			     const struct why *why)
{
	return json_pack("{s:o, s:b, s:o, s:o, s:o}", "file", text_json(subject), "verified", !why,
			 "signer", signer_json(signer), "error", text_json(why ? why->text : NULL),
			 "hint", text_json(why ? why->hint : NULL));
}

int report_verified(struct job *job, const char *subject, const struct ig_mud_signer *signer,
		    const struct why *why)
{
	_free_ char *safe = safe_text(subject);

	if (why) {
		job->failed = true;
		say_why(job, subject, why);
	}
	if (job->json)
		return append(job, verified_json(subject, signer, why));
	if (!why && safe) {
		printf("%s: verified\n", safe);
		print_signer(signer);
	}
	return safe ? 0 : -ENOMEM;
}

int report_unread(struct job *job, const char *subject, const struct why *why)
{
	job->failed = true;
	say_why(job, NULL, why);
	return job->json ? append(job, verified_json(subject, NULL, why)) : 0;
}

int report_end(struct job *job)
{
	_free_ char *text = NULL;
	json_t *all;

	if (!job->json)
		return 0;
	all = json_pack("{s:o}", "files", job->report ? job->report : json_array());
	job->report = NULL;
	text = all ? json_dumps(all, JSON_INDENT(2)) : NULL;
	json_decref(all);
	if (!text)
		return -ENOMEM;
	printf("%s\n", text);
	return 0;
}
