/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes a disagreement small.
 *
 *	shrink CASES [MINIMAL]
 *
 * CASES is a case stream (README.md) about which the subject and the judge do not agree, or at which
 * one of them fails. Left are the world in question up to the answer that differs first, of that as
 * few lines as still do it, and of these as few bytes from the end. Inventory and MUD files stay as
 * they are. The result is written to MINIMAL (CASES.min where it is left out) and, with both answers, to stdout.
 *
 * $SUBJECT and $JUDGE are the two programs: those in $BUILD/tests/judge where they are not set. Exit:
 * 0 something is left, 1 there is no disagreement, 2 it cannot be found out.
 *
 * Worlds know nothing of each other, so many candidates are tried in one run, a world each. A program
 * that fails takes its last answers with it; there a run tries one candidate, and what counts is that
 * it fails.
 */
#include <err.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN_LINES 100000 /* about as many in one run */
#define MOST_CUT  16	 /* frames that are shortened: each costs a dozen runs */
#define NOTHING	  "(no answer)"

struct lines {
	char **items;
	size_t n, room;
};

/* What has to stay: the first two words of both answers; or which programs failed. */
struct symptom {
	bool crash;
	bool failed[2];
	char answer[2][64];
};

static const char *programs[2];
static char work[] = "/tmp/shrink.XXXXXX";
static const char *const names[2] = {"subject", "judge"};

/* --- lines --------------------------------------------------------------------------------- */

static void *check(void *pointer)
{
	if (!pointer)
		err(2, "memory");
	return pointer;
}

static void add(struct lines *lines, char *line)
{
	if (lines->n == lines->room) {
		lines->room = lines->room ? 2 * lines->room : 64;
		lines->items = check(realloc(lines->items, lines->room * sizeof(char *)));
	}
	lines->items[lines->n++] = line;
}

static struct lines read_lines(const char *path)
{
	struct lines lines = {NULL, 0, 0};
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t size;

	if (!file)
		err(2, "%s", path);
	while ((size = getline(&line, &room, file)) > 0) {
		if (line[size - 1] != '\n')
			break; /* a program died in the middle of it */
		line[size - 1] = '\0';
		add(&lines, check(strdup(line)));
	}
	free(line);
	fclose(file);
	return lines;
}

static void clear(struct lines *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		free(lines->items[i]);
	free(lines->items);
	*lines = (struct lines){NULL, 0, 0};
}

static bool is(const char *line, const char *word)
{
	size_t size = strlen(word);

	return !strncmp(line, word, size) && (!line[size] || line[size] == ' ');
}

/* --- running ------------------------------------------------------------------------------- */

struct run {
	struct lines answers[2];
	size_t at[2];
	bool failed[2];
};

static char *in_work(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned int turn;
	char *path = paths[turn++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", work, name);
	return path;
}

static pid_t start(const char *program, const char *name)
{
	pid_t pid;

	fflush(stdout); /* or the child says it again */
	pid = fork();
	if (pid < 0)
		err(2, "fork");
	if (pid)
		return pid;
	if (!freopen(in_work("cases"), "r", stdin) || !freopen(in_work(name), "w", stdout) ||
	    !freopen("/dev/null", "w", stderr))
		_exit(127);
	execlp("timeout", "timeout", "120", program, (char *)NULL);
	_exit(127);
}

/* What stands in `cases`, through both. */
static struct run run(void)
{
	struct run run = {.at = {0, 0}};
	pid_t pids[2];
	int status;

	for (int i = 0; i < 2; i++)
		pids[i] = start(programs[i], names[i]);
	for (int i = 0; i < 2; i++) {
		if (waitpid(pids[i], &status, 0) < 0)
			err(2, "waitpid");
		if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
			errx(2, "cannot run %s", programs[i]);
		run.failed[i] = status != 0;
		run.answers[i] = read_lines(in_work(names[i]));
	}
	return run;
}

static void run_clear(struct run *run)
{
	clear(&run->answers[0]);
	clear(&run->answers[1]);
}

/* The next answer of program @i to a frame, or to `state`: joined to one text. Owned by the caller;
 * NULL where there are no more. */
static char *next_answer(struct run *run, int i, bool state)
{
	const struct lines *lines = &run->answers[i];
	size_t end = run->at[i], size = 1;
	char *text;

	while (state && end < lines->n && strcmp(lines->items[end], "end"))
		end++;
	if (end++ >= lines->n)
		return NULL;
	for (size_t j = run->at[i]; j < end; j++)
		size += strlen(lines->items[j]) + 1;
	text = check(calloc(size, 1));
	for (size_t j = run->at[i]; j < end; j++) {
		strcat(text, lines->items[j]);
		strcat(text, j + 1 < end ? "\n" : "");
	}
	run->at[i] = end;
	return text;
}

/* --- looking at answers -------------------------------------------------------------------- */

static bool asks(const char *line)
{
	return is(line, "frame") || is(line, "state");
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* The first two words; of a state, that it is one. */
static void summarise(const char *answer, bool state, char summary[64])
{
	const char *space = answer ? strchr(answer, ' ') : NULL;

	if (!answer || state) {
		snprintf(summary, 64, "%s", answer ? "state" : NOTHING);
		return;
	}
	space = space ? strchr(space + 1, ' ') : NULL;
	snprintf(summary, 64, "%.*s", space ? (int)(space - answer) : 63, answer);
}

/* Finds the line whose answers differ first. False: they agree. */
static bool find_difference(const struct lines *cases, struct run *run, size_t *line,
			    char *answers[2])
{
	for (size_t i = 0; i < cases->n; i++) {
		bool state = is(cases->items[i], "state");

		if (!asks(cases->items[i]))
			continue;
		answers[0] = next_answer(run, 0, state);
		answers[1] = next_answer(run, 1, state);
		if (!same(answers[0], answers[1])) {
			*line = i;
			return true;
		}
		free(answers[0]);
		free(answers[1]);
		if (!answers[0])
			break;
	}
	answers[0] = answers[1] = NULL;
	return false;
}

/* --- candidates ---------------------------------------------------------------------------- */

/* One world, and which of its lines are left. Those up to the first inventory and the last one
 * always are, and MUD files: an inventory that names one that is not there is none. */
struct world {
	struct lines lines;
	bool *kept;
};

static void write_world(FILE *file, const struct world *world, const bool *kept)
{
	for (size_t i = 0; i < world->lines.n; i++)
		if (kept[i])
			fprintf(file, "%s\n", world->lines.items[i]);
}

static FILE *open_cases(void)
{
	FILE *file = fopen(in_work("cases"), "we");

	if (!file)
		err(2, "%s", in_work("cases"));
	return file;
}

static void close_cases(FILE *file)
{
	if (fclose(file))
		err(2, "%s", in_work("cases"));
}

/* Do the answers to the last line of this candidate still show it? Moves on behind it. */
static bool shows(const struct world *world, const bool *kept, struct run *run,
		  const struct symptom *symptom)
{
	bool found = false, early = false;

	for (size_t i = 0; i < world->lines.n; i++) {
		bool state = is(world->lines.items[i], "state");
		char *answers[2], summary[2][64];

		if (!kept[i] || !asks(world->lines.items[i]))
			continue;
		for (int j = 0; j < 2; j++) {
			answers[j] = next_answer(run, j, state);
			summarise(answers[j], state, summary[j]);
		}
		found = !same(answers[0], answers[1]);
		early |= found && i + 1 < world->lines.n;
		if (found && !early)
			found = !strcmp(summary[0], symptom->answer[0]) &&
				!strcmp(summary[1], symptom->answer[1]);
		free(answers[0]);
		free(answers[1]);
	}
	return found && !early;
}

/* Tries candidates [first, end). Returns the first one that shows it, or @end. */
static size_t try_some(const struct world *world, bool *const *candidates, size_t first, size_t end,
		       const struct symptom *symptom)
{
	FILE *file = open_cases();
	size_t found = end;
	struct run result;

	for (size_t i = first; i < end; i++)
		write_world(file, world, candidates[i]);
	close_cases(file);
	result = run();
	if (symptom->crash && result.failed[0] == symptom->failed[0] &&
	    result.failed[1] == symptom->failed[1])
		found = first;
	for (size_t i = first; !symptom->crash && i < end && found == end; i++)
		if (shows(world, candidates[i], &result, symptom))
			found = i;
	run_clear(&result);
	return found;
}

static size_t try_all(const struct world *world, bool *const *candidates, size_t n,
		      const struct symptom *symptom)
{
	size_t first = 0;

	while (first < n) {
		size_t lines = 0, end = first, found;

		do {
			for (size_t i = 0; i < world->lines.n; i++)
				lines += candidates[end][i];
			end++;
		} while (end < n && lines < RUN_LINES && !symptom->crash);
		found = try_some(world, candidates, first, end, symptom);
		if (found < end)
			return found;
		first = end;
	}
	return n;
}

/* --- fewer lines --------------------------------------------------------------------------- */

static bool is_free(const struct world *world, size_t i)
{
	return world->kept[i] && !is(world->lines.items[i], "mud");
}

/* Behind the first inventory. */
static size_t first_free(const struct world *world)
{
	size_t i = 1;

	while (i < world->lines.n && !is(world->lines.items[i], "inventory"))
		i++;
	return i + 1;
}

static size_t count_free(const struct world *world)
{
	size_t n = 0;

	for (size_t i = first_free(world); i + 1 < world->lines.n; i++)
		n += is_free(world, i);
	return n;
}

/* A copy without the free lines number @from to @to. */
static bool *without(const struct world *world, size_t from, size_t to)
{
	bool *kept = check(malloc(world->lines.n));
	size_t number = 0;

	memcpy(kept, world->kept, world->lines.n);
	for (size_t i = first_free(world); i + 1 < world->lines.n; i++) {
		if (!is_free(world, i))
			continue;
		if (number >= from && number < to)
			kept[i] = false;
		number++;
	}
	return kept;
}

/* Takes the first of the candidates that shows it. Frees them all. */
static bool take(struct world *world, bool **candidates, size_t n, const struct symptom *symptom)
{
	size_t found = try_all(world, candidates, n, symptom);

	if (found < n)
		memcpy(world->kept, candidates[found], world->lines.n);
	for (size_t i = 0; i < n; i++)
		free(candidates[i]);
	free(candidates);
	return found < n;
}

/* Only the last 0, 1, 2, 4, ... lines: what is long ago seldom matters. */
static void shorten_front(struct world *world, const struct symptom *symptom)
{
	size_t n = 0, all = count_free(world), left = 0;
	bool **candidates = check(calloc(70, sizeof(bool *)));

	while (left < all) {
		candidates[n++] = without(world, 0, all - left);
		left = left ? 2 * left : 1;
	}
	take(world, candidates, n, symptom);
}

/* Leaves out one part of @parts after the other. */
static bool drop_part(struct world *world, size_t parts, const struct symptom *symptom)
{
	size_t all = count_free(world);
	bool **candidates = check(calloc(parts, sizeof(bool *)));

	for (size_t i = 0; i < parts; i++)
		candidates[i] = without(world, all * i / parts, all * (i + 1) / parts);
	return take(world, candidates, parts, symptom);
}

static void drop_lines(struct world *world, const struct symptom *symptom)
{
	size_t parts = 2;

	for (;;) {
		size_t all = count_free(world);

		if (!all)
			return;
		if (parts > all)
			parts = all;
		if (drop_part(world, parts, symptom)) {
			parts = parts > 2 ? parts - 1 : 2;
			continue;
		}
		if (parts == all)
			return;
		parts *= 2;
	}
}

/* --- shorter frames ------------------------------------------------------------------------ */

/* The frame without its last @cut bytes, on the wire as well. NULL: nothing would be left. */
static char *cut_frame(const char *line, size_t cut)
{
	char side[8], interface[32];
	unsigned long long now;
	size_t length, captured;
	char *copy;
	int at;

	if (sscanf(line, "frame %7s %llu %31s %zu %n", side, &now, interface, &length, &at) < 4)
		return NULL;
	captured = strlen(line + at) / 2;
	if (cut >= captured)
		return NULL;
	if (asprintf(&copy, "frame %s %llu %s %zu %.*s", side, now, interface, length - cut,
		     (int)(2 * (captured - cut)), line + at) < 0)
		err(2, "memory");
	return copy;
}

static bool try_line(struct world *world, size_t i, char *line, const struct symptom *symptom)
{
	char *before = world->lines.items[i];
	bool *candidates[1] = {world->kept};

	if (!line)
		return false;
	world->lines.items[i] = line;
	if (try_all(world, candidates, 1, symptom) == 0) {
		free(before);
		return true;
	}
	world->lines.items[i] = before;
	free(line);
	return false;
}

static void shorten_frame(struct world *world, size_t i, const struct symptom *symptom)
{
	for (size_t cut = 1024; cut; cut /= 2)
		while (try_line(world, i, cut_frame(world->lines.items[i], cut), symptom))
			;
}

static void shorten_frames(struct world *world, const struct symptom *symptom)
{
	if (count_free(world) > MOST_CUT)
		return;
	for (size_t i = 2; i < world->lines.n; i++)
		if (world->kept[i] && is(world->lines.items[i], "frame"))
			shorten_frame(world, i, symptom);
}

/* --- the world in question ----------------------------------------------------------------- */

/* The world that line @at is of, up to line @end, in the order of the file. */
static struct world world_at(const struct lines *cases, size_t at, size_t end, size_t *first)
{
	struct world world = {.kept = NULL};

	while (at && !is(cases->items[at], "world"))
		at--;
	*first = at;
	for (size_t i = at; i < end && (i == at || !is(cases->items[i], "world")); i++)
		add(&world.lines, check(strdup(cases->items[i])));
	world.kept = check(malloc(world.lines.n));
	memset(world.kept, true, world.lines.n);
	return world;
}

static void world_clear(struct world *world)
{
	clear(&world->lines);
	free(world->kept);
}

static bool alone(const struct world *world, const struct symptom *symptom)
{
	bool *candidates[1] = {world->kept};

	return try_all(world, candidates, 1, symptom) == 0;
}

/* The shortest beginning at which it fails: its last line is the one that counts. */
static void shorten_end(struct world *world, const struct symptom *symptom)
{
	size_t whole = world->lines.n, good = first_free(world), bad = whole;

	while (good + 1 < bad) {
		world->lines.n = (good + bad) / 2;
		if (alone(world, symptom))
			bad = world->lines.n;
		else
			good = world->lines.n;
	}
	for (size_t i = bad; i < whole; i++)
		free(world->lines.items[i]);
	world->lines.n = bad;
}

/* Where the answers of a program that failed end says little: all worlds are tried, from there on. */
static bool find_crash(const struct lines *cases, size_t from, const struct symptom *symptom,
		       struct world *world)
{
	size_t first;

	for (size_t i = 0; i < cases->n; i++) {
		if (!is(cases->items[i], "world"))
			continue;
		*world = world_at(cases, i, cases->n, &first);
		if (i + world->lines.n > from && alone(world, symptom)) {
			printf("%s%s%s at a world that begins in line %zu\n",
			       symptom->failed[0] ? "the subject" : "",
			       symptom->failed[0] && symptom->failed[1] ? " and " : "",
			       symptom->failed[1] ? "the judge fails" : " fails", i + 1);
			shorten_end(world, symptom);
			return true;
		}
		world_clear(world);
	}
	return false;
}

static void say_place(const struct lines *cases, size_t first, size_t line)
{
	size_t worlds = 0, frames = 0;

	for (size_t i = 0; i <= first; i++)
		worlds += is(cases->items[i], "world");
	for (size_t i = first; i <= line; i++)
		frames += is(cases->items[i], "frame");
	printf("world %zu, %s %zu of it, line %zu\n", worlds,
	       is(cases->items[line], "frame") ? "frame" : "the state behind frame", frames,
	       line + 1);
}

static void say_answers(char *const answers[2])
{
	printf("subject: %s\n", answers[0] ? answers[0] : NOTHING);
	printf("judge:   %s\n", answers[1] ? answers[1] : NOTHING);
}

static void save(const struct world *world, const char *path)
{
	FILE *file = fopen(path, "we");
	size_t frames = 0;

	if (!file)
		err(2, "%s", path);
	write_world(file, world, world->kept);
	if (fclose(file))
		err(2, "%s", path);
	for (size_t i = 0; i < world->lines.n; i++)
		frames += world->kept[i] && is(world->lines.items[i], "frame");
	printf("\nminimal case, %zu frames (%s):\n", frames, path);
	write_world(stdout, world, world->kept);
}

static void say_last(const struct world *world)
{
	struct lines kept = {NULL, 0, 0};
	char *answers[2];
	struct run result;
	FILE *file = open_cases();
	size_t line;

	write_world(file, world, world->kept);
	close_cases(file);
	result = run();
	for (size_t i = 0; i < world->lines.n; i++)
		if (world->kept[i])
			add(&kept, world->lines.items[i]);
	find_difference(&kept, &result, &line, answers);
	say_answers(answers);
	free(answers[0]);
	free(answers[1]);
	free(kept.items);
	run_clear(&result);
}

/* 0: @world is the one to shrink; else the exit status. */
static int find_world(const struct lines *cases, struct symptom *symptom, struct world *world)
{
	char *answers[2];
	struct run result = run();
	size_t line = 0, first;
	bool differs = find_difference(cases, &result, &line, answers);

	memcpy(symptom->failed, result.failed, sizeof(result.failed));
	symptom->crash = result.failed[0] || result.failed[1];
	run_clear(&result);
	if (differs)
		say_answers(answers);
	for (int i = 0; i < 2; i++) {
		summarise(answers[i], differs && is(cases->items[line], "state"),
			  symptom->answer[i]);
		/* They may differ before one of them fails. */
		symptom->crash &= !differs || !answers[0] || !answers[1];
	}
	free(answers[0]);
	free(answers[1]);
	if (!symptom->crash && !differs) {
		printf("they agree\n");
		return 1;
	}
	if (symptom->crash && find_crash(cases, line, symptom, world))
		return 0;
	if (!symptom->crash) {
		*world = world_at(cases, line, line + 1, &first);
		say_place(cases, first, line);
		if (alone(world, symptom))
			return 0;
		world_clear(world);
	}
	printf("no world shows it alone: it needs those before it\n");
	return 2;
}

static void set_programs(void)
{
	static char paths[2][PATH_MAX];
	const char *build = getenv("BUILD");

	programs[0] = getenv("SUBJECT");
	programs[1] = getenv("JUDGE");
	for (int i = 0; i < 2; i++) {
		snprintf(paths[i], PATH_MAX, "%s/tests/judge/%s", build ? build : "build",
			 names[i]);
		if (!programs[i])
			programs[i] = paths[i];
	}
}

static void copy_cases(const struct lines *cases)
{
	FILE *file = open_cases();

	for (size_t i = 0; i < cases->n; i++)
		fprintf(file, "%s\n", cases->items[i]);
	close_cases(file);
}

static void remove_work(void)
{
	unlink(in_work("cases"));
	unlink(in_work(names[0]));
	unlink(in_work(names[1]));
	rmdir(work);
}

int main(int argc, char **argv)
{
	struct symptom symptom = {.crash = false};
	struct lines cases;
	struct world world;
	char path[PATH_MAX];
	int status;

	if (argc < 2 || argc > 3)
		errx(2, "usage: shrink CASES [MINIMAL]");
	set_programs();
	cases = read_lines(argv[1]);
	snprintf(path, sizeof(path), "%s.min", argv[1]);
	if (!mkdtemp(work))
		err(2, "%s", work);
	atexit(remove_work);
	copy_cases(&cases);
	status = find_world(&cases, &symptom, &world);
	if (!status) {
		shorten_front(&world, &symptom);
		drop_lines(&world, &symptom);
		shorten_frames(&world, &symptom);
		save(&world, argc > 2 ? argv[2] : path);
		say_last(&world);
		world_clear(&world);
	}
	clear(&cases);
	return status;
}
