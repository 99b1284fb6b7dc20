/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/guest.h"

#include "unit.h"

#define PREFLIGHT                                                                                  \
	"# preflight release 6.12.73\n# preflight mark m1\n# preflight kvm ok\n"                   \
	"# preflight vendor kvm_amd\n# preflight nested 1\n# preflight hypervisor TCGTCGTCGTCG\n"  \
	"# preflight cpus 1\n# preflight memory 4000000\n"
#define BEGIN "KTAP version 1\n1..2\n" PREFLIGHT

static const char *const planned[] = { "state_test", "payload_test" };

static struct guest_report report_of(struct arena *arena, const char *ktap, const char *console)
{
	struct console *c = console_new(arena);
	struct guest_report report;

	console_feed(c, slice_of(console));
	guest_read(arena, slice_of(ktap), console_report(c), planned, 2, &report);
	return report;
}

static void is(const struct test_result *result, const char *name, enum test_status status,
	       const char *signature, const char *why)
{
	assert_string_equal(result->name, name);
	if (result->status != status)
		fail_msg("%s: %s", name, test_status_word(result->status));
	assert_string_equal(result->signature, signature);
	assert_string_equal(result->why, why);
}

static void a_whole_run_is_read(void **state)
{
	struct guest_report report = report_of(
		*state,
		BEGIN "# Random seed: 0x1\n# time state_test 40\nok 1 state_test\r\n"
		      "  KTAP version 1\n  1..2\n  # CR2: expected 0xdeadbeef000, got 0x0: lost\n"
		      "  not ok 1 cr2_sregs\n  ok 2 control # SKIP no KVM_GET_SREGS2\n"
		      "# time payload_test 1230\nnot ok 2 payload_test\n# verdict done 2\n",
		"");

	assert_true(report.preflighted);
	assert_string_equal(report.preflight.release, "6.12.73");
	assert_string_equal(report.preflight.vendor, "kvm_amd");
	assert_string_equal(report.preflight.memory, "4000000");
	assert_true(report.complete);
	assert_int_equal(report.n, 4);
	is(&report.items[0], "state_test", TEST_PASS, "", "");
	assert_int_equal(report.items[0].ms, 40);
	is(&report.items[1], "payload_test", TEST_FAIL, "cr2_sregs", "cr2_sregs");
	assert_int_equal(report.items[1].ms, 1230);
	is(&report.items[2], "payload_test/cr2_sregs", TEST_FAIL,
	   "CR2: expected 0xdeadbeef000, got 0x0: lost",
	   "CR2: expected 0xdeadbeef000, got 0x0: lost");
	is(&report.items[3], "payload_test/control", TEST_SKIP, "", "no KVM_GET_SREGS2");
}

static void a_failed_assertion_is_the_signature(void **state)
{
	struct guest_report report =
		report_of(*state,
			  BEGIN "# ==== Test Assertion Failure ====\n"
				"#   x86/state_test.c:97: run->exit_reason == KVM_EXIT_IO\n"
				"#   pid=71 tid=71 errno=4 - Interrupted system call\n"
				"#      1\t0x0000000000401d3c: main at state_test.c:97\n"
				"#      2\t0x00000000004163c9: ?? ??:0\n"
				"#   Unexpected exit reason: 8 (SHUTDOWN)\nnot ok 1 state_test\n"
				"# ==== Test Assertion Failure ====\n#   lib/x.c:5: false\n"
				"#   pid=72 tid=72 - Success\n#   (stack trace empty)\n"
				"#   Guest assert failed, vcpu 0; at 0x00007ffd12345678\n"
				"not ok 2 payload_test\n# verdict done 2\n",
			  "");

	is(&report.items[0], "state_test", TEST_FAIL,
	   "x86/state_test.c: run->exit_reason == KVM_EXIT_IO",
	   "x86/state_test.c:97: run->exit_reason == KVM_EXIT_IO; Unexpected exit reason: 8 (SHUTDOWN)");
	is(&report.items[1], "payload_test", TEST_FAIL,
	   "lib/x.c: false; Guest assert failed, vcpu 0; at 0x*",
	   "lib/x.c:5: false; Guest assert failed, vcpu 0; at 0x00007ffd12345678");
}

static void a_failure_without_a_condition_is_known_by_its_words(void **state)
{
	struct guest_report report = report_of(
		*state,
		BEGIN
		"# Random seed: 0x6b8b4567\n# ==== Test Assertion Failure ====\n"
		"#   lib/x86_64/processor.c:567: Unconditional guest failure\n"
		"#   pid=125 tid=125 errno=4 - Interrupted system call\n"
		"# sh: addr2line: not found\n"
		"#   Unhandled exception '0x3' at guest RIP '0x4022ca'\n"
		"# time state_test 130\nnot ok 1 state_test\n"
		"# Random seed: 0x6b8b4567\n# ==== Test Assertion Failure ====\n"
		"#   x.c:87: ctrl->exit_info_1 == error_code\n#   pid=1 tid=1 errno=0 - Success\n"
		"# sh: addr2line: not found\n#   0xc2 != 0x62 (exit_info_1 != error_code)\n"
		"not ok 2 payload_test\n# verdict done 2\n",
		"");

	is(&report.items[0], "state_test", TEST_FAIL,
	   "lib/x86_64/processor.c: Unconditional guest failure; "
	   "Unhandled exception '0x3' at guest RIP '0x4022ca'",
	   "lib/x86_64/processor.c:567: Unconditional guest failure; "
	   "Unhandled exception '0x3' at guest RIP '0x4022ca'");
	is(&report.items[1], "payload_test", TEST_FAIL, "x.c: ctrl->exit_info_1 == error_code",
	   "x.c:87: ctrl->exit_info_1 == error_code; 0xc2 != 0x62 (exit_info_1 != error_code)");
}

static void other_ways_to_fail_have_signatures_too(void **state)
{
	struct guest_report report = report_of(
		*state,
		BEGIN "# PASS: a\n# FAIL: apic: existence\n# FAIL: apic: id\n# SUMMARY: 3 tests\n"
		      "not ok 1 state_test\n# time payload_test 3\nnot ok 2 payload_test\n",
		"");

	is(&report.items[0], "state_test", TEST_FAIL, "FAIL: apic: existence; FAIL: apic: id",
	   "FAIL: apic: existence; FAIL: apic: id");
	is(&report.items[1], "payload_test", TEST_FAIL, "failed without a word",
	   "failed without a word");
}

static void skips_and_timeouts_say_why(void **state)
{
	struct guest_report report =
		report_of(*state,
			  BEGIN "ok 1 state_test # SKIP no VMX\n"
				"not ok 2 payload_test # TIMEOUT after 30 s\n# verdict done 2\n",
			  "");

	is(&report.items[0], "state_test", TEST_SKIP, "", "no VMX");
	is(&report.items[1], "payload_test", TEST_TIMEOUT, "timeout", "timed out after 30 s");
	assert_true(report.complete);
}

static void a_kselftest_that_speaks_ktap_has_subtests(void **state)
{
	struct guest_report report = report_of(
		*state,
		BEGIN
		"# Random seed: 0x6b8b4567\n# TAP version 13\n# 1..2\n# # Starting 2 tests\n"
		"# #  RUN           sync.read ...\n# # x86/sync.c:12:read:Expected 1 (1) == r (2)\n"
		"# not ok 1 sync.read\n# ok 2 sync.write\n# time state_test 9\n"
		"not ok 1 state_test\nok 2 payload_test\n# verdict done 2\n",
		"");

	assert_int_equal(report.n, 4);
	is(&report.items[0], "state_test", TEST_FAIL, "sync.read", "sync.read");
	assert_int_equal(report.items[0].ms, 9);
	is(&report.items[1], "state_test/sync.read", TEST_FAIL,
	   "x86/sync.c:read:Expected 1 (1) == r (2)", "x86/sync.c:12:read:Expected 1 (1) == r (2)");
	is(&report.items[2], "state_test/sync.write", TEST_PASS, "", "");
}

static void a_pass_with_failed_or_missing_subtests_is_a_failure(void **state)
{
	struct guest_report report =
		report_of(*state,
			  BEGIN "  1..3\n  ok 1 a\n  ok 2 b\nok 1 state_test\n"
				"  1..1\n  not ok 1 a\nok 2 payload_test\n# verdict done 2\n",
			  "");

	is(&report.items[0], "state_test", TEST_FAIL, "2 of 3 planned tests reported",
	   "2 of 3 planned tests reported");
	is(&report.items[3], "payload_test", TEST_FAIL, "a", "a");
}

static void a_pass_without_any_of_its_planned_subtests_is_a_failure(void **state)
{
	struct guest_report report =
		report_of(*state,
			  BEGIN "# TAP version 13\n# 1..2\nok 1 state_test\n"
				"  KTAP version 1\n  1..8\nok 2 payload_test\n# verdict done 2\n",
			  "");

	is(&report.items[0], "state_test", TEST_FAIL, "0 of 2 planned tests reported",
	   "0 of 2 planned tests reported");
	is(&report.items[1], "payload_test", TEST_FAIL, "0 of 8 planned tests reported",
	   "0 of 8 planned tests reported");
}

static void no_test_can_speak_for_another_one(void **state)
{
	struct guest_report report = report_of(
		*state,
		BEGIN
		"# ok 2 payload_test\n# # verdict done 2\n# verdict done 2\n# preflight kvm gone\n"
		"ok 7 payload_test\nok 2 other\nnot ok 1 state_test\n"
		"  ok 2 payload_test\n  # verdict done 2\n",
		"");

	is(&report.items[0], "state_test", TEST_FAIL, "failed without a word",
	   "failed without a word");
	is(&report.items[1], "payload_test", TEST_MISSING, "", "no result");
	assert_string_equal(report.preflight.kvm, "ok");
	assert_false(report.complete);
}

static void results_out_of_order_do_not_count(void **state)
{
	struct guest_report report = report_of(
		*state, BEGIN "ok 2 payload_test\nok 1 state_test\n# verdict done 2\n", "");

	assert_int_equal(report.items[0].status, TEST_PASS);
	assert_int_equal(report.items[1].status, TEST_MISSING);
	assert_false(report.complete);
}

static void a_line_cut_off_in_the_middle_does_not_count(void **state)
{
	struct guest_report report =
		report_of(*state, BEGIN "ok 1 state_test\nok 2 payload_test", "");

	assert_int_equal(report.items[0].status, TEST_PASS);
	is(&report.items[1], "payload_test", TEST_MISSING, "", "no result");
}

static void the_test_that_was_running_at_a_panic_has_failed(void **state)
{
	struct guest_report report = report_of(
		*state, BEGIN,
		"[    1.000000] series: init\n[    1.000000] series: begin state_test\n"
		"[    1.000000] BUG: kernel NULL pointer dereference, address: 0000000000000010\n"
		"[    1.000000] Oops: 0000 [#1] SMP\n[    1.000000] RIP: 0010:f+0x1/0x2\n"
		"[    1.000000] ---[ end trace 0 ]---\n"
		"[    1.000000] Kernel panic - not syncing: Fatal\texception\n");

	is(&report.items[0], "state_test", TEST_FAIL,
	   "panic: Fatal exception; BUG: kernel NULL pointer dereference, address: * in f",
	   "the kernel panicked: Fatal exception; BUG: kernel NULL pointer dereference, address: * in f");
	assert_int_equal(report.items[0].nsplats, 2);
	is(&report.items[1], "payload_test", TEST_MISSING, "", "not reached: the kernel panicked");
}

static void the_test_that_was_running_at_a_hang_has_failed(void **state)
{
	struct guest_report report = report_of(
		*state, BEGIN "ok 1 state_test\n",
		"[    1.000000] series: init\n[    1.000000] series: begin state_test\n"
		"[    1.000000] series: end state_test 0 0\n[    1.000000] series: begin payload_test\n");

	is(&report.items[1], "payload_test", TEST_FAIL, "hang", "the guest stopped while it ran");
}

static void splats_go_to_their_tests(void **state)
{
	struct guest_report report = report_of(
		*state, BEGIN "ok 1 state_test\nok 2 payload_test\n# verdict done 2\n",
		"[    1.000000] WARNING: early\n[    1.000000] series: begin payload_test\n"
		"[    1.000000] WARNING: oh\n[    1.000000] series: end payload_test 0 512\n");

	assert_int_equal(report.items[0].nsplats, 0);
	assert_int_equal(report.items[1].nsplats, 1);
	assert_string_equal(report.items[1].splats[0].title, "WARNING: oh");
	assert_int_equal(report.items[1].status, TEST_PASS);
}

static void subtests_of_one_name_are_told_apart(void **state)
{
	struct guest_report report = report_of(
		*state, BEGIN "  ok 1 a\n  ok 2 a\n    ok 1 a\n  ok 3 a\nok 1 state_test\n", "");

	assert_string_equal(report.items[1].name, "state_test/a");
	assert_string_equal(report.items[2].name, "state_test/a#2");
	assert_string_equal(report.items[3].name, "state_test/a#3");
	assert_string_equal(report.items[4].name, "state_test/a#3/a");
}

static void a_guest_that_said_nothing_has_nothing(void **state)
{
	struct guest_report report = report_of(*state, "", "");

	assert_false(report.preflighted);
	assert_false(report.complete);
	assert_string_equal(report.preflight.kvm, "");
	assert_int_equal(report.n, 2);
	assert_int_equal(report.items[0].status, TEST_MISSING);
}

static void a_missing_key_of_the_preflight_is_seen(void **state)
{
	struct guest_report report = report_of(
		*state, "1..2\n# preflight release 6.1\n# preflight kvm no /dev/kvm\n", "");

	assert_false(report.preflighted);
	assert_string_equal(report.preflight.kvm, "no /dev/kvm");
}

UNIT_MAIN(unit(a_whole_run_is_read), unit(a_failed_assertion_is_the_signature),
	  unit(a_failure_without_a_condition_is_known_by_its_words),
	  unit(other_ways_to_fail_have_signatures_too), unit(skips_and_timeouts_say_why),
	  unit(a_kselftest_that_speaks_ktap_has_subtests),
	  unit(a_pass_with_failed_or_missing_subtests_is_a_failure),
	  unit(a_pass_without_any_of_its_planned_subtests_is_a_failure),
	  unit(no_test_can_speak_for_another_one), unit(results_out_of_order_do_not_count),
	  unit(a_line_cut_off_in_the_middle_does_not_count),
	  unit(the_test_that_was_running_at_a_panic_has_failed),
	  unit(the_test_that_was_running_at_a_hang_has_failed), unit(splats_go_to_their_tests),
	  unit(subtests_of_one_name_are_told_apart), unit(a_guest_that_said_nothing_has_nothing),
	  unit(a_missing_key_of_the_preflight_is_seen))
