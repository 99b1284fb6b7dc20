/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "ci/order.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdint.h>
#include <sys/file.h>

#include "base/fail.h"
#include "base/file.h"
#include "patch/series.h"

#define ORDER_FORMAT 1
#define ORDER_MAX ((size_t)256 * 1024)
/* Of a note, in bytes: it stands in a table, a mail's line and a page. */
#define NOTE_MAX ((size_t)500)
/* Years of minutes; what is more was no number of ours. */
#define MINUTES_MAX (60 * 24 * 400)

DEFINE_FREE(json, json_t *, json_decref(_v))

static char *path_in(struct arena *arena, const char *dir, const char *name)
{
	return arena_printf(arena, "%s/%s", dir, name);
}

static int json_write(struct arena *arena, const char *path, json_t *json)
{
	char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	int ret;

	json_decref(json);
	if (!text)
		return fail("cannot write %s: its text is not UTF-8", path);
	ret = file_write(path, slice_of(arena_printf(arena, "%s\n", text)), 0666);
	free(text);
	return ret;
}

/* Text of strangers (a patch's name, a tool's message) as JSON takes it, in one line. */
static char *line_of(struct arena *arena, const char *s)
{
	__free_text struct text line = TEXT_INIT;
	size_t n = 0;

	for (const unsigned char *p = (const unsigned char *)(s ? s : ""); *p && n < NOTE_MAX; n++)
		if (*p < ' ' || *p == 0x7f) {
			text_addc(&line, ' ');
			p++;
		} else if (*p < 0x80) {
			text_addc(&line, (char)*p++);
		} else {
			size_t len = *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2;
			json_t *one;

			if (strnlen((const char *)p, len) < len)
				len = strlen((const char *)p);
			/* Whether it is UTF-8, who will have to read it says. */
			one = json_stringn((const char *)p, len);
			if (one)
				text_add(&line, p, len);
			else
				text_addc(&line, '?');
			p += one ? len : 1;
			json_decref(one);
		}
	return slice_str(arena, text_slice(&line));
}

int order_write(struct arena *arena, const struct order *order)
{
	const struct task *task = &order->task;
	char base[GIT_OID_HEXSZ + 1], patched[GIT_OID_HEXSZ + 1];
	char *state = path_in(arena, task->dir, "state");
	char *outcome = path_in(arena, task->dir, "outcome.json");

	git_oid_tostr(base, sizeof(base), &task->input.base);
	git_oid_tostr(patched, sizeof(patched), &task->input.patched);
	if (file_make_dirs(state))
		return -1;
	if (unlink(outcome) && errno != ENOENT)
		return fail_errno("cannot remove %s", outcome);
	return json_write(
		arena, path_in(arena, task->dir, "order.json"),
		json_pack("{s:i, s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, "
			  "s:i, s:i, s:i}",
			  "order", ORDER_FORMAT, "workspace", order->workspace, "store",
			  order->store, "task", (json_int_t)task->id, "round",
			  (json_int_t)task->round, "kind", proof_kind_word(task->kind), "series",
			  task->series, "line", task->line, "target", task->target, "cell",
			  task->cell ? task->cell : "", "base", base, "patched", patched, "recipe",
			  task->input.recipe, "why", line_of(arena, task->why), "cores",
			  (int)order->cores, "memory", (int)order->memory, "minutes",
			  (int)order->minutes));
}

/* Reading: what is not just as order_write() makes it is refused. */

static int refuse(const char *path, const char *what)
{
	return fail_as(FAIL_USAGE, "%s is no order that series has written: %s", path, what);
}

/* A name that goes into folders and command lines; a target may be a branch, with a slash. */
static bool name_ok(const char *name, bool slashes)
{
	struct slice rest = slice_of(name), part;
	size_t n = 0;

	if (!*name || strlen(name) > 200)
		return false;
	for (const char *p = name; *p; p++)
		if (!(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z') &&
		    !(*p >= '0' && *p <= '9') && !strchr("._+-", *p) && !(slashes && *p == '/'))
			return false;
	for (; slice_cut(&rest, '/', &part); n++)
		if (!part.n || part.p[0] == '.' || part.p[0] == '-')
			return false;
	return name[strlen(name) - 1] != '/';
}

static bool path_ok(const char *path)
{
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
	return path[0] == '/';
}

static bool kind_of(const char *word, enum proof_kind *kind)
{
	for (int k = PROOF_BUILD; k <= PROOF_TEST; k++)
		if (!strcmp(proof_kind_word((enum proof_kind)k), word)) {
			*kind = (enum proof_kind)k;
			return true;
		}
	return false;
}

static bool oid_of(const char *hex, git_oid *oid)
{
	/* libgit2, which need not be up yet, is given nothing that it would have to complain about. */
	return strlen(hex) == GIT_OID_HEXSZ && strspn(hex, "0123456789abcdef") == GIT_OID_HEXSZ &&
	       !git_oid_fromstr(oid, hex) && !git_oid_is_zero(oid);
}

static bool recipe_of(const char *hex, char recipe[65])
{
	size_t n = strlen(hex);

	if ((n && n != 64) || strspn(hex, "0123456789abcdef") != n)
		return false;
	memcpy(recipe, hex, n + 1);
	return true;
}

/* What json_unpack() takes out; it owns nothing. */
struct order_text {
	const char *workspace, *store, *kind, *series, *line, *target, *cell, *base, *patched,
		*recipe, *why;
	json_int_t id, round;
	int cores, memory, minutes;
};

static int order_check(const char *path, const struct order_text *t, struct order *order)
{
	struct task *task = &order->task;

	if (!path_ok(t->workspace) || !path_ok(t->store))
		return refuse(path, "its folders are no absolute paths");
	if (!kind_of(t->kind, &task->kind))
		return refuse(path, "its kind is none of build, verify, test");
	if (!series_name_ok(t->series))
		return refuse(path, "its series has no proper name");
	if (!name_ok(t->line, false) || !name_ok(t->target, true))
		return refuse(path, "its line or target has no proper name");
	if ((task->kind == PROOF_TEST) != !!*t->cell || (*t->cell && !name_ok(t->cell, false)))
		return refuse(path, "a test names a cell, nothing else does");
	if (!oid_of(t->base, &task->input.base) || !oid_of(t->patched, &task->input.patched) ||
	    !recipe_of(t->recipe, task->input.recipe))
		return refuse(path, "base, patched or recipe is no id");
	if (t->id < 1 || t->round < 1 || t->cores < 0 || t->memory < 0 || t->minutes < 0 ||
	    t->minutes > MINUTES_MAX)
		return refuse(path, "a number is out of range");
	return 0;
}

static void order_take(struct arena *arena, const struct order_text *t, const char *dir,
		       struct order *order)
{
	struct task *task = &order->task;

	order->workspace = arena_strdup(arena, t->workspace);
	order->store = arena_strdup(arena, t->store);
	order->cores = (unsigned int)t->cores;
	order->memory = (unsigned int)t->memory;
	order->minutes = (unsigned int)t->minutes;
	task->id = t->id;
	task->round = t->round;
	task->series = arena_strdup(arena, t->series);
	task->line = arena_strdup(arena, t->line);
	task->target = arena_strdup(arena, t->target);
	task->cell = arena_strdup(arena, t->cell);
	task->why = line_of(arena, t->why);
	task->dir = arena_strdup(arena, dir);
	task->executor = task->job = task->word = task->note = "";
	task->state = TASK_SENT;
}

int order_read(struct arena *arena, const char *dir, struct order *order)
{
	const char *path = path_in(arena, dir, "order.json");
	struct order_text t = { 0 };
	json_error_t error;
	struct slice text;
	int found, format = 0;

	*order = (struct order){ 0 };
	if (!path_ok(dir))
		return fail_as(FAIL_USAGE, "the folder of a task is named from / on, not '%s'",
			       dir);
	found = file_read(arena, path, ORDER_MAX, &text);
	if (found < 0)
		return -1;
	if (!found)
		return fail_as(FAIL_USAGE, "there is no order in %s", dir);

	json_t *json __free(json) = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		return refuse(path, error.text);
	if (json_unpack_ex(json, &error, JSON_STRICT,
			   "{s:i, s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, "
			   "s:i, s:i, s:i}",
			   "order", &format, "workspace", &t.workspace, "store", &t.store, "task",
			   &t.id, "round", &t.round, "kind", &t.kind, "series", &t.series, "line",
			   &t.line, "target", &t.target, "cell", &t.cell, "base", &t.base,
			   "patched", &t.patched, "recipe", &t.recipe, "why", &t.why, "cores",
			   &t.cores, "memory", &t.memory, "minutes", &t.minutes))
		return refuse(path,
			      format > ORDER_FORMAT ? "it is of a newer version" : error.text);
	if (format != ORDER_FORMAT)
		return refuse(path, format > ORDER_FORMAT ? "it is of a newer version" :
							    "it is of another version");
	if (order_check(path, &t, order))
		return -1;
	order_take(arena, &t, dir, order);
	return 0;
}

/* Outcomes */

static const char *const outcome_words[] = {
	[OUTCOME_DONE] = "done", [OUTCOME_SUPERSEDED] = "superseded", [OUTCOME_FAILED] = "failed",
	[OUTCOME_LOST] = "lost", [OUTCOME_CANCELLED] = "cancelled",
};

const char *outcome_word(enum outcome_word word)
{
	return outcome_words[word];
}

int outcome_write(struct arena *arena, const char *dir, const struct outcome *outcome)
{
	char host[256] = "";

	if (!outcome->host && !gethostname(host, sizeof(host) - 1))
		host[sizeof(host) - 1] = '\0';
	return json_write(arena, path_in(arena, dir, "outcome.json"),
			  json_pack("{s:i, s:s, s:s, s:s, s:f, s:f}", "outcome", ORDER_FORMAT,
				    "word", outcome_word(outcome->word), "note",
				    line_of(arena, outcome->note), "host",
				    line_of(arena, outcome->host ? outcome->host : host),
				    "wall_seconds", outcome->wall_seconds, "cpu_seconds",
				    outcome->cpu_seconds));
}

static bool outcome_parse(struct arena *arena, struct slice text, struct outcome *outcome)
{
	json_t *json __free(json) = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	const char *word, *note, *host;
	int format;

	if (!json ||
	    json_unpack_ex(json, NULL, JSON_STRICT, "{s:i, s:s, s:s, s:s, s:F, s:F}", "outcome",
			   &format, "word", &word, "note", &note, "host", &host, "wall_seconds",
			   &outcome->wall_seconds, "cpu_seconds", &outcome->cpu_seconds))
		return false;
	if (format != ORDER_FORMAT || !(outcome->wall_seconds >= 0) || !(outcome->cpu_seconds >= 0))
		return false;
	outcome->note = line_of(arena, note);
	outcome->host = line_of(arena, host);
	for (size_t i = 0; i < ARRAY_SIZE(outcome_words); i++)
		if (!strcmp(word, outcome_words[i])) {
			outcome->word = (enum outcome_word)i;
			return true;
		}
	return false;
}

int outcome_read(struct arena *arena, const char *dir, struct outcome *outcome)
{
	const char *path = path_in(arena, dir, "outcome.json"), *aside;
	struct slice text;
	int found = file_read(arena, path, ORDER_MAX, &text);

	*outcome = (struct outcome){ .note = "", .host = "" };
	if (found <= 0)
		return found;
	if (outcome_parse(arena, text, outcome))
		return 1;
	*outcome = (struct outcome){ .note = "", .host = "" };
	aside = path_in(arena, dir, "outcome.json.broken");
	if (rename(path, aside))
		return fail_errno("cannot move %s aside", path);
	return fail("%s is no outcome that series has written; it lies in %s now", path, aside);
}

/* The lock */

int order_lock(struct arena *arena, const char *dir, int *fd)
{
	const char *path = path_in(arena, dir, "lock");
	int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666), ret = 0;

	*fd = -1;
	if (lock < 0)
		return fail_errno("cannot open %s", path);
	if (!flock(lock, LOCK_EX | LOCK_NB)) {
		*fd = lock;
		return 1;
	}
	if (errno != EWOULDBLOCK)
		ret = fail_errno("cannot lock %s", path);
	close(lock);
	return ret;
}

int order_sign(int fd)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	if (ftruncate(fd, 0) || dprintf(fd, "%ld %s\n", (long)getpid(), host) < 0)
		return fail_errno("cannot sign the lock of a task");
	return 0;
}

/* Was the process started for the task in `dir`? Its number alone may be another's by now. */
static bool is_of(struct arena *arena, unsigned long pid, const char *dir)
{
	const char *want = arena_printf(arena, ORDER_VARIABLE "=%s", dir);
	struct slice text, one;

	if (file_read(arena, arena_printf(arena, "/proc/%lu/environ", pid), ORDER_MAX, &text) !=
	    1) {
		fail_clear();
		return false;
	}
	while (slice_cut(&text, '\0', &one))
		if (slice_is(one, want))
			return true;
	return false;
}

long order_holder(struct arena *arena, const char *dir)
{
	struct slice text, number;
	unsigned long pid;

	if (file_read(arena, path_in(arena, dir, "lock"), NOTE_MAX, &text) != 1) {
		fail_clear();
		return 0;
	}
	slice_cut(&text, ' ', &number);
	return slice_number(number, INT32_MAX, &pid) && pid > 1 && is_of(arena, pid, dir) ?
		       (long)pid :
		       0;
}
