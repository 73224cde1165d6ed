/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `mud verify`: a file at hand, or one in the cache, and its signature; nobody is asked and nothing is changed.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "report.h"
#include "trust.h"

static bool is_url(const char *operand)
{
	return strstr(operand, "://");
}

static int cannot(struct why *why, int err, const char *hint, const char *text)
{
	why_say(why, hint, "%s", text);
	return err;
}

static int read_cached(struct job *job, const char *url, struct why *why)
{
	int err = ig_mud_cache_read(&job->diags, job->cache_dir, url, IG_MUD_CURRENT,
				    &job->file.bytes, &job->file.size);

	if (err == -ENOENT)
		return cannot(why, err, "'mud fetch URL' puts it there", "it is not in the cache");
	if (err)
		return cannot(why, err, NULL, "what is in the cache is not used");
	err = ig_mud_cache_read(&job->diags, job->cache_dir, url, IG_MUD_SIGNATURE,
				&job->signature.bytes, &job->signature.size);
	if (err == -ENOENT)
		return why_say(why, NULL, "not signed");
	return err ? cannot(why, err, NULL, "its signature in the cache is not used") : 0;
}

static int verify(struct job *job, struct seal *seal, struct why *why)
{
	uint64_t at = job->at ? job->at : (uint64_t)time(NULL);
	int err = 0;

	if (is_url(job->operands[0]))
		err = read_cached(job, job->operands[0], why);
	else if (!job->signature.bytes)
		err = why_say(why,
			      "--signature FILE names its signature, where that is not beside it",
			      "not signed");
	err = err ?: signature_verify(&job->signer_ca, &job->file, &job->signature, at, seal, why);
	if (!err && seal->expired_at)
		err = trust_say_expired(seal, "--at TIME verifies as of then", why);
	return err;
}

int job_verify(struct job *job)
{
	_cleanup_(seal_clear) struct seal seal = {};
	struct why why = {};
	int err = verify(job, &seal, &why);

	if (err == -ENOMEM)
		why_say(&why, NULL, "out of memory");
	say_diags(job);
	if (report_verified(job, job->operands[0], &seal.signer, err ? &why : NULL) ||
	    report_end(job))
		return MUD_FAILED;
	/* what could not be read is not known to be wrong */
	return !err ? MUD_OK : err == -EINVAL || err == -EPERM ? MUD_INVALID : MUD_FAILED;
}
