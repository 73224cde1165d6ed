/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "transfer.h"

#define HEADERS_MAX (64u << 10)	   /* bytes of all headers of an answer */
#define VALUE_MAX   IG_MUD_URL_MAX /* bytes of one that is kept */
#define CONNECT_S   15
#define SLOW_S	    15	/* so long it may be slower than ... */
#define SLOW_BYTES  128 /* a second */

#define _curl_	    _cleanup_(curl_freep)
#define _slist_	    _cleanup_(slist_freep)

static void curl_freep(CURL **curl)
{
	if (*curl)
		curl_easy_cleanup(*curl);
}

static void slist_freep(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

/* One answer of those that lead to the last one. */
struct hop {
	struct transfer *transfer;
	CURL *curl;
	size_t headers; /* bytes so far */
	bool too_large, stopped;
	char *location; /* where it sends to; NULL: nowhere */
	char problem[CURL_ERROR_SIZE];
};

int transfer_begin(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) ? -ENOMEM : 0;
}

void transfer_clear(struct transfer *transfer)
{
	blob_clear(&transfer->body);
	free(transfer->type);
	free(transfer->new_etag);
	free(transfer->new_last_modified);
	transfer->type = transfer->new_etag = transfer->new_last_modified = NULL;
}

/* --- what comes --- */

static size_t take_body(char *bytes, size_t one, size_t n, void *context)
{
	struct hop *hop = context;
	struct blob *body = &hop->transfer->body;
	long status = 0;
	char *grown;

	(void)one; /* 1 */
	curl_easy_getinfo(hop->curl, CURLINFO_RESPONSE_CODE, &status);
	/* Of an answer that is none of the file, nobody reads more. */
	hop->stopped = status != 200;
	hop->too_large = n > hop->transfer->most - body->size;
	if (hop->stopped || hop->too_large)
		return 0;
	grown = realloc(body->bytes, body->size + n + 1);
	if (!grown)
		return 0;
	memcpy(grown + body->size, bytes, n);
	body->bytes = grown;
	body->size += n;
	grown[body->size] = '\0';
	return n;
}

/* Printable ASCII, without the white space around it. What is longer, or has other bytes, is as good as not said. */
static void keep(char **to, const char *value, size_t n)
{
	while (n && isspace((unsigned char)*value)) {
		value++;
		n--;
	}
	while (n && isspace((unsigned char)value[n - 1]))
		n--;
	for (size_t i = 0; i < n; i++) {
		if (!isprint((unsigned char)value[i]))
			return;
	}
	free(*to);
	*to = n && n < VALUE_MAX ? strndup(value, n) : NULL;
}

static size_t take_header(char *line, size_t one, size_t n, void *context)
{
	struct hop *hop = context;
	const struct {
		const char *name;
		char **to;
	} kept[] = {
		{"location:", &hop->location},
		{"content-type:", &hop->transfer->type},
		{"etag:", &hop->transfer->new_etag},
		{"last-modified:", &hop->transfer->new_last_modified},
	};

	(void)one;
	hop->headers += n;
	if (hop->headers > HEADERS_MAX) {
		hop->too_large = true;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		size_t name = strlen(kept[i].name);

		if (n > name && !strncasecmp(line, kept[i].name, name))
			keep(kept[i].to, line + name, n - name);
	}
	return n;
}

/* --- what is asked --- */

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static long at_most(uint64_t seconds, long most)
{
	return seconds < (uint64_t)most ? (long)seconds : most;
}

static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
	char line[VALUE_MAX + 64];
	struct curl_slist *longer;

	if (!value)
		return true;
	snprintf(line, sizeof(line), "%s: %s", name, value);
	longer = curl_slist_append(*list, line);
	if (longer)
		*list = longer;
	return longer;
}

/* Any of these that this libcurl does not know is an error: none is to be left out. */
static CURLcode set_trust(CURL *curl, const struct blob *ca)
{
	struct curl_blob blob = {.data = ca->bytes, .len = ca->size, .flags = CURL_BLOB_NOCOPY};
	CURLcode bad = CURLE_OK;

#if LIBCURL_VERSION_NUM >= 0x075500
	bad = bad ?: curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
#else
	bad = bad ?: curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS);
#endif
	bad = bad ?: curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	bad = bad ?: curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	bad = bad ?: curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	bad = bad ?: curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	if (ca->bytes) {
		bad = bad ?: curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
		bad = bad ?: curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
		bad = bad ?: curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
	}
	return bad;
}

static CURLcode set_limits(CURL *curl, const struct transfer *transfer, uint64_t left_ms)
{
	CURLcode bad = curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);

	bad = bad ?: curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)left_ms);
	bad = bad
		      ?: curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT,
					  at_most(transfer->timeout_s, CONNECT_S));
	bad = bad
		      ?: curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME,
					  at_most(transfer->timeout_s, SLOW_S));
	bad = bad ?: curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
	return bad ?: curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)transfer->most);
}

static CURLcode set_request(CURL *curl, struct hop *hop, const char *url,
			    const struct curl_slist *headers)
{
	CURLcode bad = curl_easy_setopt(curl, CURLOPT_URL, url);

	bad = bad ?: curl_easy_setopt(curl, CURLOPT_USERAGENT, "iotguard/" IOTGUARD_VERSION);
	bad = bad ?: curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	bad = bad ?: curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, hop->problem);
	bad = bad ?: curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	bad = bad ?: curl_easy_setopt(curl, CURLOPT_WRITEDATA, hop);
	bad = bad ?: curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	return bad ?: curl_easy_setopt(curl, CURLOPT_HEADERDATA, hop);
}

/* --- how it went --- */

static int failed(const struct hop *hop, CURLcode code, struct why *why)
{
	const char *said = *hop->problem ? hop->problem : curl_easy_strerror(code);
	unsigned long long seconds = hop->transfer->timeout_s;

	if (hop->too_large || code == CURLE_FILESIZE_EXCEEDED)
		return why_say(why, NULL,
			       "the server sends more than %zu KiB, which no such file has",
			       hop->transfer->most >> 10);
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return why_say(why, "is this machine online, and does its resolver answer?",
			       "the name of the server is not known: %s", said);
	case CURLE_COULDNT_CONNECT:
		return why_say(
			why,
			"is this machine online, and may it reach that server? If so, it is the "
			"server's fault",
			"the server cannot be reached: %s", said);
	case CURLE_OPERATION_TIMEDOUT:
		return why_say(why, NULL,
			       "the server takes too long: it did not answer in whole within %llu "
			       "s, or was slower than %d bytes/s for %ld s",
			       seconds, SLOW_BYTES, at_most(seconds, SLOW_S));
	case CURLE_PARTIAL_FILE:
		return why_say(why, NULL, "the answer broke off: %s", said);
	case CURLE_PEER_FAILED_VERIFICATION:
		return why_say(why, "--ca FILE names the CA of a private server",
			       "the server is not trusted: %s", said);
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	default:
		return why_say(why, NULL, "it cannot be fetched: %s", said);
	}
}

/* One answer. @url: where it is from; where it sends to, in @next, or NULL; the caller frees it. */
static int run_hop(struct transfer *transfer, const char *url, uint64_t left_ms, char **next,
		   struct why *why)
{
	_curl_ CURL *curl = curl_easy_init();
	_slist_ struct curl_slist *headers = NULL;
	struct hop hop = {.transfer = transfer, .curl = curl};
	CURLcode code;

	if (!curl || !add_header(&headers, "Accept", transfer->accept) ||
	    !add_header(&headers, "Accept-Language", "en, *;q=0.5") ||
	    !add_header(&headers, "If-None-Match", transfer->etag) ||
	    !add_header(&headers, "If-Modified-Since", transfer->last_modified))
		return -ENOMEM;
	code = set_trust(curl, transfer->ca);
	code = code ?: set_limits(curl, transfer, left_ms);
	code = code ?: set_request(curl, &hop, url, headers);
	if (code)
		return why_say(why, NULL, "libcurl does not do what is needed: %s",
			       curl_easy_strerror(code));
	code = curl_easy_perform(curl);
	*next = hop.location;
	if (code && !hop.stopped)
		return failed(&hop, code, why);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &transfer->status);
	return 0;
}

static bool is_redirection(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static int follow(const char *next, char url[IG_MUD_URL_MAX], struct why *why)
{
	char there[IG_MUD_URL_MAX];
	const char *reason;

	if (!next)
		return why_say(why, NULL,
			       "the server sends to somewhere else, and does not say where");
	if (ig_mud_url_resolve(url, next, there, &reason))
		return why_say(why, NULL, "the server sends to '%s', which is not followed: %s",
			       next, reason);
	strcpy(url, there);
	return 0;
}

int transfer_run(struct transfer *transfer, struct why *why)
{
	uint64_t end = now_ms() + transfer->timeout_s * 1000;
	char url[IG_MUD_URL_MAX];

	snprintf(url, sizeof(url), "%s", transfer->url);
	for (int hops = 0; hops <= TRANSFER_REDIRECTS; hops++) {
		uint64_t now = now_ms();
		_free_ char *next = NULL;
		int err;

		transfer_clear(transfer);
		err = run_hop(transfer, url, end > now ? end - now : 1, &next, why);
		if (err || !is_redirection(transfer->status))
			return err;
		err = follow(next, url, why);
		if (err)
			return err;
	}
	return why_say(why, NULL, "the server sends to somewhere else more than %d times",
		       TRANSFER_REDIRECTS);
}
