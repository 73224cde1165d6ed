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
#include <linux/bpf.h>
#include <string.h>

#include "event_decode.h"
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
	uint64_t adopted; /* generation whose maps are shared with the live gateway; 0: none are */
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

static int load(struct iotguard_instance *instance, const struct ig_sizes *sizes)
{
	int err = ig_object_load(&instance->ig->diags, sizes, true, &instance->object);

	if (err)
		return err;
	instance->names.object = &instance->object;
	instance->ring =
		ring_buffer__new(instance->object.maps[IG_MAP_events], on_record, instance, NULL);
	return instance->ring ? 0 : -errno;
}

/* Names that were read are of a policy that may have had the same number. */
static void forget_names(struct iotguard_instance *instance)
{
	ig_names_clear(&instance->names);
	instance->names.object = &instance->object;
}

/* A slot is written in place, so that of shared maps has to be the one in force. */
static void return_to_adopted(struct iotguard_instance *instance)
{
	struct ig_control *control = instance->object.control;

	forget_names(instance);
	if (!instance->adopted)
		return;
	control->settled = instance->adopted; /* nobody else runs these programs */
	__atomic_store_n(&control->generation, instance->adopted, __ATOMIC_RELEASE);
}

int ig_instance_enforce(struct iotguard_instance *instance, const struct ig_image *image,
			ig_ifindex_fn ifindex, void *context)
{
	uint64_t next;
	int err;

	return_to_adopted(instance);
	next = ig_generation_now(&instance->object) + 1;
	err = ig_generation_write(&instance->object, image, next, ifindex, context);
	if (!err)
		ig_generation_flip(&instance->object);
	return err;
}

int ig_instance_adopt(struct iotguard_instance *instance, const struct ig_object *live)
{
	if (instance->adopted) {
		return_to_adopted(instance);
		return 0;
	}
	instance->adopted = ig_generation_now(live);
	return ig_generation_adopt(&instance->object, live);
}

/* What failed, if nobody said it yet; the instance goes. */
static int say_failed(struct iotguard_instance *instance, size_t errors, int err)
{
	if (instance->ig->diags.errors == errors)
		ig_error(&instance->ig->diags, NULL, NULL, "cannot make a private instance: %s",
			 strerror(-err));
	iotguard_instance_close(instance);
	return err;
}

static struct iotguard_instance *new_instance(struct iotguard *ig)
{
	struct iotguard_instance *instance = calloc(1, sizeof(*instance));

	if (!instance)
		return NULL;
	instance->ig = ig;
	instance->object = IG_OBJECT_NONE;
	return instance;
}

int iotguard_instance_open(struct iotguard *ig, const struct iotguard_policy *policy,
			   const struct iotguard_instance_opts *opts,
			   struct iotguard_instance **out)
{
	struct iotguard_instance *instance = new_instance(ig);
	size_t errors = ig->diags.errors;
	struct ig_sizes sizes;
	int err;

	*out = NULL;
	if (!instance)
		return -ENOMEM;
	ig_policy_sizes(policy, &sizes);
	err = load(instance, &sizes);
	err = err ?: ig_instance_enforce(instance, &policy->image, NULL, NULL);
	err = err ?: index_macs(instance, &policy->image);
	if (err)
		return say_failed(instance, errors, err);
	instance->object.replay->learn_bindings = ig_opt(opts, learn_bindings, false);
	*out = instance;
	return 0;
}

int ig_instance_open_bare(struct iotguard *ig, uint32_t device_slots, const struct ig_object *live,
			  struct iotguard_instance **out)
{
	struct iotguard_instance *instance = new_instance(ig);
	struct ig_sizes sizes = {
		.device_slots = device_slots,
		.pin_places = live ? live->control->pin_places : 0,
	};
	size_t errors = ig->diags.errors;
	int err;

	*out = NULL;
	if (!instance)
		return -ENOMEM;
	err = load(instance, &sizes);
	if (err)
		return say_failed(instance, errors, err);
	if (live) /* where names and pins stand follows from it */
		instance->object.control->seed = live->control->seed;
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

/* One run of a program. @ifindex 0: of no interface. */
static int run(struct iotguard_instance *instance, bool xdp, const void *frame, size_t captured,
	       size_t length, unsigned int ifindex, struct iotguard_verdict *verdict)
{
	int fd = xdp ? instance->object.from_device : instance->object.to_device;
	struct ig_replay *replay = instance->object.replay;
	struct xdp_md from = {.ingress_ifindex = ifindex};
	struct __sk_buff to = {.ifindex = ifindex};
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts);
	uint8_t padded[PADDED_MAX];

	replay->valid = 0;
	fit(instance, xdp, &frame, &captured, length, padded);
	from.data_end = captured;
	opts.data_in = frame;
	opts.data_size_in = captured;
	opts.repeat = 1;
	if (ifindex) {
		opts.ctx_in = xdp ? (void *)&from : (void *)&to;
		opts.ctx_size_in = xdp ? sizeof(from) : sizeof(to);
	}
	if (bpf_prog_test_run_opts(fd, &opts))
		return -errno;
	if (!__atomic_load_n(&replay->valid, __ATOMIC_ACQUIRE))
		return -EIO;
	describe(instance, verdict);
	return 0;
}

static bool is_one_side(enum iotguard_side side)
{
	return side == IOTGUARD_FROM_DEVICE || side == IOTGUARD_TO_DEVICE;
}

int iotguard_instance_judge(struct iotguard_instance *instance, enum iotguard_side side,
			    const void *frame, size_t captured, size_t length, uint64_t time_ns,
			    struct iotguard_verdict *verdict)
{
	if (!is_one_side(side) || captured > length)
		return -EINVAL;
	if (time_ns > instance->now_ns)
		instance->now_ns = time_ns;
	instance->object.replay->now_ns = instance->now_ns;
	return run(instance, side == IOTGUARD_FROM_DEVICE, frame, captured, length, 0, verdict);
}

int ig_instance_ask(struct iotguard_instance *instance, const struct ig_instance_frame *frame,
		    struct iotguard_verdict *verdict)
{
	struct ig_replay *replay = instance->object.replay;

	if (!is_one_side(frame->side))
		return -EINVAL;
	replay->now_ns = frame->now_ns;
	replay->wall_s = frame->wall_s;
	replay->ports = frame->ifindex != 0;
	replay->machine = frame->ifindex != 0;
	return run(instance, frame->side == IOTGUARD_FROM_DEVICE, frame->bytes, frame->size,
		   frame->size, frame->ifindex, verdict);
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
