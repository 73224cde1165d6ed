/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libiotguard in a program of one's own: puts an inventory in force and prints what is refused, until interrupted.
 * Enforcement goes on when it ends. The same file is C and C++:
 *
 *	cc gateway.c -o gateway $(pkg-config --cflags --libs libiotguard)
 *	sudo ./gateway home.yaml
 */
#include <iotguard/iotguard.h>
#include <poll.h>
#include <stdio.h>
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

static int apply(struct iotguard *ig, const char *path)
{
	struct iotguard_inventory *inventory = NULL;
	struct iotguard_policy *policy = NULL;
	struct iotguard_session session;
	struct iotguard_apply_opts opts;
	struct iotguard_apply_result result;
	int err = iotguard_inventory_load(ig, path, &inventory);

	IOTGUARD_OPTS_INIT(&opts);
	if (!iotguard_session_find(&session))
		opts.session = &session; /* not to be cut */
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
	int err;

	if (argc != 2) {
		fprintf(stderr, "usage: gateway INVENTORY\n");
		return 2;
	}
	err = iotguard_open(&ig, NULL);
	if (!err)
		err = apply(ig, argv[1]);
	if (ig)
		print_diagnostics(ig);
	if (!err)
		err = follow(ig);
	if (err < 0)
		fprintf(stderr, "gateway: %s\n", strerror(-err));
	iotguard_close(ig);
	return err ? 1 : 0;
}
