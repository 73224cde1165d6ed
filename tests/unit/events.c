/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "events.h"

void parse_address(const char *text, uint8_t addr[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (inet_pton(AF_INET6, text, addr) == 1)
		return;
	memcpy(addr, mapped, sizeof(mapped));
	assert_int_equal(inet_pton(AF_INET, text, addr + 12), 1);
}

struct iotguard_event refused(void)
{
	struct iotguard_event event = {
		.time_us = 1795343465123456, /* 2026-11-22T10:31:05.123456 */
		.type = "drop",
		.device = "cam-porch",
		.environment = IOTGUARD_ENV_CONSUMER,
		.criticality = IOTGUARD_CRIT_OPERATIONAL,
		.mode = IOTGUARD_MODE_ENFORCE,
		.reason = "no-rule",
		.sentence = "no rule of the policy allows it",
		.from_device = true,
		.interface = "lan0",
		.generation = 42,
		.repeats = 1,
		.length = 74,
		.src_mac = {2, 0, 0x5e, 0x10, 0, 0x11},
		.dst_mac = {2, 0, 0x5e, 0, 0, 0xfe},
		.ethertype = 0x0800,
		.ip_version = 4,
		.proto = 6,
		.src_port = 51512,
		.dst_port = 6667,
		.tcp_flags = 0x02,
		.ttl = 64,
	};

	parse_address("192.168.8.23", event.src);
	parse_address("203.0.113.9", event.dst);
	return event;
}

struct iotguard_event lost(uint64_t number)
{
	return (struct iotguard_event){
		.time_us = 1795343465000001,
		.type = "loss",
		.lost = number,
	};
}

struct iotguard_event begun(void)
{
	struct iotguard_event event = refused();

	event.type = "new-flow";
	event.mode = IOTGUARD_MODE_LEARN;
	event.reason = "rule";
	event.sentence = "a rule of the policy allows it";
	event.rule = "allow to internet tcp/6667";
	event.rule_file = "ward.yaml";
	event.rule_line = 41;
	return event;
}

struct iotguard_event changed(struct iotguard_change *change, const char *action)
{
	*change = (struct iotguard_change){
		.number = 17,
		.time_us = 1795343465123456,
		.action = action,
		.generation = 8,
		.before = 7,
		.uid = 1000,
		.sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	};
	return (struct iotguard_event){
		.time_us = change->time_us,
		.type = "policy",
		.environment = IOTGUARD_ENV_UNKNOWN,
		.criticality = IOTGUARD_CRIT_UNKNOWN,
		.change = change,
		.generation = change->generation,
	};
}
