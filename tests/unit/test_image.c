/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <sys/stat.h>

#include <libdeflate.h>

#include "unit.h"

#include "base/file.h"
#include "kernel/guest.h"
#include "kernel/image.h"

#define UNPACKED_MAX ((size_t)64 * 1024 * 1024)

/* One entry of a cpio archive (newc), as the kernel's init/initramfs.c reads it. */
struct entry {
	char *path;
	unsigned long mode, uid, nlink, mtime, major, minor;
	struct slice text;
};
struct entries {
	struct entry *items;
	size_t n, cap;
};

static unsigned long field(const char *header, int i)
{
	char hex[9] = { 0 };

	memcpy(hex, header + 6 + 8 * i, 8);
	return strtoul(hex, NULL, 16);
}

static struct entries read_image(struct arena *arena, const char *path)
{
	struct libdeflate_decompressor *gunzip = libdeflate_alloc_decompressor();
	char *cpio = arena_bytes(arena, UNPACKED_MAX);
	struct entries entries = { 0 };
	struct slice packed;
	size_t n = 0, at = 0;

	assert_int_equal(file_read(arena, path, UNPACKED_MAX, &packed), 1);
	assert_int_equal(libdeflate_gzip_decompress(gunzip, packed.p, packed.n, cpio, UNPACKED_MAX,
						    &n),
			 LIBDEFLATE_SUCCESS);
	libdeflate_free_decompressor(gunzip);
	for (;;) {
		assert_true(at + 110 < n);

		const char *header = cpio + at;
		size_t size = field(header, 6), name = field(header, 11);

		assert_memory_equal(header, "070701", 6);
		if (!strcmp(header + 110, "TRAILER!!!"))
			break;

		struct entry *entry = arena_push(arena, &entries);

		*entry = (struct entry){
			.path = arena_copy(arena, header + 110, name - 1),
			.mode = field(header, 1),
			.uid = field(header, 2),
			.nlink = field(header, 4),
			.mtime = field(header, 5),
			.major = field(header, 9),
			.minor = field(header, 10),
		};
		at += (110 + name + 3) & ~(size_t)3;
		entry->text = (struct slice){ cpio + at, size };
		at += (size + 3) & ~(size_t)3;
	}
	return entries;
}

static const struct entry *entry_of(const struct entries *entries, const char *path)
{
	for (size_t i = 0; i < entries->n; i++)
		if (!strcmp(entries->items[i].path, path))
			return &entries->items[i];
	fail_msg("no %s in the image", path);
	return NULL;
}

static char *temp_dir(struct arena *arena)
{
	char *dir;

	assert_ok(file_temp_dir(arena, "test_image", &dir));
	return dir;
}

static void everything_is_in_it_as_asked(void **state)
{
	char *dir = temp_dir(*state), *path = arena_printf(*state, "%s/i", dir);
	char *from = arena_printf(*state, "%s/from", dir);
	struct image_item items[] = {
		{ .path = "init", .text = SLICE("#!/bin/sh\n"), .mode = 0755 },
		{ .path = "bin/busybox", .from = from, .mode = 0700 },
		{ .path = "bin/sh", .link = "busybox", .mode = 0777 },
		{ .path = "dev/console", .mode = 020600, .major = 5, .minor = 1 },
		{ .path = "tmp", .mode = 041777 },
		{ .path = "empty", .text = SLICE(""), .mode = 0644 },
	};
	struct image_answer answer;

	assert_ok(file_write(from, SLICE("\0\1\2 any bytes"), 0644));
	assert_ok(image_write(*state, path, items, ARRAY_SIZE(items), &answer));
	assert_string_equal(answer.path, path);
	assert_int_equal(strlen(answer.sha256), 64);

	struct entries got = read_image(*state, path);

	assert_int_equal(got.n, 8); /* and bin, dev */
	for (size_t i = 0; i < got.n; i++) {
		assert_int_equal(got.items[i].uid, 0);
		assert_int_equal(got.items[i].mtime, 0);
		assert_true(got.items[i].nlink < 2);
	}
	assert_int_equal(entry_of(&got, "init")->mode, 0100755);
	assert_slice(entry_of(&got, "init")->text, "#!/bin/sh\n");
	assert_int_equal(entry_of(&got, "bin")->mode, 040755);
	assert_int_equal(entry_of(&got, "bin/busybox")->mode, 0100700);
	assert_true(slice_eq(entry_of(&got, "bin/busybox")->text, SLICE("\0\1\2 any bytes")));
	assert_int_equal(entry_of(&got, "bin/sh")->mode, 0120777);
	assert_slice(entry_of(&got, "bin/sh")->text, "busybox");
	assert_int_equal(entry_of(&got, "dev/console")->mode, 020600);
	assert_int_equal(entry_of(&got, "dev/console")->major, 5);
	assert_int_equal(entry_of(&got, "dev/console")->minor, 1);
	assert_int_equal(entry_of(&got, "tmp")->mode, 041777);
	assert_int_equal(entry_of(&got, "empty")->text.n, 0);
	assert_ok(file_remove_tree(dir));
}

static void a_folder_stands_before_what_is_in_it_and_once(void **state)
{
	char *dir = temp_dir(*state), *path = arena_printf(*state, "%s/i", dir);
	struct image_item items[] = {
		{ .path = "a/c/d", .text = SLICE("d"), .mode = 0644 },
		{ .path = "a.b", .text = SLICE("b"), .mode = 0644 },
		{ .path = "a-b", .text = SLICE("b"), .mode = 0644 },
		{ .path = "a", .mode = 040700 },
		{ .path = "a/c/e", .text = SLICE("e"), .mode = 0644 },
		{ .path = "ab/x", .text = SLICE("x"), .mode = 0644 },
	};
	static const char *const order[] = { "a",   "a/c", "a/c/d", "a/c/e",
					     "a-b", "a.b", "ab",    "ab/x" };
	struct image_answer answer;

	assert_ok(image_write(*state, path, items, ARRAY_SIZE(items), &answer));

	struct entries got = read_image(*state, path);

	assert_int_equal(got.n, ARRAY_SIZE(order));
	for (size_t i = 0; i < got.n; i++)
		assert_string_equal(got.items[i].path, order[i]);
	assert_int_equal(got.items[0].mode, 040700);
	assert_ok(file_remove_tree(dir));
}

static void the_same_contents_are_the_same_bytes(void **state)
{
	char *dir = temp_dir(*state), *path = arena_printf(*state, "%s/i", dir);
	char *from = arena_printf(*state, "%s/from", dir);
	struct image_item items[] = {
		{ .path = "x/one", .from = from, .mode = 0644 },
		{ .path = "two", .text = SLICE("2"), .mode = 0644 },
	};
	struct image_item turned[] = { items[1], items[0] };
	struct image_answer first, second, third;
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	assert_ok(file_write(from, SLICE("1"), 0600));
	assert_ok(image_write(*state, path, items, 2, &first));
	assert_int_equal(utimensat(AT_FDCWD, from, old, 0), 0);
	assert_ok(image_write(*state, path, turned, 2, &second));
	assert_string_equal(first.sha256, second.sha256);
	assert_int_equal(first.bytes, second.bytes);
	items[1].text = SLICE("3");
	assert_ok(image_write(*state, path, items, 2, &third));
	assert_string_not_equal(first.sha256, third.sha256);
	assert_ok(file_remove_tree(dir));
}

static void what_cannot_be_written_is_said_and_the_old_one_stays(void **state)
{
	char *dir = temp_dir(*state), *path = arena_printf(*state, "%s/i", dir);
	struct image_item items[] = { { .path = "a", .text = SLICE("a"), .mode = 0644 },
				      { .path = "a", .text = SLICE("b"), .mode = 0644 } };
	struct image_answer answer;
	struct slice text;

	assert_ok(file_write(path, SLICE("old"), 0644));
	assert_fails(image_write(*state, path, items, 2, &answer), FAIL_INFRA,
		     "it would hold a twice");
	items[0].path = "/a";
	assert_fails(image_write(*state, path, items, 1, &answer), FAIL_INFRA,
		     "not a name: \"/a\"");
	items[0] = (struct image_item){ .path = "a", .from = "/no/such/file", .mode = 0644 };
	assert_fails(image_write(*state, path, items, 1, &answer), FAIL_INFRA,
		     "no such file: /no/such/file");
	items[0].from = dir;
	assert_fails(image_write(*state, path, items, 1, &answer), FAIL_USAGE, "it is a folder");
	assert_int_equal(file_read(*state, path, 100, &text), 1);
	assert_slice(text, "old");
	items[0] = items[1];
	assert_fails(image_write(*state, "/no/such/folder/i", items, 1, &answer), FAIL_INFRA,
		     "cannot write /no/such/folder/i");
	assert_ok(file_remove_tree(dir));
}

/* A workspace with an init, and a static program: busybox itself. NULL: none is installed. */
static const char *static_program(void)
{
	return !file_kind("/bin/busybox") ? NULL : "/bin/busybox";
}

static struct guest_ask guest(struct arena *arena, const char *dir, struct guest_test *tests,
			      size_t n)
{
	assert_ok(file_make_dirs(arena_printf(arena, "%s/ci/guest", dir)));
	assert_ok(
		file_write(arena_printf(arena, "%s/ci/guest/init", dir), SLICE("our init"), 0755));
	return (struct guest_ask){ .workspace = dir,
				   .path = arena_printf(arena, "%s/i", dir),
				   .tests = tests,
				   .ntests = n,
				   .preflight = static_program() };
}

static void a_guest_has_its_init_its_plan_and_its_tests(void **state)
{
	if (!static_program())
		skip();

	char *dir = temp_dir(*state);
	struct guest_test tests[] = {
		{ "payload_test", static_program(), "", SPEECH_KTAP, 60 },
		{ "x-1.y", static_program(), "-a b", SPEECH_KVM_UNIT, 5 },
		{ "state_test", static_program(), NULL, SPEECH_KSELFTEST, 0 },
		{ "script", arena_printf(*state, "%s/s", dir), "", SPEECH_KSELFTEST, 1 },
	};
	struct guest_ask ask = guest(*state, dir, tests, 4);
	struct image_answer answer;

	assert_ok(file_write(tests[3].program, SLICE("#!/bin/sh\nexit 4\n"), 0755));
	assert_ok(guest_image(*state, &ask, &answer));

	struct entries got = read_image(*state, answer.path);

	assert_slice(entry_of(&got, "init")->text, "our init");
	assert_slice(entry_of(&got, "plan")->text,
		     "1\tpayload_test\tktap\t60\t/tests/payload_test\t\n"
		     "2\tx-1.y\tkvm-unit\t5\t/tests/x-1.y\t-a b\n"
		     "3\tstate_test\tkselftest\t1\t/tests/state_test\t\n"
		     "4\tscript\tkselftest\t1\t/tests/script\t\n");
	assert_slice(entry_of(&got, "tests/script")->text, "#!/bin/sh\nexit 4\n");
	assert_int_equal(entry_of(&got, "tests/payload_test")->mode, 0100755);
	assert_slice(entry_of(&got, "bin/sh")->text, "busybox");
	assert_int_equal(entry_of(&got, "dev/console")->mode, 020600);
	assert_true(entry_of(&got, "preflight")->text.n > 1000);
	assert_ok(file_remove_tree(dir));
}

static void what_a_guest_could_not_run_is_refused(void **state)
{
	if (!static_program())
		skip();

	char *dir = temp_dir(*state);
	struct guest_test test = { "t", "/proc/self/exe", "", SPEECH_KTAP, 60 };
	struct guest_ask ask = guest(*state, dir, &test, 1);
	struct image_answer answer;

	assert_fails(guest_image(*state, &ask, &answer), FAIL_INFRA,
		     "t: /proc/self/exe is not a static x86-64 program");
	test.program = ask.workspace;
	assert_fails(guest_image(*state, &ask, &answer), FAIL_INFRA, "is not a static");
	test.program = "/no/such/program";
	assert_fails(guest_image(*state, &ask, &answer), FAIL_INFRA, "/no/such/program");
	test = (struct guest_test){ "t", static_program(), "a\tb", SPEECH_KTAP, 60 };
	assert_fails(guest_image(*state, &ask, &answer), FAIL_USAGE, "a tab or a line's end");
	test = (struct guest_test){ "../t", static_program(), "", SPEECH_KTAP, 60 };
	assert_fails(guest_image(*state, &ask, &answer), FAIL_USAGE,
		     "not a name for a test: \"../t\"");
	ask.ntests = 0;
	ask.preflight = "/proc/self/exe";
	assert_fails(guest_image(*state, &ask, &answer), FAIL_INFRA, "is not a static");
	assert_ok(file_remove_tree(dir));
}

UNIT_MAIN(unit(everything_is_in_it_as_asked), unit(a_folder_stands_before_what_is_in_it_and_once),
	  unit(the_same_contents_are_the_same_bytes),
	  unit(what_cannot_be_written_is_said_and_the_old_one_stays),
	  unit(a_guest_has_its_init_its_plan_and_its_tests),
	  unit(what_a_guest_could_not_run_is_refused))
