/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every packet of the capture, through the programs that its MAC addresses say.
 */
#include <errno.h>

#include "replay.h"

/* Events are fetched so often that the ring cannot fill up in between. */
#define EVENTS_EVERY 64

static bool is_refusal(const struct iotguard_verdict *verdict)
{
	return !iotguard_reason_passes(verdict->reason);
}

static int judge_side(struct replay *replay, enum iotguard_side side, const struct packet *packet,
		      struct iotguard_verdict *verdict)
{
	return iotguard_instance_judge(replay->instance, side, packet->bytes, packet->captured,
				       packet->length, packet->time_ns, verdict);
}

/*
 * A frame that the sender's side drops never gets to the receiver's. Who refuses it is named; else
 * the sender is.
 */
static int judge_both(struct replay *replay, const struct packet *packet,
		      struct iotguard_verdict *verdict)
{
	struct iotguard_verdict received;
	int err = judge_side(replay, IOTGUARD_FROM_DEVICE, packet, verdict);

	if (err || !verdict->passed)
		return err;
	err = judge_side(replay, IOTGUARD_TO_DEVICE, packet, &received);
	if (err)
		return err;
	if (!received.passed || (is_refusal(&received) && !is_refusal(verdict)))
		*verdict = received;
	return 0;
}

static int judge(struct replay *replay, const struct packet *packet, struct outcome *outcome)
{
	outcome->side = iotguard_instance_side(replay->instance, packet->bytes, packet->captured);
	if (outcome->side == IOTGUARD_IGNORED)
		return 0;
	if (outcome->side == IOTGUARD_BOTH)
		return judge_both(replay, packet, &outcome->verdict);
	return judge_side(replay, outcome->side, packet, &outcome->verdict);
}

static int on_event(const struct iotguard_event *event, void *context)
{
	report_event(context, event);
	return 0;
}

static int drain_events(struct replay *replay)
{
	int n = iotguard_instance_events(replay->instance, on_event, &replay->report);

	return n < 0 ? kernel_failed(replay, n, "reading events") : REPLAY_OK;
}

static int judge_packet(struct replay *replay, const struct packet *packet)
{
	struct outcome outcome = {.number = replay->report.packets + 1};
	int err = judge(replay, packet, &outcome);

	if (err) {
		char what[64];

		snprintf(what, sizeof(what), "packet %llu", (unsigned long long)outcome.number);
		return kernel_failed(replay, err, what);
	}
	report_packet(&replay->report, packet, &outcome);
	return outcome.number % EVENTS_EVERY ? REPLAY_OK : drain_events(replay);
}

int replay_packets(struct replay *replay)
{
	char why[CAPTURE_WHY];
	struct packet packet;
	int status = REPLAY_OK;
	int n = 0;

	while (!status && !ferror(stdout) && (n = capture_next(replay->capture, &packet, why)) > 0)
		status = judge_packet(replay, &packet);
	if (!status)
		status = drain_events(replay);
	if (status)
		return status;
	replay->report.truncated = n < 0;
	report_summary(&replay->report);
	if (n < 0) {
		say_error(replay, replay->capture_path,
			  "what stands before it was judged; the rest is missing",
			  "packet %llu: %s", (unsigned long long)replay->report.packets + 1, why);
		return REPLAY_INVALID;
	}
	return REPLAY_OK;
}
