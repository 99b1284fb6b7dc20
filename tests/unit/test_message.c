/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "patch/message.h"

#include "unit.h"

#define ID "d0ad1b05bbe6f8da159a4dfb6692b3b7ce30ccc8"

static const struct person porter = { (char *)"B Porter", (char *)"b@example.org" };

static struct series_patch patch_of(const char *body, const char *upstream, const char *mainline)
{
	return (struct series_patch){
		.mail = { .subject = (char *)"KVM: x86: Do it", .body = (char *)(uintptr_t)body },
		.upstream = (char *)(uintptr_t)upstream,
		.mainline = (char *)(uintptr_t)mainline,
	};
}

static const char *stable(void **state, const struct series_patch *patch, const char *note)
{
	return message_stable(*state, &(struct message_ask){ patch, note, &porter });
}

static void the_upstream_line_stands_under_the_subject(void **state)
{
	struct series_patch patch = patch_of(
		"Why.\n\nFixes: 1 (\"x\")\nSigned-off-by: A <a@b>\nCc: stable@vger.kernel.org\n",
		ID, NULL);

	assert_string_equal(stable(state, &patch, NULL),
			    "KVM: x86: Do it\n\n[ Upstream commit " ID " ]\n\nWhy.\n\n"
			    "Fixes: 1 (\"x\")\nSigned-off-by: A <a@b>\nCc: stable@vger.kernel.org\n"
			    "Signed-off-by: B Porter <b@example.org>\n");
}

static void the_note_stands_before_the_sign_off(void **state)
{
	struct series_patch patch = patch_of("Why.\n\nSigned-off-by: A <a@b>\n", ID, NULL);

	assert_string_equal(stable(state, &patch, "context"),
			    "KVM: x86: Do it\n\n[ Upstream commit " ID
			    " ]\n\nWhy.\n\nSigned-off-by: A <a@b>\n"
			    "[ context ]\nSigned-off-by: B Porter <b@example.org>\n");
}

static void a_long_note_is_wrapped(void **state)
{
	struct series_patch patch = patch_of("Why.\n\nSigned-off-by: A <a@b>\n", ID, NULL);
	static const char note[] =
		"one queued exception only, so the quirk is about vcpu->arch.exception and there is no\n"
		"kvm_get_exception_to_save(); no KVM_GET_SREGS2: __get_sregs() is the reader of it";
	const char *once = stable(state, &patch, note);

	assert_non_null(strstr(
		once, "\n[ one queued exception only, so the quirk is about vcpu->arch.exception\n"
		      "  and there is no kvm_get_exception_to_save(); no KVM_GET_SREGS2:\n"
		      "  __get_sregs() is the reader of it ]\nSigned-off-by: B"));
	patch.mail.body = strstr(once, "\n\n") + 2;
	assert_string_equal(stable(state, &patch, note), once);
}

static void no_upstream_line_is_invented(void **state)
{
	struct series_patch patch = patch_of("Why.\n\nLink: https://x\nSigned-off-by: A <a@b>\n",
					     NULL, "Not yet, in review: https://y");

	assert_string_equal(
		stable(state, &patch, NULL),
		"KVM: x86: Do it\n\nWhy.\n\nPatch-mainline: Not yet, in review: https://y\n"
		"Link: https://x\nSigned-off-by: A <a@b>\nSigned-off-by: B Porter <b@example.org>\n");
	patch.mainline = NULL;
	assert_null(strstr(stable(state, &patch, NULL), "pstream"));
}

static void a_known_form_is_not_repeated(void **state)
{
	static const char *const bodies[] = {
		"commit " ID " upstream.\n\nWhy.\n\nSigned-off-by: A <a@b>\n",
		"[ Upstream commit " ID " ]\n\nWhy.\n\nSigned-off-by: A <a@b>\n",
		"[Upstream commit " ID "]\n\nWhy.\n\nSigned-off-by: A <a@b>\n",
		"Why.\n\nSigned-off-by: A <a@b>\n(cherry picked from commit " ID ")\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct series_patch patch = patch_of(bodies[i], ID, NULL);
		const char *message = stable(state, &patch, NULL);
		const char *first = strstr(message, ID);

		assert_non_null(first);
		assert_null(strstr(first + 1, ID));
		assert_string_equal(message_upstream(*state, slice_of(bodies[i])), ID);
	}
}

static void another_commit_is_not_this_one(void **state)
{
	struct series_patch patch =
		patch_of("Why.\n\n(cherry picked from commit 0123456789abcdef)\n", ID, NULL);

	assert_non_null(strstr(stable(state, &patch, NULL), "[ Upstream commit " ID " ]"));
	assert_false(message_names_upstream(SLICE("commit 0123456789abcdef upstream.\n"), ID));
	assert_null(message_upstream(*state, SLICE("see commit " ID " for more\n")));
}

static void a_second_pass_changes_nothing(void **state)
{
	static const char *const bodies[] = {
		"Why.\n\nSigned-off-by: A <a@b>\n",
		"Why.\n",
		"",
		"Why.\n\nSigned-off-by: A <a@b>\n[ a: note ]\nSigned-off-by: B Porter <b@example.org>\n",
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(bodies); i++) {
		struct series_patch patch = i % 2 ? patch_of(bodies[i / 2], NULL, "Never, ours") :
						    patch_of(bodies[i / 2], ID, NULL);
		const char *once = stable(state, &patch, "moved to b.c"), *twice;
		const char *body = strstr(once, "\n\n");

		assert_non_null(body);
		patch.mail.body = (char *)(uintptr_t)(body + 2);
		twice = stable(state, &patch, "moved to b.c");
		assert_string_equal(twice, once);
		assert_non_null(strstr(once, "[ moved to b.c ]\n"));
	}
}

static void without_a_backporter_there_is_no_sign_off(void **state)
{
	struct series_patch patch = patch_of("Why.\n", NULL, NULL);
	struct person nobody = { NULL, NULL };

	assert_string_equal(message_stable(*state, &(struct message_ask){ &patch, NULL, &nobody }),
			    "KVM: x86: Do it\n\nWhy.\n");
	assert_string_equal(message_stable(*state, &(struct message_ask){ &patch, NULL, NULL }),
			    "KVM: x86: Do it\n\nWhy.\n");
	patch.mail.body = (char *)(uintptr_t) "";
	assert_string_equal(message_stable(*state, &(struct message_ask){ &patch, NULL, NULL }),
			    "KVM: x86: Do it\n");
}

UNIT_MAIN(unit(the_upstream_line_stands_under_the_subject),
	  unit(the_note_stands_before_the_sign_off), unit(a_long_note_is_wrapped),
	  unit(no_upstream_line_is_invented), unit(a_known_form_is_not_repeated),
	  unit(another_commit_is_not_this_one), unit(a_second_pass_changes_nothing),
	  unit(without_a_backporter_there_is_no_sign_off))
