/* SPDX-License-Identifier: BSD-2-Clause */
/* Lease files of dnsmasq and Kea: what is read of them, and what is said of what cannot be read. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include <linux/types.h>

#include "abi.h"
#include "lease_file.h"
#include "lease_format.h"
#include "lease_parts.h"
#include "util.h"

#define MAC_A "02:00:5e:10:00:11"
#define MAC_B "02:00:5e:10:00:12"
#define LATER "4102444800" /* 2100 */
#define HEADER \
	"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state\n"
#define KEA(address, mac, lifetime, expire, state) \
	address "," mac ",01," lifetime "," expire ",1,0,0,name," state "\n"

/* A directory of a test's own, with files of leases. */
struct place {
	char dir[64];
	char path[128];
	struct ig_diags diags;
	struct ig_known known;
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	strcpy(p->dir, "/tmp/iotguard-lease-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/leases", p->dir);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const suffixes[] = {"", ".1", ".2", ".completed", ".output"};
	struct place *p = *state;
	char path[160];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", p->path, suffixes[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/other", p->dir);
	unlink(path);
	rmdir(p->path);
	assert_int_equal(rmdir(p->dir), 0);
	ig_diags_clear(&p->diags);
	ig_known_clear(&p->known);
	free(p);
	return 0;
}

static void write_bytes(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void put(struct place *p, const char *suffix, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), "%s%s", p->path, suffix);
	write_bytes(path, text, strlen(text));
}

static void read_again(struct place *p)
{
	int err;

	ig_diags_clear(&p->diags);
	ig_known_clear(&p->known);
	assert_true(ig_lease_file_read(&p->diags, p->path, &p->known, &err));
	assert_int_equal(err, 0);
}

static void read_text(struct place *p, const char *text)
{
	put(p, "", text);
	read_again(p);
}

/* "10.30.0.11=02:00:5e:10:00:11 ..." of all leases, in their order. */
static void expect_leases(struct place *p, const char *expected)
{
	char text[1024] = "";

	for (size_t i = 0; i < p->known.count; i++) {
		const struct ig_known_address *a = &p->known.items[i];
		char address[INET_ADDRSTRLEN];

		assert_int_equal(a->source, IG_BINDING_LEASE);
		inet_ntop(AF_INET, a->addr + 12, address, sizeof(address));
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s%s=%02x:%02x:%02x:%02x:%02x:%02x", i ? " " : "", address, a->mac[0],
			 a->mac[1], a->mac[2], a->mac[3], a->mac[4], a->mac[5]);
	}
	assert_string_equal(text, expected);
}

static void expect_silence(struct place *p)
{
	for (size_t i = 0; i < p->diags.count; i++)
		fail_msg("it is said: %s", p->diags.items[i].message);
}

/* One warning about that line (0: of the file) has these words. */
static void expect_warning(struct place *p, unsigned int line, const char *words)
{
	for (size_t i = 0; i < p->diags.count; i++) {
		const struct iotguard_diag *diag = &p->diags.items[i];

		assert_int_equal(diag->severity, IOTGUARD_WARNING);
		if (diag->line == line && strstr(diag->message, words)) {
			assert_non_null(diag->file);
			return;
		}
	}
	fail_msg("nothing is said of line %u with '%s'", line, words);
}

/* --- dnsmasq --- */

static void dnsmasq_lines_are_leases(void **state)
{
	struct place *p = *state;

	read_text(p, LATER " " MAC_A " 10.30.0.11 cam 01:" MAC_A "\n"
			   "0 " MAC_B " 10.30.0.12 * *\n");
	expect_leases(p, "10.30.0.11=" MAC_A " 10.30.0.12=" MAC_B);
	assert_int_equal(p->known.items[0].expires_at, 4102444800ull);
	assert_int_equal(p->known.items[1].expires_at, 0);
	expect_silence(p);
}

static void dnsmasq_ended_leases_are_left_out(void **state)
{
	struct place *p = *state;

	read_text(p, "1000000000 " MAC_A " 10.30.0.11 cam *\n" LATER " " MAC_B " 10.30.0.12 * *\n");
	expect_leases(p, "10.30.0.12=" MAC_B);
	expect_silence(p);
}

static void dnsmasq_ipv6_is_left_out(void **state)
{
	struct place *p = *state;

	read_text(p, LATER " " MAC_A " 10.30.0.11 cam *\n"
			   "duid 00:01:00:01:2b:3c\n" LATER " 8393728 fd00:30::11 cam 00:01\n" LATER
			   " T1234 fd00:30::12 * 00:01\n");
	expect_leases(p, "10.30.0.11=" MAC_A);
	expect_silence(p);
}

static void dnsmasq_hardware_types_other_than_ethernet_are_left_out(void **state)
{
	struct place *p = *state;

	read_text(p, LATER
		  " 06-" MAC_A " 10.30.0.11 a *\n" LATER " 01-" MAC_B " 10.30.0.12 b *\n" LATER
		  " 20-80:00:02:08:fe:80:00:00 10.30.0.13 c *\n" LATER " * 10.30.0.14 d *\n");
	expect_leases(p, "10.30.0.12=" MAC_B);
	expect_silence(p);
}

static void dnsmasq_the_last_lease_of_an_address_counts(void **state)
{
	struct place *p = *state;

	read_text(p, LATER " " MAC_A " 10.30.0.11 a *\n" LATER " " MAC_B " 10.30.0.11 b *\n");
	expect_leases(p, "10.30.0.11=" MAC_B);
}

static void an_unfinished_last_line_is_left_out(void **state)
{
	struct place *p = *state;

	read_text(p, LATER " " MAC_A " 10.30.0.11 cam *\n" LATER " " MAC_B " 10.30.0.12 p *");
	expect_leases(p, "10.30.0.11=" MAC_A);
	expect_silence(p);
	read_text(p, HEADER KEA("10.30.0.11", MAC_A, "60", LATER, "0") "10.30.0.12," MAC_B
								       ",01,60,4102");
	expect_leases(p, "10.30.0.11=" MAC_A);
	expect_silence(p);
}

static void an_empty_file_has_no_leases(void **state)
{
	struct place *p = *state;

	read_text(p, "");
	expect_leases(p, "");
	expect_silence(p);
	read_text(p, "\n\n");
	expect_leases(p, "");
	expect_silence(p);
}

static void dnsmasq_lines_that_are_wrong_are_told(void **state)
{
	static const struct {
		const char *line, *words;
	} wrong[] = {
		{LATER " " MAC_A " 10.30.0.12 cam", "fewer than five words"},
		{"soon " MAC_A " 10.30.0.12 cam *", "no time"},
		{"-1 " MAC_A " 10.30.0.12 cam *", "no time"},
		{"99999999999999999999999 " MAC_A " 10.30.0.12 cam *", "no time"},
		{" " LATER " " MAC_A " 10.30.0.12 cam *", "no time"},
		{LATER " 02:00:5e:10:00:1 10.30.0.12 cam *", "no MAC address"},
		{LATER " 02:00:5e:10:00:1g 10.30.0.12 cam *", "no MAC address"},
		{LATER " 02-00-5e-10-00-11 10.30.0.12 cam *", "no MAC address"},
		{LATER " zz-" MAC_A " 10.30.0.12 cam *", "no MAC address"},
		{LATER "  10.30.0.12 cam *", "no MAC address"},
		{LATER " " MAC_A ": 10.30.0.12 cam *", "no MAC address"},
		{LATER " " MAC_A " 10.30.0.256 cam *", "no IPv4 address"},
		{LATER " " MAC_A " 10.30.0 cam *", "no IPv4 address"},
		{LATER " " MAC_A " fd00::1 cam *", "no IPv4 address"},
		{LATER " " MAC_A " 10.30.0.12/24 cam *", "no IPv4 address"},
		{"\xff\xfe \x1b[2J x y z", "no time"},
	};
	struct place *p = *state;
	char text[512];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		snprintf(text, sizeof(text), "%s %s 10.30.0.11 cam *\n%s\n%s %s 10.30.0.13 p *\n",
			 LATER, MAC_A, wrong[i].line, LATER, MAC_B);
		read_text(p, text);
		expect_leases(p, "10.30.0.11=" MAC_A " 10.30.0.13=" MAC_B);
		expect_warning(p, 2, wrong[i].words);
		assert_int_equal(p->diags.count, 1);
	}
}

static void of_many_wrong_lines_a_few_are_told_and_counted(void **state)
{
	struct place *p = *state;
	char text[2048] = LATER " " MAC_A " 10.30.0.11 cam *\n";

	for (int i = 0; i < 10; i++)
		strcat(text, "x\n");
	read_text(p, text);
	expect_leases(p, "10.30.0.11=" MAC_A);
	expect_warning(p, 2, "five words");
	expect_warning(p, 4, "five words");
	expect_warning(p, 0, "7 more lines");
	assert_int_equal(p->diags.count, 4);
}

static void what_is_no_lease_file_is_told_once(void **state)
{
	struct place *p = *state;

	read_text(p, "root:x:0:0:root:/root:/bin/bash\nbin:x:1:1\nsys:x\nadm:x\nlp:x\n");
	expect_leases(p, "");
	expect_warning(p, 0, "this is no lease file");
	assert_int_equal(p->diags.count, 1);
}

static void zero_bytes_cost_their_line_only(void **state)
{
	static const char text[] = LATER " " MAC_A " 10.30.0.11 cam *\n\0\0\0\0\n" LATER " " MAC_B
					 "\0 10.30.0.13 x *\n" LATER " " MAC_B " 10.30.0.12 p *\n";
	struct place *p = *state;

	write_bytes(p->path, text, sizeof(text) - 1);
	read_again(p);
	expect_leases(p, "10.30.0.11=" MAC_A " 10.30.0.12=" MAC_B);
	expect_warning(p, 2, "zero byte");
	expect_warning(p, 3, "zero byte");
}

static void random_bytes_are_no_leases(void **state)
{
	struct place *p = *state;
	unsigned char bytes[8192];
	uint32_t seed = 1;

	for (size_t i = 0; i < sizeof(bytes); i++) {
		seed = seed * 1664525u + 1013904223u;
		bytes[i] = (unsigned char)(seed >> 24);
	}
	write_bytes(p->path, bytes, sizeof(bytes));
	read_again(p);
	expect_leases(p, "");
	expect_warning(p, 0, "this is no lease file");
	assert_int_equal(p->diags.count, 1);
}

/* --- Kea --- */

static void kea_rows_are_leases(void **state)
{
	struct place *p = *state;

	read_text(p, HEADER KEA("10.30.0.11", MAC_A, "3600", LATER, "0")
			     KEA("10.30.0.12", MAC_B, "4294967295", "1700000000", "0"));
	expect_leases(p, "10.30.0.11=" MAC_A " 10.30.0.12=" MAC_B);
	assert_int_equal(p->known.items[0].expires_at, 4102444800ull);
	assert_int_equal(p->known.items[1].expires_at, 0);
	expect_silence(p);
}

static void kea_columns_are_found_by_name(void **state)
{
	struct place *p = *state;

	read_text(p, "address,pool_id,state,expire,user_context,hwaddr,valid_lifetime\n"
		     "10.30.0.11,7,0," LATER ",{ \"a\": 1&#x2c \"b\": 2 }," MAC_A ",60\n");
	expect_leases(p, "10.30.0.11=" MAC_A);
	expect_silence(p);
	/* the first version had no state */
	read_text(p, "address,hwaddr,valid_lifetime,expire\n10.30.0.12," MAC_B ",60," LATER "\n");
	expect_leases(p, "10.30.0.12=" MAC_B);
	expect_silence(p);
}

static void kea_an_escaped_comma_separates_nothing(void **state)
{
	struct place *p = *state;

	read_text(p, HEADER "10.30.0.11," MAC_A ",01,60," LATER ",1,0,0,cam&#x2c porch,0\n");
	expect_leases(p, "10.30.0.11=" MAC_A);
	expect_silence(p);
}

static void kea_the_last_row_of_an_address_counts(void **state)
{
	struct place *p = *state;

	read_text(p, HEADER KEA("10.30.0.11", MAC_A, "60", LATER, "0")
			     KEA("10.30.0.12", MAC_A, "60", LATER, "0")
				     KEA("10.30.0.11", MAC_B, "60", LATER, "0")
					     KEA("10.30.0.12", MAC_A, "0", LATER, "0"));
	expect_leases(p, "10.30.0.11=" MAC_B);
	/* released, and given anew */
	read_text(p, HEADER KEA("10.30.0.12", MAC_A, "0", LATER, "0")
			     KEA("10.30.0.12", MAC_B, "60", LATER, "0"));
	expect_leases(p, "10.30.0.12=" MAC_B);
	/* ended: its earlier rows do not come back */
	read_text(p, HEADER KEA("10.30.0.12", MAC_A, "60", LATER, "0")
			     KEA("10.30.0.12", MAC_B, "60", "1000000000", "0"));
	expect_leases(p, "");
}

static void kea_only_state_0_is_a_lease(void **state)
{
	struct place *p = *state;

	read_text(p, HEADER KEA("10.30.0.11", MAC_A, "60", LATER, "0")
			     KEA("10.30.0.11", "", "60", LATER, "1")
				     KEA("10.30.0.12", MAC_A, "60", LATER, "2")
					     KEA("10.30.0.13", MAC_A, "60", LATER, "3"));
	expect_leases(p, "");
	expect_silence(p);
}

static void kea_rows_that_are_wrong_are_told(void **state)
{
	static const struct {
		const char *row, *words;
	} wrong[] = {
		{KEA("10.30.0.300", MAC_A, "60", LATER, "0"), "none of IPv4"},
		{KEA("fd00::1", MAC_A, "60", LATER, "0"), "none of IPv4"},
		{KEA("10.30.0.12", "hello", "60", LATER, "0"), "hardware address"},
		{KEA("10.30.0.12", MAC_A, "long", LATER, "0"), "no number"},
		{KEA("10.30.0.12", MAC_A, "4294967296", LATER, "0"), "no number"},
		{KEA("10.30.0.12", MAC_A, "60", "", "0"), "no number"},
		{KEA("10.30.0.12", MAC_A, "60", LATER, "-1"), "no number"},
		{"10.30.0.12," MAC_A ",01,60\n", "other columns"},
		{"10.30.0.12," MAC_A ",01,60," LATER ",1,0,0,n,0,more\n", "other columns"},
		{",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n",
		 "other columns"},
	};
	struct place *p = *state;
	char text[1024];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		snprintf(text, sizeof(text), "%s%s%s", HEADER, wrong[i].row,
			 KEA("10.30.0.13", MAC_B, "60", LATER, "0"));
		read_text(p, text);
		expect_leases(p, "10.30.0.13=" MAC_B);
		expect_warning(p, 2, wrong[i].words);
		assert_int_equal(p->diags.count, 1);
	}
}

static void kea_leases_of_dhcpv6_are_none_here(void **state)
{
	struct place *p = *state;

	read_text(p,
		  "address,duid,valid_lifetime,expire,subnet_id\nfd00::1,00:01,60," LATER ",1\n");
	expect_leases(p, "");
	expect_warning(p, 0, "no columns of DHCPv4");
}

/* .completed, else .2 and .1; then the file itself. .output is not finished, and never read. */
static void kea_files_of_a_cleanup_come_in_keas_order(void **state)
{
	struct place *p = *state;

	put(p, "", HEADER KEA("10.30.0.11", MAC_A, "60", LATER, "0"));
	put(p, ".1",
	    HEADER KEA("10.30.0.11", MAC_B, "60", LATER, "0")
		    KEA("10.30.0.12", MAC_B, "60", LATER, "0")
			    KEA("10.30.0.13", MAC_B, "0", LATER, "0"));
	put(p, ".2",
	    HEADER KEA("10.30.0.12", MAC_A, "60", LATER, "0")
		    KEA("10.30.0.13", MAC_A, "60", LATER, "0")
			    KEA("10.30.0.14", MAC_A, "60", LATER, "0"));
	put(p, ".output", HEADER KEA("10.30.0.99", MAC_A, "60", LATER, "0"));
	read_again(p);
	expect_leases(p, "10.30.0.14=" MAC_A " 10.30.0.12=" MAC_B " 10.30.0.11=" MAC_A);
	put(p, ".completed", HEADER KEA("10.30.0.15", MAC_B, "60", LATER, "0"));
	read_again(p);
	expect_leases(p, "10.30.0.15=" MAC_B " 10.30.0.11=" MAC_A);
	expect_silence(p);
}

static void kea_files_of_a_cleanup_count_without_the_file_itself(void **state)
{
	struct place *p = *state;

	put(p, ".1", HEADER KEA("10.30.0.12", MAC_B, "60", LATER, "0"));
	read_again(p);
	expect_leases(p, "10.30.0.12=" MAC_B);
	expect_silence(p);
}

static void what_lies_beside_a_file_of_dnsmasq_is_let_alone(void **state)
{
	struct place *p = *state;

	put(p, ".1", LATER " " MAC_B " 10.30.0.12 * *\n");
	read_text(p, LATER " " MAC_A " 10.30.0.11 * *\n");
	expect_leases(p, "10.30.0.11=" MAC_A);
	expect_silence(p);
}

/* --- files --- */

static void a_file_that_is_not_there_is_no_mistake_by_itself(void **state)
{
	struct place *p = *state;
	int err;

	assert_false(ig_lease_file_read(&p->diags, p->path, &p->known, &err));
	assert_int_equal(err, 0);
	expect_silence(p);
}

static void what_is_no_regular_file_is_told_and_never_waited_for(void **state)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct place *p = *state;
	int fd;

	assert_int_equal(mkdir(p->path, 0700), 0);
	read_again(p);
	expect_warning(p, 0, "no regular file");
	assert_int_equal(rmdir(p->path), 0);

	assert_int_equal(mkfifo(p->path, 0600), 0);
	read_again(p);
	expect_warning(p, 0, "no regular file");
	assert_int_equal(unlink(p->path), 0);

	strcpy(name.sun_path, p->path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	read_again(p);
	expect_warning(p, 0, "no regular file");
	close(fd);
}

static void what_may_not_be_read_is_told(void **state)
{
	struct place *p = *state;
	pid_t child;
	int status;

	put(p, "", LATER " " MAC_A " 10.30.0.11 * *\n");
	/* whom nothing is forbidden to cannot see this */
	if (!geteuid() && (chmod(p->dir, 0755) || chmod(p->path, 0600)))
		fail();
	if (geteuid() && chmod(p->path, 0))
		fail();
	child = fork();
	if (!child) {
		if (!geteuid() && setuid(65534))
			_exit(2);
		read_again(p);
		expect_leases(p, "");
		expect_warning(p, 0, "cannot be read: Permission denied");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void of_a_file_without_end_the_beginning_is_read(void **state)
{
	struct place *p = *state;

	put(p, "", LATER " " MAC_A " 10.30.0.11 * *\n");
	assert_int_equal(truncate(p->path, (off_t)IG_LEASE_BYTES_MOST + 4096), 0);
	read_again(p);
	expect_leases(p, "10.30.0.11=" MAC_A);
	expect_warning(p, 0, "only the first 64 MiB");
}

static void a_million_leases_are_enough(void **state)
{
	struct ig_lease_reader reader = {.known = &((struct place *)*state)->known};
	struct ig_known_address lease = {.source = IG_BINDING_LEASE};

	/* the same ones over and over make no more of them */
	for (uint32_t i = 0; i < IG_LEASES_MOST + 10; i++) {
		uint32_t number = htonl(i % (IG_LEASES_MOST - 1));

		memcpy(lease.addr + 12, &number, sizeof(number));
		assert_int_equal(ig_lease_add(&reader, &lease), 0);
	}
	assert_int_equal(reader.missing, 0);
	for (uint32_t i = 0; i < 20; i++) {
		lease.addr[0] = (uint8_t)(i + 1);
		assert_int_equal(ig_lease_add(&reader, &lease), 0);
	}
	assert_int_equal(reader.known->count, IG_LEASES_MOST);
	assert_true(reader.missing > 0);
}

static void write_for_ever(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	while (write(fd, "\n", 1) == 1)
		;
	_exit(1);
}

/* Somebody writes between the looks: what was read is used. A try that met no writer is one more. */
static void a_file_that_changes_all_the_time_is_used_with_a_warning(void **state)
{
	struct place *p = *state;
	time_t until = time(NULL) + 60;
	_free_ char *text = malloc(1 << 20);
	pid_t child;
	int status;

	assert_non_null(text);
	memset(text, '\n', 1 << 20);
	memcpy(text, "0 " MAC_A " 10.30.0.11 * *\n", strlen("0 " MAC_A " 10.30.0.11 * *\n"));
	write_bytes(p->path, text, 1 << 20);
	child = fork();
	if (!child)
		write_for_ever(p->path);
	assert_true(child > 0);
	while (!p->diags.count && time(NULL) < until) {
		read_again(p);
		expect_leases(p, "10.30.0.11=" MAC_A);
	}
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	expect_warning(p, 0, "being written");
	read_again(p);
	expect_leases(p, "10.30.0.11=" MAC_A);
	expect_silence(p);
}

/* --- which files --- */

static void read_named(struct place *p, const char *a, const char *b)
{
	struct ig_lease_path files[2] = {
		{.path = (char *)a, .loc = {.file = "inventory.yaml", .line = 4, .column = 3}},
		{.path = (char *)b, .loc = {.file = "inventory.yaml", .line = 4, .column = 9}},
	};
	struct ig_gateway gateway = {
		.lease_files = files,
		.n_lease_files = a ? 2 : 0,
		.lease_files_given = true,
	};

	ig_diags_clear(&p->diags);
	ig_known_clear(&p->known);
	assert_int_equal(ig_lease_files_read(&p->diags, &gateway, &p->known), 0);
}

static void of_two_files_the_one_written_last_counts(void **state)
{
	struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	struct place *p = *state;
	char other[128];

	snprintf(other, sizeof(other), "%s/other", p->dir);
	write_bytes(other, "0 " MAC_B " 10.30.0.11 * *\n", strlen("0 " MAC_B " 10.30.0.11 * *\n"));
	put(p, "", "0 " MAC_A " 10.30.0.11 * *\n");
	assert_int_equal(utimensat(AT_FDCWD, other, old, 0), 0);
	read_named(p, p->path, other);
	expect_leases(p, "10.30.0.11=" MAC_A);
	read_named(p, other, p->path);
	expect_leases(p, "10.30.0.11=" MAC_A);
	/* but not by a lease that has ended */
	put(p, "", "1000 " MAC_A " 10.30.0.11 * *\n");
	read_named(p, p->path, other);
	expect_leases(p, "10.30.0.11=" MAC_B);
	expect_silence(p);
}

static void a_file_that_is_named_and_not_there_is_told_where_it_is_named(void **state)
{
	struct place *p = *state;

	put(p, "", "0 " MAC_A " 10.30.0.11 * *\n");
	read_named(p, "/nonexistent/leases", p->path);
	expect_leases(p, "10.30.0.11=" MAC_A);
	expect_warning(p, 4, "there is no lease file `/nonexistent/leases`");
	assert_int_equal(p->diags.count, 1);
}

static void an_empty_list_names_none(void **state)
{
	struct place *p = *state;

	read_named(p, NULL, NULL);
	expect_leases(p, "");
	expect_silence(p);
}

/* --- of one address --- */

static void claims_of_one_address_are_not_mixed_with_leases(void **state)
{
	struct place *p = *state;
	struct ig_known_address a = {.addr = {0xfe, 0x80, [15] = 1}, .source = IG_BINDING_CLAIM};

	for (uint8_t i = 0; i < 2; i++) {
		a.mac[0] = i;
		assert_int_equal(ig_known_add(&p->known, &a), 0);
	}
	assert_int_equal(ig_known_latest(&p->known, 0), 0);
	assert_int_equal(p->known.count, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dnsmasq_lines_are_leases),
		TEST(dnsmasq_ended_leases_are_left_out),
		TEST(dnsmasq_ipv6_is_left_out),
		TEST(dnsmasq_hardware_types_other_than_ethernet_are_left_out),
		TEST(dnsmasq_the_last_lease_of_an_address_counts),
		TEST(an_unfinished_last_line_is_left_out),
		TEST(an_empty_file_has_no_leases),
		TEST(dnsmasq_lines_that_are_wrong_are_told),
		TEST(of_many_wrong_lines_a_few_are_told_and_counted),
		TEST(what_is_no_lease_file_is_told_once),
		TEST(zero_bytes_cost_their_line_only),
		TEST(random_bytes_are_no_leases),
		TEST(kea_rows_are_leases),
		TEST(kea_columns_are_found_by_name),
		TEST(kea_an_escaped_comma_separates_nothing),
		TEST(kea_the_last_row_of_an_address_counts),
		TEST(kea_only_state_0_is_a_lease),
		TEST(kea_rows_that_are_wrong_are_told),
		TEST(kea_leases_of_dhcpv6_are_none_here),
		TEST(kea_files_of_a_cleanup_come_in_keas_order),
		TEST(kea_files_of_a_cleanup_count_without_the_file_itself),
		TEST(what_lies_beside_a_file_of_dnsmasq_is_let_alone),
		TEST(a_file_that_is_not_there_is_no_mistake_by_itself),
		TEST(what_is_no_regular_file_is_told_and_never_waited_for),
		TEST(what_may_not_be_read_is_told),
		TEST(of_a_file_without_end_the_beginning_is_read),
		TEST(a_million_leases_are_enough),
		TEST(a_file_that_changes_all_the_time_is_used_with_a_warning),
		TEST(of_two_files_the_one_written_last_counts),
		TEST(a_file_that_is_named_and_not_there_is_told_where_it_is_named),
		TEST(an_empty_list_names_none),
		TEST(claims_of_one_address_are_not_mixed_with_leases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
