/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libiotguard in a program of one's own: puts an inventory in force, a device of it into quarantine if one is named, and
 * prints what is refused, until interrupted. All that is enforced goes on when it ends. The same file is C and C++:
 *
 *	cc gateway.c -o gateway $(pkg-config --cflags --libs libiotguard)
 *	sudo ./gateway home.yaml lamp 3600
 */
#include <iotguard/iotguard.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_diagnostics(struct iotguard *ig)
{
	char text[1024];

	for (size_t i = 0; i < iotguard_diag_count(ig); i++) {
		iotguard_diag_text(iotguard_diag_get(ig, i), "gateway", false, text, sizeof(text));
		fprintf(stderr, "%s\n", text);
	}
	iotguard_diag_clear(ig);
}

/* @session: over which this is run, and which is not to be cut; NULL: none. */
static int apply(struct iotguard *ig, const char *path, const struct iotguard_session *session)
{
	struct iotguard_inventory *inventory = NULL;
	struct iotguard_policy *policy = NULL;
	struct iotguard_apply_opts opts;
	struct iotguard_apply_result result;
	int err = iotguard_inventory_load(ig, path, &inventory);

	IOTGUARD_OPTS_INIT(&opts);
	opts.session = session;
	if (!err)
		err = iotguard_policy_compile(ig, inventory, &policy);
	if (!err)
		err = iotguard_apply(ig, policy, &opts, &result);
	if (!err)
		printf("generation %llu on %u interfaces\n", (unsigned long long)result.generation,
		       result.interfaces);
	iotguard_policy_free(policy); /* before the inventory that it refers to */
	iotguard_inventory_free(inventory);
	return err;
}

/* @seconds 0: until iotguard_release(). */
static int quarantine(struct iotguard *ig, const char *device, unsigned long seconds,
		      const struct iotguard_session *session)
{
	struct iotguard_quarantine_opts opts;
	int err;

	IOTGUARD_OPTS_INIT(&opts);
	opts.device = device;
	opts.seconds = seconds;
	opts.session = session;
	err = iotguard_quarantine(ig, &opts);
	if (!err)
		printf("%s is in quarantine\n", device);
	return err;
}

static int print_event(const struct iotguard_event *event, void *context)
{
	char text[IOTGUARD_EVENT_TEXT_MAX];

	(void)context;
	iotguard_event_text(event, false, text, sizeof(text));
	return puts(text) < 0; /* anything but 0 stops reading */
}

static int follow(struct iotguard *ig)
{
	struct iotguard_events *events = NULL;
	struct pollfd waiting = {-1, POLLIN, 0};
	int n = iotguard_events_open(ig, &events);

	if (!n)
		waiting.fd = iotguard_events_fd(events);
	while (n >= 0 && !fflush(stdout) && poll(&waiting, 1, -1) > 0)
		n = iotguard_events_read(events, print_event, NULL);
	iotguard_events_close(events);
	return n;
}

int main(int argc, char **argv)
{
	struct iotguard *ig = NULL;
	struct iotguard_session found, *session = iotguard_session_find(&found) ? NULL : &found;
	int err;

	if (argc < 2 || argc > 4) {
		fprintf(stderr, "usage: gateway INVENTORY [DEVICE [SECONDS]]\n");
		return 2;
	}
	err = iotguard_open(&ig, NULL);
	if (!err)
		err = apply(ig, argv[1], session);
	if (!err && argc > 2)
		err = quarantine(ig, argv[2], argc > 3 ? strtoul(argv[3], NULL, 10) : 0, session);
	if (ig)
		print_diagnostics(ig);
	if (!err)
		err = follow(ig);
	if (err < 0)
		fprintf(stderr, "gateway: %s\n", strerror(-err));
	iotguard_close(ig);
	return err ? 1 : 0;
}
