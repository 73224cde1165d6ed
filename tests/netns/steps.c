/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a command step by step, and stops or kills it before a step of choice.
 *
 *	steps [--calls] FILE N SIGNAL COMMAND...
 *
 * A step is a system call that changes something which outlives the process: files (but not who may
 * read them), mounts, pins, links and the contents of BPF maps (calls in a row that fill maps are one
 * step, so that there are always as many, whatever there is to copy); the end is one, too. What a process changes in memory that it shares with the kernel happens between two of them. So
 * a process that is killed before its 1st, 2nd, ... last step has been killed in every state that it
 * can leave behind.
 *
 * With --calls every system call is a step.
 *
 * The command gets SIGNAL instead of its step N; N is 0 to let it run, or the line that the
 * first step of that name gets in FILE. FILE gets a line for each step;
 * the last is the one that was not made, if the command was ended. The exit code is the command's, or
 * 128 + the signal that ended it. After SIGSTOP the command is left alone, stopped: its process id is
 * the last line of FILE.
 */
#define _GNU_SOURCE 1
#include <err.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_TROUBLE 125

struct step {
	const char *name;
	bool repeats; /* the next of its kind is no step of its own */
	char path[256];
};

static const struct {
	uint64_t number;
	const char *name;
	int path; /* which argument is one, -1: none */
} calls[] = {
#ifdef SYS_mkdir
	{SYS_mkdir, "mkdir", 0},	  {SYS_rmdir, "rmdir", 0},
	{SYS_unlink, "unlink", 0},	  {SYS_symlink, "symlink", 1},
	{SYS_rename, "rename", 1},
#endif
#ifdef SYS_renameat
	{SYS_renameat, "rename", 3},
#endif
	{SYS_mkdirat, "mkdir", 1},	  {SYS_unlinkat, "unlink", 1},
	{SYS_symlinkat, "symlink", 2},	  {SYS_renameat2, "rename", 3},
	{SYS_mount, "mount", 1},	  {SYS_flock, "flock", -1},
	{SYS_ftruncate, "ftruncate", -1}, {SYS_pwrite64, "pwrite", -1},
	{SYS_exit_group, "exit", -1},
};

static void read_memory(pid_t pid, uint64_t address, void *to, size_t size)
{
	struct iovec here = {to, size}, there = {(void *)(uintptr_t)address, size};

	memset(to, 0, size);
	if (process_vm_readv(pid, &here, 1, &there, 1, 0) < 0)
		memset(to, 0, size);
}

/* A string may end right before memory that cannot be read. */
static void read_string(pid_t pid, uint64_t address, char *to, size_t size)
{
	size_t n = 0;

	memset(to, 0, size);
	while (n < size - 1) {
		read_memory(pid, address + n, to + n, 1);
		if (!to[n])
			break;
		n++;
	}
}

static bool is_bpf_step(pid_t pid, const uint64_t *args, struct step *step)
{
	union bpf_attr attr;
	size_t size = args[2] < sizeof(attr) ? args[2] : sizeof(attr);

	memset(&attr, 0, sizeof(attr));
	read_memory(pid, args[1], &attr, size);
	switch (args[0]) {
	case BPF_OBJ_PIN:
		step->name = "pin";
		read_string(pid, attr.pathname, step->path, sizeof(step->path));
		return true;
	case BPF_LINK_CREATE:
		step->name = "attach";
		return true;
	case BPF_LINK_UPDATE:
		step->name = "update link";
		return true;
	case BPF_LINK_DETACH:
		step->name = "detach";
		return true;
	case BPF_MAP_UPDATE_ELEM:
		step->name = "fill maps";
		step->repeats = true;
		return true;
	case BPF_MAP_DELETE_ELEM:
		step->name = "delete from maps";
		step->repeats = true;
		return true;
	default:
		return false;
	}
}

static bool is_step(pid_t pid, uint64_t number, const uint64_t *args, struct step *step)
{
	*step = (struct step){0};
	if (number == SYS_bpf)
		return is_bpf_step(pid, args, step);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (calls[i].number != number)
			continue;
		step->name = calls[i].name;
		if (calls[i].path >= 0)
			read_string(pid, args[calls[i].path], step->path, sizeof(step->path));
		return true;
	}
	return false;
}

/* By its name where it is a step, else by its number. */
static void name_call(pid_t pid, uint64_t number, const uint64_t *args, struct step *step)
{
	if (is_step(pid, number, args, step)) {
		step->repeats = false;
		return;
	}
	*step = (struct step){.name = "call"};
	if (number == SYS_bpf)
		snprintf(step->path, sizeof(step->path), "bpf %llu", (unsigned long long)args[0]);
	else
		snprintf(step->path, sizeof(step->path), "%llu", (unsigned long long)number);
}

static pid_t start(char **command)
{
	pid_t pid = fork();

	if (pid < 0)
		err(EXIT_TROUBLE, "fork");
	if (pid)
		return pid;
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	execvp(command[0], command);
	err(EXIT_TROUBLE, "%s", command[0]);
}

static int ending(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Lets it run to the entry or the end of its next system call; false with its exit code if it ended. */
static bool go_on(pid_t pid, int *code)
{
	int status, signal = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, 0, signal))
			err(EXIT_TROUBLE, "ptrace");
		if (waitpid(pid, &status, 0) < 0)
			err(EXIT_TROUBLE, "wait");
		if (!WIFSTOPPED(status)) {
			*code = ending(status);
			return false;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			return true;
		signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
	}
}

static int end_here(pid_t pid, int signal, FILE *file)
{
	int status;

	kill(pid, signal);
	if (signal == SIGSTOP) {
		fprintf(file, "%d\n", (int)pid);
		fclose(file);
		ptrace(PTRACE_DETACH, pid, 0, SIGSTOP);
		return 0;
	}
	if (signal != SIGKILL)
		ptrace(PTRACE_DETACH, pid, 0, signal);
	if (waitpid(pid, &status, 0) < 0)
		err(EXIT_TROUBLE, "wait");
	return ending(status);
}

int main(int argc, char **argv)
{
	struct __ptrace_syscall_info info;
	struct step step, last = {0};
	long wanted, n = 0;
	bool all = argc > 1 && !strcmp(argv[1], "--calls");
	char line[320];
	int signal, code, status;
	FILE *file;
	pid_t pid;

	argc -= all;
	argv += all;
	if (argc < 5)
		errx(EXIT_TROUBLE, "usage: steps [--calls] FILE N SIGNAL COMMAND...");
	file = fopen(argv[1], "we");
	if (!file)
		err(EXIT_TROUBLE, "%s", argv[1]);
	wanted = atol(argv[2]);
	signal = atoi(argv[3]);
	pid = start(argv + 4);
	if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
		errx(EXIT_TROUBLE, "%s cannot be traced", argv[4]);
	if (ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD))
		err(EXIT_TROUBLE, "ptrace");
	while (go_on(pid, &code)) {
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
			err(EXIT_TROUBLE, "system call");
		if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
			continue;
		if (all)
			name_call(pid, info.entry.nr, (const uint64_t *)info.entry.args, &step);
		else if (!is_step(pid, info.entry.nr, (const uint64_t *)info.entry.args, &step))
			continue;
		if (step.repeats && last.repeats && !strcmp(step.name, last.name))
			continue;
		last = step;
		snprintf(line, sizeof(line), "%s%s%s", step.name, *step.path ? " " : "", step.path);
		fprintf(file, "%s\n", line);
		if (++n == wanted || !strcmp(line, argv[2]))
			return end_here(pid, signal, file);
	}
	fclose(file);
	return code;
}
