/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Private instances: the programs with maps of their own, asked by BPF_PROG_TEST_RUN.
 *
 * What the kernel's test_run cannot take is handed in another way, so that the judgement is that of
 * the whole frame: short frames are padded and long ones cut, and the wire length goes in beside
 * them (struct ig_replay).
 */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "event_decode.h"
#include "generation.h"
#include "handle.h"
#include "index.h"
#include "instance.h"
#include "opts.h"
#include "policy.h"
#include "util.h"

#define ETHERNET_HEADER 14
#define XDP_FRAME_MAX	65536 /* test_run makes fragments of what is beyond a page */
#define TC_FRAME_MAX	2048  /* it takes 3712 bytes at most; every header is in these */
#define TC_IPV4_MIN	34
#define TC_IPV6_MIN	54
#define PADDED_MAX	64

struct iotguard_instance {
	struct iotguard *ig;
	struct ig_object object;
	struct ig_index *macs; /* position of a machine + 1, 0: the gateway */
	uint8_t (*mac_keys)[6];
	uint64_t now_ns;
	struct ring_buffer *ring;
	struct ig_names names;
	int (*handler)(const struct iotguard_event *event, void *context);
	void *context;
	int stopped; /* what the handler returned, if that was not 0 */
};

static int index_macs(struct iotguard_instance *instance, const struct ig_image *image)
{
	instance->macs = ig_index_new();
	instance->mac_keys =
		calloc(image->n_devices ? image->n_devices : 1, sizeof(*instance->mac_keys));
	if (!instance->macs || !instance->mac_keys)
		return -ENOMEM;
	for (size_t i = 0; i < image->n_devices; i++) {
		bool gateway = image->devices[i].device.kind == IG_KIND_GATEWAY;
		int err;

		if (image->devices[i].mac.pad[0] != IG_MAC_IS_MAC)
			continue;

		memcpy(instance->mac_keys[i], image->devices[i].mac.addr, 6);
		err = ig_index_add(instance->macs, 0, instance->mac_keys[i], 6, gateway ? 0 : 1,
				   NULL);
		if (err && err != -EEXIST)
			return err;
	}
	return 0;
}

const struct ig_object *ig_instance_object(const struct iotguard_instance *instance)
{
	return &instance->object;
}

static int on_record(void *context, void *data, size_t size)
{
	struct iotguard_instance *instance = context;
	struct iotguard_change change;
	struct iotguard_event event;

	/* in replay a record's time is the capture's, since the epoch */
	if (ig_event_decode(data, size, &instance->names, 0, &event, &change))
		return 0;
	event.interface[0] = '\0'; /* a capture does not say */
	if (instance->handler)
		instance->stopped = instance->handler(&event, instance->context);
	return instance->stopped ? -ECANCELED : 0;
}

static int open_instance(struct iotguard_instance *instance, const struct iotguard_policy *policy,
			 const struct iotguard_instance_opts *opts)
{
	struct ig_sizes sizes;
	int err;

	ig_policy_sizes(policy, &sizes);
	err = ig_object_load(&instance->ig->diags, &sizes, true, &instance->object);
	if (err)
		return err;
	err = ig_generation_write(&instance->object, &policy->image, 1, NULL, NULL);
	if (err)
		return err;
	ig_generation_flip(&instance->object);
	instance->object.replay->learn_bindings = ig_opt(opts, learn_bindings, false);
	instance->names.object = &instance->object;
	instance->ring =
		ring_buffer__new(instance->object.maps[IG_MAP_events], on_record, instance, NULL);
	if (!instance->ring)
		return -errno;
	return index_macs(instance, &policy->image);
}

int iotguard_instance_open(struct iotguard *ig, const struct iotguard_policy *policy,
			   const struct iotguard_instance_opts *opts,
			   struct iotguard_instance **out)
{
	struct iotguard_instance *instance = calloc(1, sizeof(*instance));
	size_t errors = ig->diags.errors;
	int err;

	*out = NULL;
	if (!instance)
		return -ENOMEM;
	instance->ig = ig;
	instance->object = IG_OBJECT_NONE;
	err = open_instance(instance, policy, opts);
	if (err) {
		if (ig->diags.errors == errors)
			ig_error(&ig->diags, NULL, NULL, "cannot make a private instance: %s",
				 strerror(-err));
		iotguard_instance_close(instance);
		return err;
	}
	*out = instance;
	return 0;
}

void iotguard_instance_close(struct iotguard_instance *instance)
{
	if (!instance)
		return;
	ring_buffer__free(instance->ring);
	ig_names_clear(&instance->names);
	ig_index_free(instance->macs);
	free(instance->mac_keys);
	ig_object_close(&instance->object);
	free(instance);
}

static bool is_machine(const struct iotguard_instance *instance, const uint8_t *mac)
{
	return ig_index_find(instance->macs, 0, mac, 6) == 1;
}

enum iotguard_side iotguard_instance_side(const struct iotguard_instance *instance,
					  const void *frame, size_t captured)
{
	const uint8_t *dst = frame, *src = dst + 6;
	unsigned int side = IOTGUARD_IGNORED;

	if (captured < 12)
		return IOTGUARD_IGNORED;
	if (is_machine(instance, src))
		side |= IOTGUARD_FROM_DEVICE;
	/* a group frame of a machine is judged where it enters; of anybody else, on its way out to
	 * the devices */
	if (is_machine(instance, dst) || ((dst[0] & 1) && side == IOTGUARD_IGNORED))
		side |= IOTGUARD_TO_DEVICE;
	return side;
}

static uint32_t tc_minimum(const uint8_t *frame)
{
	switch (frame[12] << 8 | frame[13]) {
	case 0x0800:
		return TC_IPV4_MIN;
	case 0x86dd:
		return TC_IPV6_MIN;
	}
	return ETHERNET_HEADER;
}

/* The frame as test_run takes it. A padded one ends, for the parser, where it was captured. */
static void fit(struct iotguard_instance *instance, bool xdp, const void **frame, size_t *captured,
		size_t length, uint8_t padded[PADDED_MAX])
{
	size_t max = xdp ? XDP_FRAME_MAX : TC_FRAME_MAX, min = ETHERNET_HEADER;

	instance->object.replay->wire_length = length;
	if (!xdp) /* a padded one may have become IP: 13 bytes that end in 08 */
		min = *captured < ETHERNET_HEADER ? TC_IPV6_MIN : tc_minimum(*frame);
	if (*captured < min) {
		instance->object.replay->wire_length = *captured;
		memset(padded, 0, PADDED_MAX);
		memcpy(padded, *frame, *captured);
		*frame = padded;
		*captured = min;
	} else if (*captured > max) {
		*captured = max;
	}
}

static void describe(struct iotguard_instance *instance, struct iotguard_verdict *verdict)
{
	const struct ig_replay *out = instance->object.replay;
	const struct ig_dictionary *dict =
		ig_names_of(&instance->names, ig_generation_now(&instance->object));
	const struct ig_dict_device *device = dict ? ig_dict_device_find(dict, out->device) : NULL;
	const struct ig_dict_rule *rule = device ? ig_dict_rule_of(dict, device, out->rule) : NULL;

	*verdict = (struct iotguard_verdict){
		.passed = out->action == IG_PASS,
		.reason = out->reason,
		.mode = out->mode,
		.device = device ? ig_dict_string(dict, device->name) : NULL,
		.rule = rule ? ig_dict_string(dict, rule->text) : NULL,
		.rule_file = rule ? ig_dict_string(dict, rule->file) : NULL,
		.rule_line = rule ? rule->line : 0,
	};
}

int iotguard_instance_judge(struct iotguard_instance *instance, enum iotguard_side side,
			    const void *frame, size_t captured, size_t length, uint64_t time_ns,
			    struct iotguard_verdict *verdict)
{
	bool xdp = side == IOTGUARD_FROM_DEVICE;
	int fd = xdp ? instance->object.from_device : instance->object.to_device;
	struct ig_replay *replay = instance->object.replay;
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts);
	uint8_t padded[PADDED_MAX];

	if ((side != IOTGUARD_FROM_DEVICE && side != IOTGUARD_TO_DEVICE) || captured > length)
		return -EINVAL;
	if (time_ns > instance->now_ns)
		instance->now_ns = time_ns;
	replay->now_ns = instance->now_ns;
	replay->valid = 0;
	fit(instance, xdp, &frame, &captured, length, padded);
	opts.data_in = frame;
	opts.data_size_in = captured;
	opts.repeat = 1;
	if (bpf_prog_test_run_opts(fd, &opts))
		return -errno;
	if (!__atomic_load_n(&replay->valid, __ATOMIC_ACQUIRE))
		return -EIO;
	describe(instance, verdict);
	return 0;
}

int iotguard_instance_events(struct iotguard_instance *instance,
			     int (*handler)(const struct iotguard_event *event, void *context),
			     void *context)
{
	int n;

	instance->handler = handler;
	instance->context = context;
	instance->stopped = 0;
	n = ring_buffer__consume(instance->ring);
	instance->handler = NULL;
	return instance->stopped ? instance->stopped : n;
}
