/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/console.h"

#include "unit.h"

static const struct console_report *heard(struct arena *arena, const char *text)
{
	struct console *console = console_new(arena);

	console_feed(console, slice_of(text));
	return console_report(console);
}

/* Each line as a kernel says it at one second. */
static const char *stamped(struct arena *arena, const char *lines)
{
	struct text out __free_text = TEXT_INIT;
	struct slice rest = slice_of(lines), line;

	while (slice_line(&rest, &line)) {
		text_adds(&out, "[    1.234567] ");
		text_add_slice(&out, line);
		text_addc(&out, '\n');
	}
	return arena_strdup(arena, text_str(&out));
}

static void boot_marks_and_end_are_seen(void **state)
{
	const struct console_report *report = heard(
		*state,
		"SeaBIOS\r\nBooting from ROM..\033[2J"
		"[    0.000000] Linux version 6.12.73 (a@b) (gcc 12) #1 SMP\r\n"
		"[    2.000000] series: init\r\n"
		"[    2.100000][    T1] series: begin state_test\r\n"
		"[    2.200000] series: end state_test 0 0\r\n[    2.300000] series: done 1\r\n");

	assert_true(report->kernel);
	assert_string_equal(report->release, "6.12.73");
	assert_true(report->init);
	assert_true(report->ended);
	assert_false(report->panicked);
	assert_null(report->test);
	assert_int_equal(report->n, 0);
	assert_int_equal(report->lines, 6);
}

/* What a kernel says, and what the splat is called. */
static const struct {
	enum splat_kind kind;
	const char *text, *title;
} splats[] = {
	{ SPLAT_WARNING,
	  "------------[ cut here ]------------\n"
	  "WARNING: CPU: 0 PID: 12 at arch/x86/kvm/x86.c:123 kvm_queue_exception+0x12/0x34\n"
	  "Modules linked in:\n"
	  "CPU: 0 PID: 12 Comm: payload_test Not tainted 6.12.73 #1\n"
	  "RIP: 0010:kvm_queue_exception+0x12/0x34\n---[ end trace 0000000000000000 ]---\n",
	  "WARNING: arch/x86/kvm/x86.c kvm_queue_exception" },
	{ SPLAT_WARNING,
	  "------------[ cut here ]------------\n"
	  "WARNING: arch/x86/kvm/x86.c:99 at kvm_queue_exception.isra.0+0x1/0x2, CPU#0: a/7\n"
	  "---[ end trace 0000000000000000 ]---\n",
	  "WARNING: arch/x86/kvm/x86.c kvm_queue_exception" },
	{ SPLAT_WARNING,
	  "WARNING: CPU: 1 PID: 4 at kvm_arch+0x1/0x2 [kvm]\n---[ end trace 12 ]---\n",
	  "WARNING: kvm_arch [kvm]" },
	{ SPLAT_WARNING,
	  "WARNING: [vcpu->arch.exception.pending] arch/x86/kvm/x86.c:5 at f+0x1/0x2, CPU#1: x/3\n",
	  "WARNING: [vcpu->arch.exception.pending] arch/x86/kvm/x86.c f" },
	{ SPLAT_WARNING,
	  "------------[ cut here ]------------\n"
	  "refcount_t: underflow; use-after-free.\n"
	  "WARNING: CPU: 0 PID: 1 at lib/refcount.c:28 refcount_warn_saturate+0xba/0x110\n",
	  "WARNING: lib/refcount.c refcount_warn_saturate: refcount_t: underflow; use-after-free." },
	{ SPLAT_WARNING,
	  "unchecked MSR access error: RDMSR from 0x140 at rIP: 0xffffffff81025f6c "
	  "(native_read_msr+0x4/0x20)\nCall Trace:\n f+0x1/0x2\n",
	  "unchecked MSR access error: RDMSR from 0x140 at rIP: 0x* (native_read_msr)" },
	{ SPLAT_OOPS,
	  "BUG: kernel NULL pointer dereference, address: 0000000000000010\n"
	  "#PF: supervisor read access in kernel mode\n"
	  "Oops: 0000 [#1] PREEMPT SMP NOPTI\nRIP: 0010:kvm_vcpu_ioctl+0x21/0x700\n"
	  "RIP: 0033:0x401234\n---[ end trace 0000000000000000 ]---\n",
	  "BUG: kernel NULL pointer dereference, address: * in kvm_vcpu_ioctl" },
	{ SPLAT_OOPS,
	  "BUG: unable to handle page fault for address: ffffc90000123000\n"
	  "Oops: Oops: 0002 [#3] SMP\nRIP: 0010:memcpy+0x1/0x2\n",
	  "BUG: unable to handle page fault for address: * in memcpy" },
	{ SPLAT_OOPS,
	  "general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] SMP\n"
	  "RIP: 0010:list+0x1/0x2\n",
	  "general protection fault, probably for non-canonical address 0x*: 0000 in list" },
	{ SPLAT_OOPS, "Oops: divide error: 0000 [#1] SMP\nRIP: 0010:f+0x1/0x2\n",
	  "Oops: divide error: 0000 in f" },
	{ SPLAT_OOPS, "traps: PANIC: double fault, error_code: 0x0\n",
	  "traps: PANIC: double fault, error_code: 0x0" },
	{ SPLAT_BUG,
	  "------------[ cut here ]------------\nkernel BUG at arch/x86/kvm/x86.c:4711!\n"
	  "invalid opcode: 0000 [#1] SMP\nRIP: 0010:f+0x1/0x2\n---[ end trace 0 ]---\n",
	  "kernel BUG at arch/x86/kvm/x86.c! in f" },
	{ SPLAT_BUG, "BUG: Bad page state in process payload_test  pfn:12a4f\n",
	  "BUG: Bad page state in process payload_test pfn" },
	{ SPLAT_BUG, "unregister_netdevice: waiting for lo to become free. Usage count = 2\n",
	  "unregister_netdevice: waiting for lo to become free." },
	{ SPLAT_KASAN,
	  "==================================================================\n"
	  "BUG: KASAN: use-after-free in f+0x1/0x2 [kvm]\n"
	  "Read of size 8 at addr ffff88810a by task x/12\n\nCall Trace:\n"
	  "==================================================================\n",
	  "BUG: KASAN: use-after-free in f [kvm]" },
	{ SPLAT_KASAN, "BUG: KFENCE: out-of-bounds read in f+0x1/0x2\n\n",
	  "BUG: KFENCE: out-of-bounds read in f" },
	{ SPLAT_KASAN, "BUG: KCSAN: data-race in a / b\n", "BUG: KCSAN: data-race in a / b" },
	{ SPLAT_KASAN, "BUG: KMSAN: uninit-value in f+0x1/0x2\n", "BUG: KMSAN: uninit-value in f" },
	{ SPLAT_KASAN, "UBSAN: shift-out-of-bounds in arch/x86/kvm/lapic.c:12:34\n",
	  "UBSAN: shift-out-of-bounds in arch/x86/kvm/lapic.c" },
	{ SPLAT_LOCKDEP,
	  "\n======================================================\n"
	  "WARNING: possible circular locking dependency detected\n"
	  "6.12.73 #1 Not tainted\n------------------------------------------------------\n"
	  "state_test/71 is trying to acquire lock:\n"
	  "ffff888004a3c0a8 (&vcpu->mutex){+.+.}-{3:3}, at: f+0x1/0x2\n\n"
	  "but task is already holding lock:\n"
	  "ffffc90000a3c0a8 (&kvm->lock){+.+.}-{3:3}, at: g+0x1/0x2\n\n"
	  "stack backtrace:\nCPU: 0 PID: 3\n\n",
	  "WARNING: possible circular locking dependency detected in (&vcpu->mutex), (&kvm->lock)" },
	{ SPLAT_LOCKDEP, "WARNING: possible recursive locking detected\n",
	  "WARNING: possible recursive locking detected" },
	{ SPLAT_LOCKDEP, "WARNING: inconsistent lock state\n", "WARNING: inconsistent lock state" },
	{ SPLAT_LOCKDEP, "WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected\n",
	  "WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected" },
	{ SPLAT_LOCKDEP, "WARNING: bad unlock balance detected!\n",
	  "WARNING: bad unlock balance detected!" },
	{ SPLAT_LOCKDEP, "INFO: trying to register non-static key.\n",
	  "INFO: trying to register non-static key." },
	{ SPLAT_LOCKDEP, "[ BUG: Invalid wait context ]\n", "[ BUG: Invalid wait context ]" },
	{ SPLAT_LOCKDEP,
	  "WARNING: suspicious RCU usage\n6.12.73 #1 Not tainted\n"
	  "-----------------------------\n"
	  "arch/x86/kvm/x86.c:1234 suspicious rcu_dereference_check() usage!\n",
	  "WARNING: suspicious RCU usage in arch/x86/kvm/x86.c suspicious "
	  "rcu_dereference_check() usage!" },
	{ SPLAT_RCU_STALL, "rcu: INFO: rcu_sched self-detected stall on CPU\n",
	  "rcu: INFO: rcu_sched self-detected stall on CPU" },
	{ SPLAT_RCU_STALL, "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n",
	  "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:" },
	{ SPLAT_RCU_STALL,
	  "rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: { 0-.... } 7 jiffies\n",
	  "rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks:" },
	{ SPLAT_HUNG_TASK, "INFO: task kworker/0:1:12 blocked for more than 120 seconds.\n",
	  "INFO: task kworker blocked for more than 120 seconds." },
	{ SPLAT_HUNG_TASK, "INFO: task a:9 blocked in I/O wait for more than 120 seconds.\n",
	  "INFO: task a blocked in I/O wait for more than 120 seconds." },
	{ SPLAT_LOCKUP, "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [state_test:71]\n",
	  "watchdog: BUG: soft lockup - CPU stuck [state_test]" },
	{ SPLAT_LOCKUP, "NMI watchdog: Watchdog detected hard LOCKUP on cpu 0\n",
	  "NMI watchdog: Watchdog detected hard LOCKUP on cpu" },
	{ SPLAT_LOCKUP, "watchdog: CPU3: Watchdog detected hard LOCKUP on cpu 3\n",
	  "watchdog: CPU: Watchdog detected hard LOCKUP on cpu" },
	{ SPLAT_LOCKUP,
	  "BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 31s!\n",
	  "BUG: workqueue lockup" },
	{ SPLAT_SLEEP,
	  "BUG: sleeping function called from invalid context at kernel/locking/mutex.c:283\n",
	  "BUG: sleeping function called from invalid context at kernel/locking/mutex.c" },
	{ SPLAT_SLEEP, "BUG: scheduling while atomic: state_test/71/0x00000002\n",
	  "BUG: scheduling while atomic: state_test" },
	{ SPLAT_SLEEP,
	  "BUG: using smp_processor_id() in preemptible [00000000] code: a/71\n"
	  "caller is f+0x1/0x2\n",
	  "BUG: using smp_processor_id() in preemptible [*] code: a in caller is f" },
	{ SPLAT_PANIC, "Kernel panic - not syncing: Fatal exception\n",
	  "Kernel panic - not syncing: Fatal exception" },
};

static void every_kind_of_splat_has_a_title_without_what_varies(void **state)
{
	for (size_t i = 0; i < sizeof(splats) / sizeof(splats[0]); i++) {
		const struct console_report *report =
			heard(*state, stamped(*state, splats[i].text));

		if (report->n != 1)
			fail_msg("%s: %zu splats", splats[i].text, report->n);
		assert_string_equal(report->items[0].title, splats[i].title);
		assert_int_equal(report->items[0].kind, splats[i].kind);
		assert_true(*splat_word(splats[i].kind) != '\0');
	}
}

static void a_splat_belongs_to_the_test_during_which_it_came(void **state)
{
	const char *text =
		stamped(*state, "series: begin a\nseries: end a 0 0\nseries: begin b\n"
				"WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\nmore\n"
				"series: end b 0 512\nBUG: Bad page state in process x  pfn:1\n");
	const struct console_report *report = heard(*state, text);

	assert_int_equal(report->n, 2);
	assert_string_equal(report->items[0].test, "b");
	assert_int_equal(report->items[0].line, 4);
	assert_string_equal(report->items[0].raw,
			    "[    1.234567] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2");
	assert_string_equal(report->items[0].text,
			    "[    1.234567] WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n"
			    "[    1.234567] more\n");
	assert_null(report->items[1].test);
}

static void a_taint_that_nothing_explains_is_a_splat(void **state)
{
	const struct console_report *report = heard(
		*state, stamped(*state, "series: begin a\nseries: end a 0 0\n"
					"series: begin b\nseries: end b 0 512\n"
					"series: begin c\nseries: end c 0 512\n"
					"series: begin d\nWARNING: oh\nseries: end d 0 640\n"));

	assert_int_equal(report->n, 2);
	assert_int_equal(report->items[0].kind, SPLAT_TAINT);
	assert_string_equal(report->items[0].title, "the kernel became tainted: W");
	assert_string_equal(report->items[0].test, "b");
	assert_string_equal(report->items[1].title, "WARNING: oh");
}

static void a_panic_names_the_test_that_was_running(void **state)
{
	const struct console_report *report = heard(
		*state,
		stamped(*state, "Linux version 5.10.262 x\nseries: init\nseries: begin state_test\n"
				"BUG: kernel NULL pointer dereference, address: 0000000000000010\n"
				"Oops: 0000 [#1] SMP\nRIP: 0010:f+0x1/0x2\n---[ end trace 1 ]---\n"
				"Kernel panic - not syncing: Fatal exception\n"
				"---[ end Kernel panic - not syncing: Fatal exception ]---\n"));

	assert_true(report->panicked);
	assert_string_equal(report->panic, "Fatal exception");
	assert_string_equal(report->test, "state_test");
	assert_int_equal(report->n, 2);
	assert_int_equal(report->items[1].kind, SPLAT_PANIC);
	assert_false(report->ended);
}

static void what_a_program_writes_is_no_splat(void **state)
{
	const struct console_report *report =
		heard(*state, "WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\n[ 1.2] BUG: no\n"
			      "[    1.000000] series: init\nKernel panic - not syncing: a joke\n"
			      "series: done 3\n");

	assert_int_equal(report->n, 0);
	assert_false(report->panicked);
	assert_false(report->ended);
}

static void an_early_panic_needs_no_time_stamp(void **state)
{
	const struct console_report *report =
		heard(*state, "Kernel panic - not syncing: no memory\n");

	assert_true(report->panicked);
	assert_true(report->kernel);
	assert_string_equal(report->panic, "no memory");
}

static void what_a_kernel_says_in_peace_is_no_splat(void **state)
{
	const struct console_report *report = heard(
		*state,
		stamped(*state,
			"kvm: no hardware support\nkvm [71]: vcpu0, guest rIP: 0x401234 unhandled rdmsr: 0x3a\n"
			"kvm_amd: Nested Paging enabled\nrcu: Hierarchical RCU implementation.\n"
			"RETBleed: WARNING: Spectre v2 mitigation leaves CPU vulnerable\n"
			"traps: a[1] general protection fault ip:1 sp:2 error:0\n"
			"a[71]: segfault at 0 ip 401234 sp 7ffd error 4\n"
			"Modules linked in:\nCall Trace:\n---[ end trace 0 ]---\n"
			"debug: unmapping init [mem 0x1-0x2]\nRun /init as init process\n"));

	assert_int_equal(report->n, 0);
}

static void bytes_may_come_in_any_pieces(void **state)
{
	const char *text = stamped(*state,
				   "Linux version 6.1 x\nseries: init\nseries: begin a\n"
				   "------------[ cut here ]------------\nhello\n"
				   "WARNING: CPU: 0 PID: 1 at a.c:1 f+0x1/0x2\nx\n"
				   "---[ end trace 0 ]---\nseries: end a 0 512\nseries: done 1\n");
	const struct console_report *whole = heard(*state, text), *pieces;

	for (size_t step = 1; step < 20; step++) {
		struct console *console = console_new(*state);

		for (size_t at = 0; at < strlen(text); at += step) {
			struct slice piece = slice_skip(slice_of(text), at);

			piece.n = piece.n < step ? piece.n : step;
			console_feed(console, piece);
			console_report(console);
		}
		pieces = console_report(console);
		assert_int_equal(pieces->lines, whole->lines);
		assert_int_equal(pieces->n, 1);
		assert_string_equal(pieces->items[0].title, "WARNING: a.c f: hello");
		assert_string_equal(pieces->items[0].text, whole->items[0].text);
		assert_true(pieces->ended);
	}
}

static void the_last_line_counts_although_it_is_not_complete(void **state)
{
	struct console *console = console_new(*state);
	const struct console_report *report;

	console_feed(console, SLICE("[    1.000000] Kernel panic - not sync"));
	assert_false(console_report(console)->panicked);
	console_feed(console, SLICE("ing: VFS"));
	report = console_report(console);
	assert_true(report->panicked);
	assert_string_equal(report->panic, "VFS");
	assert_int_equal(report->lines, 1);
	console_feed(console, SLICE(": no root\n"));
	report = console_report(console);
	assert_string_equal(report->panic, "VFS: no root");
	assert_int_equal(report->n, 1);
	assert_int_equal(report->lines, 1);
}

static void a_splat_without_end_is_kept_within_bounds(void **state)
{
	struct console *console = console_new(*state);
	const struct console_report *report;

	console_feed(console, SLICE("[    1.000000] WARNING: oh\n"));
	for (size_t i = 0; i < 20000; i++)
		console_feed(console, SLICE("[    1.000000] and so on, and on\n"));
	for (size_t i = 0; i < 2000; i++)
		console_feed(console, SLICE("[    1.000000] BUG: again\n"));
	report = console_report(console);
	assert_int_equal(strlen(report->items[0].text), 65536);
	assert_int_equal(report->n, 1000);
	console_feed(console, SLICE("[    1.000000] Kernel panic - not syncing: end\n"));
	assert_true(console_report(console)->panicked);
}

static void what_differs_from_boot_to_boot_is_taken_out(void **state)
{
	static const char *const cases[][2] = {
		{ "[   12.345678] hello", "hello" },
		{ "[   12.345678][  T123] hello", "hello" },
		{ "  x86/debug_regs.c:97: run->exit_reason == KVM_EXIT_DEBUG",
		  "x86/debug_regs.c: run->exit_reason == KVM_EXIT_DEBUG" },
		{ "pid=123 tid=124 errno=4 - Interrupted system call",
		  "pid tid errno=4 - Interrupted system call" },
		{ "at 0x00007ffd12345678: cr2 is 0x0, not 0xdeadbeef000",
		  "at 0x*: cr2 is 0x0, not 0xdeadbeef000" },
		{ "f.constprop.0.isra.3+0x12/0x340 [kvm]", "f [kvm]" },
		{ "f.cold+0x12", "f" },
		{ "regs[3] == 1, vcpu 2, exit reason 8", "regs[3] == 1, vcpu 2, exit reason 8" },
		{ "took 123456789 cycles", "took * cycles" },
		{ "ffff888100a3c0a8 0000000012345678", "* *" },
		{ "CPU: 3 PID: 71 Comm: a", "CPU PID Comm: a" },
		{ "a\tb\r \033[31mred\033[0m", "a b red" },
		{ "12:34 1/2 0000:00:1f.2", "12:34 1/2 0000:00:1f.2" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(console_normalise(*state, slice_of(cases[i][0])), cases[i][1]);
}

UNIT_MAIN(unit(boot_marks_and_end_are_seen),
	  unit(every_kind_of_splat_has_a_title_without_what_varies),
	  unit(a_splat_belongs_to_the_test_during_which_it_came),
	  unit(a_taint_that_nothing_explains_is_a_splat),
	  unit(a_panic_names_the_test_that_was_running), unit(what_a_program_writes_is_no_splat),
	  unit(an_early_panic_needs_no_time_stamp), unit(what_a_kernel_says_in_peace_is_no_splat),
	  unit(bytes_may_come_in_any_pieces),
	  unit(the_last_line_counts_although_it_is_not_complete),
	  unit(a_splat_without_end_is_kept_within_bounds),
	  unit(what_differs_from_boot_to_boot_is_taken_out))
