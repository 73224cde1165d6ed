/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as an inventory file: a model or diagnostics, each with a message and a place, and no bytes in them that a
 * terminal would act on.
 *
 * With -fsanitize=fuzzer a fuzzer; with -DREPLAYER a program that runs the files it is given.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compile.h"
#include "findings.h"
#include "inventory.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_diags(const struct ig_diags *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		const struct iotguard_diag *diag = &diags->items[i];

		if (!diag->message[0] || !ig_text_printable(diag->message) ||
		    (diag->hint && !ig_text_printable(diag->hint)))
			abort();
	}
}

static void check_rules(const struct ig_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		char text[2 * IG_RULE_TEXT_MAX];

		ig_rule_print(&rules->items[i], text, sizeof(text));
		if (!rules->items[i].loc.line || !ig_text_printable(text))
			abort();
	}
}

static void check_model(const struct iotguard_inventory *inv)
{
	for (size_t i = 0; i < inv->n_machines; i++) {
		const struct ig_machine *machine = &inv->machines[i];

		check_rules(&machine->rules);
		if (!machine->segment ||
		    ig_inventory_machine(inv, machine->host, machine->name) != machine)
			abort();
	}
	for (size_t i = 0; i < inv->n_profiles; i++)
		check_rules(&inv->profiles[i].rules);
}

/* Errors among the findings are said. */
static void check_findings(const struct iotguard_inventory *inv, struct ig_diags *diags)
{
	size_t before;

	if (ig_compile_check(diags, inv))
		return;
	before = diags->errors;
	if (!ig_findings(diags, inv) != (diags->errors == before))
		abort();
	check_diags(diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iotguard_inventory *inv = NULL;
	struct ig_diags diags = {0};
	char path[64];
	int fd = memfd_create("inventory", 0), r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	r = ig_inventory_load(&diags, path, &inv);
	if (!r != !diags.errors || !r != !!inv)
		abort();
	check_diags(&diags);
	if (inv) {
		check_model(inv);
		check_findings(inv, &diags);
	}
	iotguard_inventory_free(inv);
	ig_diags_clear(&diags);
	close(fd);
	return 0;
}

#ifdef REPLAYER
#include "replayer.h"
#endif
