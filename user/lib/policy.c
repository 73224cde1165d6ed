/* SPDX-License-Identifier: BSD-2-Clause */

#include <errno.h>

#include "findings.h"
#include "handle.h"
#include "policy.h"
#include "util.h"

uint32_t ig_policy_place(const struct iotguard_inventory *inv, uint32_t *indices, uint32_t *rings)
{
	uint32_t slots = 0;

	for (size_t i = 0; i < inv->n_machines; i++) {
		uint16_t flows, critical;

		ig_flow_quota(inv, &inv->machines[i], &flows, &critical);
		indices[i] = i;
		rings[i] = slots;
		slots += flows + critical;
	}
	return slots;
}

void ig_policy_sizes(const struct iotguard_policy *policy, struct ig_sizes *sizes)
{
	*sizes = (struct ig_sizes){.device_slots = policy->inv->n_machines};
	for (size_t i = 0; i < policy->image.n_devices; i++) {
		const struct ig_device *device = &policy->image.devices[i].device;

		/* the other key of a device that has two */
		if (policy->image.devices[i].mac.pad[0] != IG_MAC_IS_INDEX)
			sizes->flow_slots += device->flows + device->critical_flows;
	}
}

static int compile(struct iotguard *ig, struct iotguard_policy *policy)
{
	size_t n = policy->inv->n_machines ? policy->inv->n_machines : 1;
	_free_ uint32_t *indices = calloc(n, sizeof(*indices));
	_free_ uint32_t *rings = calloc(n, sizeof(*rings));
	struct ig_site site = {.indices = indices, .rings = rings, .portless = true};

	if (!indices || !rings)
		return -ENOMEM;
	ig_policy_place(policy->inv, indices, rings);
	return ig_compile(&ig->diags, policy->inv, &site, &policy->image);
}

/* What no table of the programs has room for. */
static int check_limits(struct ig_diags *diags, const struct iotguard_inventory *inv)
{
	uint64_t slots = 0;
	int err = 0;

	if (inv->n_machines > IG_MAX_DEVICES) {
		ig_error(diags, NULL, "split the inventory over several gateways",
			 "%zu devices and hosts: %zu more than the limit of %u", inv->n_machines,
			 inv->n_machines - IG_MAX_DEVICES, IG_MAX_DEVICES);
		err = -E2BIG;
	}
	for (size_t i = 0; i < inv->n_machines; i++) {
		uint16_t flows, critical;

		ig_flow_quota(inv, &inv->machines[i], &flows, &critical);
		slots += flows + critical;
	}
	if (slots > IG_MAX_FLOW_SLOTS) {
		ig_error(diags, NULL, "give machines fewer `flows`",
			 "%llu places for flows, critical ones included: %llu more than the limit "
			 "of %u",
			 (unsigned long long)slots, (unsigned long long)slots - IG_MAX_FLOW_SLOTS,
			 IG_MAX_FLOW_SLOTS);
		err = -E2BIG;
	}
	return err;
}

int iotguard_policy_compile(struct iotguard *ig, const struct iotguard_inventory *inventory,
			    struct iotguard_policy **out)
{
	struct iotguard_policy *policy;
	int err, other;

	*out = NULL;
	err = check_limits(&ig->diags, inventory);
	if (err)
		return err;
	err = ig_compile_check(&ig->diags, inventory);
	if (err)
		return err;
	policy = calloc(1, sizeof(*policy));
	if (!policy)
		return -ENOMEM;
	policy->inv = inventory;
	err = compile(ig, policy);
	other = ig_findings(&ig->diags, inventory);
	err = err ?: other;
	if (err) {
		iotguard_policy_free(policy);
		return err;
	}
	*out = policy;
	return 0;
}

void iotguard_policy_free(struct iotguard_policy *policy)
{
	if (!policy)
		return;
	ig_image_clear(&policy->image);
	free(policy);
}

void iotguard_policy_describe(const struct iotguard_policy *policy,
			      struct iotguard_policy_info *info)
{
	const struct ig_image *image = &policy->image;

	*info = (struct iotguard_policy_info){
		.policies = image->n_policies,
		.rules = image->n_rules,
		.bytes = (image->policy.count + image->dictionary.count) * sizeof(struct ig_block),
	};
}
