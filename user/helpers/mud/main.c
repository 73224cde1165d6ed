/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iotguard-mud: fetches, verifies and keeps MUD files (RFC 8520). `iotguard-load mud fetch` and `iotguard-load mud verify`
 * start it. It reads what its caller may read, gives up all rights, and only then looks at anything that a stranger wrote.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "material.h"
#include "mud.h"
#include "privilege.h"
#include "report.h"

#define TIMEOUT_S    60
#define TIMEOUT_MOST 3600
#define DAY	     86400

/* --- options --- */

enum {
	OPT_JSON = 1,
	OPT_COLOUR,
	OPT_REFRESH,
	OPT_CACHE,
	OPT_CA,
	OPT_SIGNER_CA,
	OPT_SIGNATURE,
	OPT_UNSIGNED,
	OPT_NEW_SIGNER,
	OPT_EXPIRED,
	OPT_WHY,
	OPT_AT,
	OPT_TIMEOUT,
};

static const struct option long_options[] = {
	{"json", no_argument, NULL, OPT_JSON},
	{"color", required_argument, NULL, OPT_COLOUR},
	{"refresh", no_argument, NULL, OPT_REFRESH},
	{"cache", required_argument, NULL, OPT_CACHE},
	{"ca", required_argument, NULL, OPT_CA},
	{"signer-ca", required_argument, NULL, OPT_SIGNER_CA},
	{"signature", required_argument, NULL, OPT_SIGNATURE},
	{"accept-unsigned", no_argument, NULL, OPT_UNSIGNED},
	{"accept-new-signer", no_argument, NULL, OPT_NEW_SIGNER},
	{"accept-expired-until", required_argument, NULL, OPT_EXPIRED},
	{"why", required_argument, NULL, OPT_WHY},
	{"at", required_argument, NULL, OPT_AT},
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{0},
};

static int usage(void)
{
	fprintf(stderr, "usage: iotguard-mud fetch|verify [OPTION ...] [URL|FILE ...]\n"
			"    hint: `" PROGRAM " help mud` explains it\n");
	return MUD_USAGE;
}

/* "2026-11-22": its first second. */
static bool read_date(const char *text, uint64_t *out)
{
	struct tm tm = {};
	const char *end = strlen(text) == 10 ? strptime(text, "%Y-%m-%d", &tm) : NULL;
	time_t seconds = end && !*end ? timegm(&tm) : -1;
	char again[DATE_TEXT];

	if (seconds < 0)
		return false;
	*out = (uint64_t)seconds;
	/* There is no 30th of February. */
	return !strcmp(date_text(*out, again), text);
}

static bool read_number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return isdigit((unsigned char)*text) && !*end && !errno;
}

static int bad_value(struct job *job, const char *option, const char *value, const char *hint)
{
	struct why why;

	why_say(&why, hint, "--%s: '%s' is none of its values", option, value);
	say_why(job, NULL, &why);
	return MUD_USAGE;
}

static int take_until(struct job *job, const char *value)
{
	uint64_t date;

	if (!read_date(value, &date))
		return bad_value(job, "accept-expired-until", value, "a day: YYYY-MM-DD");
	job->accept_expired_until = date + DAY - 1;
	if (job->accept_expired_until < (uint64_t)time(NULL))
		return bad_value(job, "accept-expired-until", value, "a day that is not over");
	return MUD_OK;
}

static int take_number(struct job *job, int option, const char *value)
{
	bool timeout = option == OPT_TIMEOUT;

	if (timeout && (!read_number(value, &job->timeout_s) || !job->timeout_s ||
			job->timeout_s > TIMEOUT_MOST))
		return bad_value(job, "timeout", value, "a span of an hour at most: 90s, 5m");
	if (!timeout &&
	    ((!read_date(value, &job->at) && !read_number(value, &job->at)) || !job->at))
		return bad_value(job, "at", value, "a day, YYYY-MM-DD, or seconds since 1970");
	return MUD_OK;
}

static int take_option(struct job *job, int option)
{
	switch (option) {
	case OPT_JSON:
		job->json = true;
		break;
	case OPT_COLOUR:
		job->colour_errors = !strcmp(optarg, "always");
		break;
	case OPT_REFRESH:
		job->refresh = true;
		break;
	case OPT_CACHE:
		job->cache_dir = optarg;
		break;
	case OPT_CA:
		job->ca_path = optarg;
		break;
	case OPT_SIGNER_CA:
		job->signer_path = optarg;
		break;
	case OPT_SIGNATURE:
		job->signature_path = optarg;
		break;
	case OPT_UNSIGNED:
		job->accept_unsigned = true;
		break;
	case OPT_NEW_SIGNER:
		job->accept_new_signer = true;
		break;
	case OPT_EXPIRED:
		return take_until(job, optarg);
	case OPT_WHY:
		job->reason = optarg;
		break;
	case OPT_AT:
	case OPT_TIMEOUT:
		return take_number(job, option, optarg);
	}
	return MUD_OK;
}

static int parse(struct job *job, int argc, char **argv)
{
	int option, status = MUD_OK;

	if (argc < 2 || (strcmp(argv[1], "fetch") && strcmp(argv[1], "verify")))
		return usage();
	job->verify = !strcmp(argv[1], "verify");
	optind = 2;
	while (!status && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
		status = option == '?' ? usage() : take_option(job, option);
	job->operands = argv + optind;
	job->n_operands = argc - optind;
	if (!status && (job->verify ? job->n_operands != 1 : !job->refresh && !job->n_operands))
		return usage();
	return status;
}

/* --- what needs the caller's rights --- */

/* Beside a file X.json, or X, its signature is X.p7s; where it is not, there is none. */
static int read_beside(struct job *job, struct why *why)
{
	const char *path = job->operands[0];
	size_t n = strlen(path);
	char beside[PATH_MAX];
	struct stat st;

	if (n > 5 && !strcmp(path + n - 5, ".json"))
		n -= 5;
	if (snprintf(beside, sizeof(beside), "%.*s.p7s", (int)n, path) >= (int)sizeof(beside) ||
	    stat(beside, &st))
		return 0;
	return material_read(beside, IG_MUD_SIGNATURE_MAX, &job->signature, why);
}

static int read_operand(struct job *job, struct why *why)
{
	int err;

	if (!job->verify || strstr(job->operands[0], "://"))
		return 0;
	err = material_read(job->operands[0], IG_MUD_BYTES_MAX, &job->file, why);
	if (err || job->signature_path)
		return err;
	return read_beside(job, why);
}

/* That nobody is trusted is said when somebody would have to be. */
static int read_signer_ca(struct job *job, struct why *why)
{
	int err = material_read_pem(job->signer_path ? job->signer_path : SIGNER_CA_DIR,
				    &job->signer_ca, why);

	return !job->signer_path && err == -ENOENT ? 0 : err;
}

static int read_materials(struct job *job, struct why *why)
{
	int err = read_signer_ca(job, why);

	if (!err && job->ca_path)
		err = material_read_pem(job->ca_path, &job->ca, why);
	if (!err && job->signature_path)
		err = material_read(job->signature_path, IG_MUD_SIGNATURE_MAX, &job->signature,
				    why);
	return err ?: read_operand(job, why);
}

/* What is longer than such a file may be is wrong; what could not be read is not known to be. */
static int fail_unread(struct job *job, int err, const struct why *why)
{
	if (!job->verify)
		say_why(job, NULL, why);
	else if (report_unread(job, job->operands[0], why) || report_end(job))
		return MUD_FAILED;
	return job->verify && err == -EFBIG ? MUD_INVALID : MUD_FAILED;
}

static int prepare(struct job *job)
{
	struct why why = {};
	int err;

	job->who = privilege_who();
	err = read_materials(job, &why);
	if (err)
		return fail_unread(job, err, &why);
	if (!job->verify && !strcmp(job->cache_dir, IG_MUD_CACHE_DIR))
		privilege_make_dir(IOTGUARD_SAVE_DIR);
	if (privilege_drop(&job->diags, !job->verify)) {
		say_diags(job);
		return MUD_UNABLE;
	}
	return MUD_OK;
}

/* --- the program --- */

static void clear(struct job *job)
{
	ig_close_fd(&job->cache);
	json_decref(job->report);
	blob_clear(&job->ca);
	blob_clear(&job->signer_ca);
	blob_clear(&job->file);
	blob_clear(&job->signature);
	ig_diags_clear(&job->diags);
	free(job->who);
}

/* A reader that went away is no failure. */
static int finish_output(struct job *job)
{
	struct pollfd out = {.fd = STDOUT_FILENO};
	struct why why;

	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return MUD_OK;
	if (poll(&out, 1, 0) > 0 && (out.revents & POLLERR))
		return MUD_OK;
	why_say(&why, NULL, "standard output: %s",
		errno ? strerror(errno) : "could not be written");
	say_why(job, NULL, &why);
	return MUD_FAILED;
}

int main(int argc, char **argv)
{
	struct job job = {.cache_dir = IG_MUD_CACHE_DIR, .timeout_s = TIMEOUT_S, .cache = -1};
	int status = parse(&job, argc, argv), finished;

	if (status) {
		clear(&job);
		return status;
	}
	signal(SIGPIPE, SIG_IGN);
	umask(027);
	status = prepare(&job);
	if (!status)
		status = job.verify ? job_verify(&job) : job_fetch(&job);
	finished = finish_output(&job);
	clear(&job);
	return status ? status : finished;
}
