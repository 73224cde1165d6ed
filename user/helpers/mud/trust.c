/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "text.h"
#include "trust.h"

/* Names and reasons are for JSON and terminals. NULL without memory. */
static char *copy(const char *text)
{
	return text ? ig_text_escape(text) : NULL;
}

static int copy_accepted(const struct ig_mud_accepted *from, struct ig_mud_accepted *to)
{
	*to = *from;
	to->by = copy(from->by);
	to->why = copy(from->why);
	return (from->by && !to->by) || (from->why && !to->why) ? -ENOMEM : 0;
}

/* As of now, by whoever called this. */
static int accept(const struct job *job, uint64_t now, uint64_t until, const char *sha256,
		  struct ig_mud_accepted *to)
{
	struct ig_mud_accepted accepted = {
		.at = now,
		.by = job->who,
		.why = (char *)job->reason,
		.until = until,
	};

	if (sha256)
		memcpy(accepted.sha256, sha256, sizeof(accepted.sha256));
	return copy_accepted(&accepted, to);
}

/* What was accepted before holds while files go on coming without a signature, and not once there was one. */
static int judge_unsigned(const struct job *job, const struct ig_mud_entry *before, uint64_t now,
			  struct ig_mud_entry *entry, struct why *why)
{
	if (job->accept_unsigned)
		return accept(job, now, 0, NULL, &entry->accepted_unsigned);
	if (before && !before->signer.subject && before->accepted_unsigned.at)
		return copy_accepted(&before->accepted_unsigned, &entry->accepted_unsigned);
	return why_say(why,
		       "who answers for it takes it into use: 'mud fetch --accept-unsigned --why "
		       "REASON URL'",
		       before && before->signer.subject
			       ? "not signed, and the file in use is signed by '%s'"
			       : "not signed",
		       before && before->signer.subject ? before->signer.subject : "");
}

int trust_say_expired(const struct seal *seal, const char *hint, struct why *why)
{
	char date[DATE_TEXT];

	date_text(seal->expired_at, date);
	if (*seal->expired)
		return why_say(why, hint, "signer certificate expired %s: that of the CA '%s'",
			       date, seal->expired);
	return why_say(why, hint, "signer certificate expired %s", date);
}

static int judge_expired(const struct job *job, const struct seal *seal,
			 const struct ig_mud_entry *before, uint64_t now,
			 struct ig_mud_entry *entry, struct why *why)
{
	const struct ig_mud_accepted *known = before ? &before->accepted_expired : NULL;

	if (!seal->expired_at)
		return 0;
	if (job->accept_expired_until >= now && job->accept_expired_until)
		return accept(job, now, job->accept_expired_until, seal->signer.sha256,
			      &entry->accepted_expired);
	if (known && known->at && known->until >= now &&
	    !strcmp(known->sha256, seal->signer.sha256))
		return copy_accepted(known, &entry->accepted_expired);
	return trust_say_expired(seal,
				 "who answers for it takes it into use: 'mud fetch "
				 "--accept-expired-until YYYY-MM-DD --why REASON URL'",
				 why);
}

/* A certificate that was renewed has the same names. */
static int judge_signer(const struct job *job, const struct seal *seal,
			const struct ig_mud_entry *before, uint64_t now, struct ig_mud_entry *entry,
			struct why *why)
{
	const struct ig_mud_signer *old = before ? &before->signer : NULL;

	if (!old || !old->subject)
		return 0;
	if (!strcmp(old->subject, seal->signer.subject) &&
	    !strcmp(old->issuer, seal->signer.issuer))
		return before->accepted_signer.at
			       ? copy_accepted(&before->accepted_signer, &entry->accepted_signer)
			       : 0;
	if (job->accept_new_signer)
		return accept(job, now, 0, seal->signer.sha256, &entry->accepted_signer);
	return why_say(why,
		       "who answers for it takes it into use: 'mud fetch --accept-new-signer --why "
		       "REASON URL'",
		       "the signer changed: from '%s', issued by '%s', to '%s', issued by '%s'",
		       old->subject, old->issuer, seal->signer.subject, seal->signer.issuer);
}

static int take_signer(const struct ig_mud_signer *from, struct ig_mud_signer *to)
{
	*to = *from;
	to->subject = strdup(from->subject);
	to->issuer = strdup(from->issuer);
	return to->subject && to->issuer ? 0 : -ENOMEM;
}

int trust_judge(const struct job *job, const struct seal *seal, const struct ig_mud_entry *before,
		uint64_t now, struct ig_mud_entry *entry, struct why *why)
{
	int err;

	if (!seal)
		return judge_unsigned(job, before, now, entry, why);
	err = judge_expired(job, seal, before, now, entry, why);
	err = err ?: judge_signer(job, seal, before, now, entry, why);
	return err ?: take_signer(&seal->signer, &entry->signer);
}
