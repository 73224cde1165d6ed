/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `mud fetch`: each URL is asked, and what comes is taken into use only if all of it is in order; until then, and
 * whatever goes wrong, what was in use before stays in use.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "mud.h"
#include "report.h"
#include "store.h"
#include "transfer.h"
#include "trust.h"

/* One URL on its way. */
struct errand {
	struct job *job;
	char url[IG_MUD_URL_MAX]; /* canonical */
	uint64_t now;
	struct ig_mud_entry before; /* what is known of the file in use; url NULL: there is none */
	struct blob old; /* that file; empty: it is not as it is known, or there is none */
	struct transfer file, signature;
	char signature_url[IG_MUD_URL_MAX]; /* empty: nothing came from there */
	struct ig_mud_entry after;
	struct why why;
};

static void errand_clear(struct errand *errand)
{
	ig_mud_entry_clear(&errand->before);
	ig_mud_entry_clear(&errand->after);
	blob_clear(&errand->old);
	transfer_clear(&errand->file);
	transfer_clear(&errand->signature);
}

static const struct ig_mud_entry *before(const struct errand *errand)
{
	return errand->before.url ? &errand->before : NULL;
}

/* --- what is there already --- */

/*
 * A file in the cache that cannot be used is as good as not there: it is fetched anew, which is said. Not so what is known
 * of it: with that the signer would be forgotten that the next one is held against.
 */
static int look(struct errand *errand)
{
	struct job *job = errand->job;
	int err = ig_mud_cache_entry(&job->diags, job->cache_dir, errand->url, &errand->before);

	say_diags(job);
	if (err == -ENOMEM || err == -ENOENT)
		return err == -ENOENT ? 0 : err;
	if (err)
		return why_say(
			&errand->why, NULL,
			"nobody knows who signed the file before, as long as that cannot be read");
	err = ig_mud_cache_read(&job->diags, job->cache_dir, errand->url, IG_MUD_CURRENT,
				&errand->old.bytes, &errand->old.size);
	say_diags(job);
	return err == -ENOMEM ? err : 0;
}

static bool is_old(const struct errand *errand, const struct blob *blob)
{
	return errand->old.bytes && errand->old.size == blob->size &&
	       !memcmp(errand->old.bytes, blob->bytes, blob->size);
}

/* Is the file there the one that is known, and not the one before it, of a writer that was killed? */
static bool is_current(const struct errand *errand)
{
	return errand->old.bytes && errand->old.size == errand->before.size;
}

/* --- the file --- */

static int check_status(const struct transfer *transfer, bool conditional, struct why *why)
{
	if (transfer->status == 200 || (transfer->status == 304 && conditional))
		return 0;
	return why_say(why, NULL, "the server answers with status %ld instead of 200",
		       transfer->status);
}

static bool is_html(const struct transfer *transfer)
{
	const char *start = transfer->body.bytes;

	while (*start && strchr(" \t\r\n\xef\xbb\xbf", *start))
		start++;
	return *start == '<' || (transfer->type && !strncasecmp(transfer->type, "text/html", 9));
}

static int fetch_file(struct errand *errand)
{
	struct transfer *file = &errand->file;
	bool conditional;
	int err;

	*file = (struct transfer){
		.url = errand->url,
		.accept = "application/mud+json",
		.most = IG_MUD_BYTES_MAX,
		.ca = &errand->job->ca,
		.timeout_s = errand->job->timeout_s,
	};
	if (is_current(errand)) {
		file->etag = errand->before.etag;
		file->last_modified = errand->before.last_modified;
	}
	conditional = file->etag || file->last_modified;
	err = transfer_run(file, &errand->why);
	err = err ?: check_status(file, conditional, &errand->why);
	if (err || file->status == 304)
		return err;
	if (!file->body.size)
		return why_say(&errand->why, NULL, "the server sends an empty file");
	if (is_html(file))
		return why_say(&errand->why, "such a page often says that there is no such file",
			       "the server sends a page of the web (HTML) instead of a MUD file, "
			       "with status 200");
	return 0;
}

/* --- its signature --- */

/*
 * Where the signature is, says the file that it signs: so this one name is read before anything is verified, with a parser
 * that has limits, in a process without rights, and used for nothing but to ask for the signature. Whoever wrote the file
 * could have put the signature there anyway. 1: in @reference, for the caller to free; 0: it does not say.
 */
static int read_reference(const struct blob *file, char **reference, struct why *why)
{
	json_error_t error;
	json_t *root = json_loadb(file->bytes, file->size, JSON_REJECT_DUPLICATES, &error);
	const json_t *mud = json_object_get(root, "ietf-mud:mud"), *value;
	int found = 0;

	if (!root)
		return why_say(why, NULL, "not JSON, at line %d: %s", error.line, error.text);
	value = json_object_get(mud, "mud-signature");
	if (!value)
		value = json_object_get(mud, "ietf-mud:mud-signature");
	if (json_is_string(value)) {
		*reference = strdup(json_string_value(value));
		found = *reference ? 1 : -ENOMEM;
	}
	json_decref(root);
	return found;
}

/* By convention, where a file does not say: beside it, X.p7s of X.json or of X. */
static int guess_reference(const char *url, char out[IG_MUD_URL_MAX])
{
	size_t n = strcspn(url, "?");

	if (url[n] || url[n - 1] == '/')
		return 0;
	if (n > 5 && !strcmp(url + n - 5, ".json"))
		n -= 5;
	if (n + sizeof(".p7s") > IG_MUD_URL_MAX)
		return 0;
	memcpy(out, url, n);
	strcpy(out + n, ".p7s");
	return 1;
}

/* 1: to ask for at signature_url, and *@said: because the file says so; 0: nowhere. */
static int find_signature(struct errand *errand, bool *said)
{
	_free_ char *reference = NULL;
	int found = read_reference(&errand->file.body, &reference, &errand->why);
	const char *reason;

	*said = found > 0;
	if (found < 0)
		return found;
	if (!found)
		return guess_reference(errand->url, errand->signature_url);
	if (ig_mud_url_resolve(errand->url, reference, errand->signature_url, &reason))
		return why_say(&errand->why, NULL, "its mud-signature '%.256s' cannot be used: %s",
			       reference, reason);
	return 1;
}

/* What was only guessed, and is not there or is no signature, is none. */
static bool is_there(const struct transfer *transfer, bool said)
{
	if (transfer->status == 404 || transfer->status == 410)
		return false;
	if (said)
		return true;
	return transfer->status == 200 && signature_is_one(&transfer->body);
}

static int fetch_signature(struct errand *errand)
{
	struct transfer *signature = &errand->signature;
	struct why inner = {};
	bool said = false;
	int found = find_signature(errand, &said), err;

	if (found <= 0)
		return found;
	*signature = (struct transfer){
		.url = errand->signature_url,
		.accept = "application/pkcs7-signature",
		.most = IG_MUD_SIGNATURE_MAX,
		.ca = &errand->job->ca,
		.timeout_s = errand->job->timeout_s,
	};
	err = transfer_run(signature, &inner);
	if (!err && !is_there(signature, said)) {
		transfer_clear(signature);
		*errand->signature_url = '\0';
		return 0;
	}
	err = err ?: check_status(signature, false, &inner);
	if (err == -EINVAL)
		return why_say(&errand->why, *inner.hint ? inner.hint : NULL,
			       "its signature, %s: %s", errand->signature_url, inner.text);
	return err;
}

/* --- whether it is in order --- */

static int judge(struct errand *errand)
{
	struct job *job = errand->job;
	_cleanup_(seal_clear) struct seal seal = {};
	bool is_signed = *errand->signature_url;
	int err = 0;

	if (is_signed)
		err = signature_verify(&job->signer_ca, &errand->file.body, &errand->signature.body,
				       errand->now, &seal, &errand->why);
	return err
		       ?: trust_judge(job, is_signed ? &seal : NULL, before(errand), errand->now,
				      &errand->after, &errand->why);
}

/* The first error of the reader; its warnings are handed on. */
static int take_diags(struct errand *errand, const struct ig_diags *found)
{
	struct ig_loc where = {.file = errand->url};

	for (size_t i = 0; i < found->count; i++) {
		const struct iotguard_diag *diag = &found->items[i];

		if (diag->severity == IOTGUARD_ERROR)
			return why_say(&errand->why, diag->hint,
				       "not a MUD file that can be used: %s", diag->message);
		ig_diag_add(&errand->job->diags, diag->severity, &where, diag->hint, "%s",
			    diag->message);
	}
	return 0;
}

static int check_url(struct errand *errand, const struct ig_mud *mud)
{
	char own[IG_MUD_URL_MAX];
	const char *reason;

	if (ig_mud_url_canonical(mud->url, own, &reason))
		return why_say(&errand->why, NULL, "its mud-url '%.256s' cannot be used: %s",
			       mud->url, reason);
	if (strcmp(own, errand->url) != 0)
		return why_say(&errand->why, "if that is the device's, fetch it by that URL",
			       "it is the MUD file of another URL: its mud-url is '%s'", own);
	return 0;
}

static int read_file(struct errand *errand)
{
	const struct blob *body = &errand->file.body;
	_cleanup_(ig_diags_clear) struct ig_diags found = {};
	struct ig_mud mud = {};
	int err = ig_mud_read(&found, errand->url, body->bytes, body->size, &mud), said;

	said = take_diags(errand, &found);
	if (err == -EINVAL && !said)
		why_say(&errand->why, NULL, "not a MUD file that can be used");
	err = err ?: check_url(errand, &mud);
	errand->after.cache_hours = mud.cache_hours;
	ig_mud_clear(&mud);
	return err;
}

/* --- what becomes of it --- */

static int copy_text(const char *from, char **to)
{
	free(*to);
	*to = from && *from ? strdup(from) : NULL;
	return from && *from && !*to ? -ENOMEM : 0;
}

static void hash(const struct blob *blob, char hex[IG_MUD_HEX])
{
	uint8_t digest[IG_SHA256_SIZE];
	struct ig_sha256 sha;

	ig_sha256_init(&sha);
	ig_sha256_update(&sha, blob->bytes, blob->size);
	ig_sha256_final(&sha, digest);
	ig_sha256_hex(digest, hex);
}

static int describe(struct errand *errand)
{
	struct ig_mud_entry *after = &errand->after;
	int err = copy_text(errand->url, &after->url);

	hash(&errand->file.body, after->sha256);
	if (errand->old.bytes)
		hash(&errand->old, after->previous);
	else
		memcpy(after->previous, errand->before.previous, sizeof(after->previous));
	after->size = errand->file.body.size;
	after->fetched_at = after->checked_at = errand->now;
	err = err ?: copy_text(errand->file.new_etag, &after->etag);
	err = err ?: copy_text(errand->file.new_last_modified, &after->last_modified);
	return err ?: copy_text(errand->signature_url, &after->signature_url);
}

/* What the server says to be the same as before. */
static int touch(struct errand *errand)
{
	struct ig_mud_entry *known = &errand->before;
	int err = 0;

	known->checked_at = errand->now;
	known->error_at = 0;
	if (errand->file.new_etag || errand->file.status == 200)
		err = copy_text(errand->file.new_etag, &known->etag);
	if (!err && (errand->file.new_last_modified || errand->file.status == 200))
		err = copy_text(errand->file.new_last_modified, &known->last_modified);
	err = err ?: copy_text(NULL, &known->error);
	return err ?: store_note(errand->job->cache, known);
}

static int take(struct errand *errand)
{
	static const struct blob none = {};
	int err = fetch_signature(errand);

	err = err ?: judge(errand);
	err = err ?: read_file(errand);
	err = err ?: describe(errand);
	return err
		       ?: store_replace(errand->job->cache, &errand->after, &errand->file.body,
					*errand->signature_url ? &errand->signature.body : &none,
					&errand->old);
}

/* Nothing is made of a URL that never worked: nobody would ever take it away again. */
static void note_failure(struct errand *errand)
{
	struct ig_mud_entry *known = &errand->before;

	if (!known->url)
		return;
	free(known->error);
	known->error = safe_text(errand->why.text);
	known->error_at = errand->now;
	if (known->error && store_note(errand->job->cache, known))
		ig_warning(&errand->job->diags, &(struct ig_loc){.file = errand->url}, NULL,
			   "that it failed could not be noted in the cache");
}

static int fail(struct errand *errand, int err)
{
	if (err == -ENOMEM)
		return err;
	if (!*errand->why.text)
		why_say(&errand->why, NULL, "the cache cannot be written: %s", strerror(-err));
	note_failure(errand);
	return report_fetched(errand->job, errand->url, RESULT_FAILED, before(errand),
			      &errand->why);
}

static int run_errand(struct errand *errand)
{
	struct job *job = errand->job;
	int err = look(errand);

	if (err == -ENOMEM)
		return err;
	if (err)
		return report_fetched(job, errand->url, RESULT_FAILED, NULL, &errand->why);
	if (job->refresh && !ig_mud_entry_is_due(&errand->before, errand->now))
		return report_fetched(job, errand->url, RESULT_NOT_DUE, before(errand), NULL);
	err = fetch_file(errand);
	if (!err && (errand->file.status == 304 || is_old(errand, &errand->file.body))) {
		err = touch(errand);
		return err ? fail(errand, err)
			   : report_fetched(job, errand->url, RESULT_UNCHANGED, before(errand),
					    NULL);
	}
	err = err ?: take(errand);
	if (err)
		return fail(errand, err);
	say_diags(job);
	return report_fetched(job, errand->url, RESULT_NEW, &errand->after, NULL);
}

/* --- all of them --- */

static int fetch_one(struct job *job, const char *url)
{
	_cleanup_(errand_clear) struct errand errand = {.job = job, .now = (uint64_t)time(NULL)};
	_close_ int lock = -1;
	const char *reason;

	if (ig_mud_url_canonical(url, errand.url, &reason)) {
		why_say(&errand.why, "a MUD URL begins with https://", "not a MUD URL: %s", reason);
		return report_fetched(job, url, RESULT_FAILED, NULL, &errand.why);
	}
	lock = store_lock(&job->diags, job->cache);
	return lock < 0 ? lock : run_errand(&errand);
}

/* Was it asked for by name already, in this run? @url is canonical. */
static bool was_named(const struct job *job, const char *url)
{
	char operand[IG_MUD_URL_MAX];
	const char *reason;

	for (int i = 0; i < job->n_operands; i++) {
		if (!ig_mud_url_canonical(job->operands[i], operand, &reason) &&
		    !strcmp(operand, url))
			return true;
	}
	return false;
}

static int fetch_all(struct job *job)
{
	_cleanup_(ig_mud_entries_clear) struct ig_mud_entries entries = {};
	int err = 0;

	for (int i = 0; !err && i < job->n_operands; i++)
		err = fetch_one(job, job->operands[i]);
	if (!job->refresh)
		return err;
	err = ig_mud_cache_list(&job->diags, job->cache_dir, &entries);
	say_diags(job);
	for (size_t i = 0; !err && i < entries.n; i++) {
		if (!was_named(job, entries.items[i].url))
			err = fetch_one(job, entries.items[i].url);
	}
	return err;
}

int job_fetch(struct job *job)
{
	int err = transfer_begin();

	job->cache = err ? err : store_open(&job->diags, job->cache_dir);
	err = job->cache < 0 ? job->cache : fetch_all(job);
	say_diags(job);
	if (err == -ENOMEM)
		say_why(job, NULL, &(struct why){.text = "out of memory"});
	err = report_end(job) ?: err;
	return err || job->failed ? MUD_FAILED : MUD_OK;
}
