/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nested_test: exceptions of L2 with a payload, while L1 intercepts them, or does not.
 *
 * An intercepted #PF of L2 goes to L1 as an exit: its address belongs into EXITINFO2 (SVM) or the exit qualification
 * (VMX), and CR2 stays what it was, as the #PF is never delivered. KVM has done that right for long; the controls
 * here make sure that it stays so when the delivery of payloads is moved about.
 *
 * What upstream's d0ad1b05bbe6 changes is the moment when a userspace without KVM_CAP_EXCEPTION_PAYLOAD saves the vCPU
 * while that exit is still to come. Saved is then a #PF of L2 without its address, so the address has to be in CR2,
 * whichever register is read first (L1's CR2 is sacrificed for that, on every kernel: what such a userspace
 * saves could not be restored otherwise). Without the change, KVM_GET_SREGS and KVM_GET_DEBUGREGS before
 * KVM_GET_VCPU_EVENTS miss it. And what is injected into L2 again keeps its payload, and leaves L2's CR2 alone.
 */
#include "nested.h"

#define CR2_BEFORE 0x00c0ffee0000ul
#define PF_PAYLOAD 0x0deadbeef000ul
#define DB_PAYLOAD 0x4001ul
#define DR6_DELIVERED 0xffff4ff1ul

enum { DB = 1, PF = 14 };
#define INTERCEPT_PF (1u << PF)
#define INTERCEPT_DB (1u << DB)

static const char CLOBBERED[] =
	"the #PF of L2 exits to L1 and is not delivered, so CR2 must not change";
static const char ADDRESS[] = "the exit to L1 has to say which address L2 could not reach";
static const char QUIRK[] =
	"without KVM_CAP_EXCEPTION_PAYLOAD, reading it has to deliver the payload of the "
	"exception that is about to exit to L1";
static const char KEPT[] = "with KVM_CAP_EXCEPTION_PAYLOAD, a payload stays with its exception";
static const char SURVIVES[] =
	"the payload of an exception injected into L2 has to survive KVM_SET_VCPU_EVENTS";
static const char AGAIN[] =
	"re-injecting an exception into L2 must not write its payload to CR2 again";

static void expect_exit(struct check *check, struct guest *guest, enum nested_kind kind,
			uint64_t address)
{
	struct nested_exit nested = nested_run_to_l1(check, guest, kind);

	check_equal(check, "vector of L2's exit to L1", PF, nested.vector, "L1 intercepts #PF");
	check_equal(check, "address of L2's exit to L1", address, nested.address, ADDRESS);
	check_equal(check, "CR2 in L1 after the exit", CR2_BEFORE, nested.cr2, CLOBBERED);
}

/* The same where CR2 was sacrificed. */
static void expect_exit_alone(struct check *check, struct guest *guest, enum nested_kind kind,
			      uint64_t address)
{
	struct nested_exit nested = nested_run_to_l1(check, guest, kind);

	check_equal(check, "vector of L2's exit to L1", PF, nested.vector, "L1 intercepts #PF");
	check_equal(check, "address of L2's exit to L1", address, nested.address, ADDRESS);
}

/* With the capability on: pending, with its payload, and CR2 as it was. */
static void expect_kept(struct check *check, struct guest *guest, uint64_t payload)
{
	struct kvm_vcpu_events events;

	check_equal(check, "CR2 by KVM_GET_SREGS", CR2_BEFORE, guest_sregs(check, guest).cr2, KEPT);
	guest_dr6(check, guest);
	events = guest_events(check, guest);
	check_equal(check, "exception.pending by KVM_GET_VCPU_EVENTS", 1, events.exception.pending,
		    "the exception of L2 has to be saved");
	check_equal(check, "vector by KVM_GET_VCPU_EVENTS", PF, events.exception.nr,
		    "the exception of L2 has to be saved");
	check_equal(check, "exception_has_payload by KVM_GET_VCPU_EVENTS", 1,
		    events.exception_has_payload, KEPT);
	check_equal(check, "exception_payload by KVM_GET_VCPU_EVENTS", payload,
		    events.exception_payload, KEPT);
	check_equal(check, "CR2 by KVM_GET_SREGS after KVM_GET_VCPU_EVENTS", CR2_BEFORE,
		    guest_sregs(check, guest).cr2, KEPT);
}

/* Without it: injected and pending are one, and there is no payload. */
static void expect_plain(struct check *check, struct guest *guest, uint8_t vector)
{
	struct kvm_vcpu_events events = guest_events(check, guest);

	check_equal(check, "exception.injected by KVM_GET_VCPU_EVENTS", 1,
		    events.exception.injected, "the exception of L2 has to be saved");
	check_equal(check, "vector by KVM_GET_VCPU_EVENTS", vector, events.exception.nr,
		    "the exception of L2 has to be saved");
	check_equal(check, "exception_has_payload by KVM_GET_VCPU_EVENTS", 0,
		    events.exception_has_payload,
		    "without the capability it has to be delivered, not reported");
}

/* L2 is active and has an exception pending that userspace set, the capability off or on. */
static struct guest *pending(struct check *check, uint8_t vector, bool capability,
			     enum nested_kind *kind)
{
	struct guest *guest =
		nested_open(check, guest_idle, INTERCEPT_PF | INTERCEPT_DB, CR2_BEFORE, kind);

	guest_run_to(check, guest, GUEST_PORT_IDLE);
	guest_payload_capability(check, guest, true);
	guest_set_pending(check, guest, vector, vector == PF ? PF_PAYLOAD : DB_PAYLOAD);
	guest_payload_capability(check, guest, capability);
	/* KVM sees only now that L1 intercepts it. */
	guest_run_nothing(check, guest);
	return guest;
}

/* L2 is active and has a #PF that KVM queued itself: L2 copied from the device to nowhere. */
static struct guest *queued(struct check *check, uint32_t intercepts, bool capability,
			    enum nested_kind *kind)
{
	struct guest *guest = nested_open(check, guest_copy, intercepts, CR2_BEFORE, kind);

	guest_payload_capability(check, guest, capability);
	guest_answer_device(check, guest);
	return guest;
}

/* Where KVM does not wait with the exit, there is nothing to save. */
static void need_l2(struct check *check, struct guest *guest)
{
	if (!nested_in_l2(check, guest))
		check_skip(check, "this KVM exits to L1 at once: no exception is left to be saved");
}

/* Control. */
static void pf_exits_to_l1(struct check *check)
{
	enum nested_kind kind;
	struct guest *guest = nested_open(check, guest_touch, INTERCEPT_PF, CR2_BEFORE, &kind);

	expect_exit(check, guest, kind, GUEST_HOLE);
}

/* Control, and the one that fails when a payload is delivered as soon as the exception is queued. */
static void queued_pf_keeps_cr2(struct check *check)
{
	enum nested_kind kind;
	struct guest *guest = queued(check, INTERCEPT_PF, false, &kind);

	expect_exit(check, guest, kind, GUEST_HOLE);
}

/* Control. */
static void queued_pf_capability_on(struct check *check)
{
	enum nested_kind kind;
	struct guest *guest = queued(check, INTERCEPT_PF, true, &kind);

	if (nested_in_l2(check, guest))
		expect_kept(check, guest, GUEST_HOLE);
	expect_exit(check, guest, kind, GUEST_HOLE);
}

/* Upstream's change: the address is there for who reads the registers first. */
static void queued_pf_get_sregs(struct check *check)
{
	enum nested_kind kind;
	struct guest *guest = queued(check, INTERCEPT_PF, false, &kind);

	need_l2(check, guest);
	check_equal(check, "CR2 by KVM_GET_SREGS", GUEST_HOLE, guest_sregs(check, guest).cr2,
		    QUIRK);
	expect_plain(check, guest, PF);
	expect_exit_alone(check, guest, kind, GUEST_HOLE);
}

/* Control. */
static void queued_pf_get_sregs_after_events(struct check *check)
{
	enum nested_kind kind;
	struct guest *guest = queued(check, INTERCEPT_PF, false, &kind);

	need_l2(check, guest);
	expect_plain(check, guest, PF);
	check_equal(check, "CR2 by KVM_GET_SREGS after KVM_GET_VCPU_EVENTS", GUEST_HOLE,
		    guest_sregs(check, guest).cr2, QUIRK);
	expect_exit_alone(check, guest, kind, GUEST_HOLE);
}

/* Control: L1 does not intercept it, L2's own handler gets it; nothing is delivered before. */
static void queued_pf_not_intercepted(struct check *check)
{
	enum nested_kind kind;
	struct guest *guest = queued(check, 0, true, &kind);

	expect_kept(check, guest, GUEST_HOLE);
	check_equal(check, "CR2 in L2's handler", GUEST_HOLE,
		    guest_run_to_handler(check, guest, PF).cr2,
		    "injecting it into L2 delivers the payload");
}

/* Control. */
static void pending_pf_keeps_cr2(struct check *check)
{
	enum nested_kind kind;
	struct guest *guest = pending(check, PF, false, &kind);

	expect_exit(check, guest, kind, PF_PAYLOAD);
}

/* Control. */
static void pending_pf_capability_on(struct check *check)
{
	enum nested_kind kind;
	struct guest *guest = pending(check, PF, true, &kind);

	expect_kept(check, guest, PF_PAYLOAD);
	expect_exit(check, guest, kind, PF_PAYLOAD);
}

/* Upstream's change. */
static void pending_pf_get_sregs(struct check *check)
{
	enum nested_kind kind;
	struct guest *guest = pending(check, PF, false, &kind);

	check_equal(check, "CR2 by KVM_GET_SREGS", PF_PAYLOAD, guest_sregs(check, guest).cr2,
		    QUIRK);
	expect_plain(check, guest, PF);
	expect_exit_alone(check, guest, kind, PF_PAYLOAD);
}

/* Upstream's change. */
static void pending_db_get_debugregs(struct check *check)
{
	enum nested_kind kind;
	struct guest *guest = pending(check, DB, false, &kind);

	check_equal(check, "DR6 by KVM_GET_DEBUGREGS", DR6_DELIVERED, guest_dr6(check, guest),
		    QUIRK);
	expect_plain(check, guest, DB);
	check_equal(check, "vector of L2's exit to L1", DB,
		    nested_run_to_l1(check, guest, kind).vector, "L1 intercepts #DB");
}

/* L2 is active and a #PF has to be injected into it again; L1's intercept does not count then. */
static struct guest *injected(struct check *check)
{
	enum nested_kind kind;
	struct guest *guest = nested_open(check, guest_idle, INTERCEPT_PF, CR2_BEFORE, &kind);

	guest_run_to(check, guest, GUEST_PORT_IDLE);
	guest_payload_capability(check, guest, true);
	guest_set_injected(check, guest, PF, PF_PAYLOAD);
	return guest;
}

/* Patch 3 of the series. */
static void injected_pf_keeps_payload(struct check *check)
{
	struct guest *guest = injected(check);
	struct kvm_vcpu_events events = guest_events(check, guest);

	check_equal(check, "exception.injected by KVM_GET_VCPU_EVENTS", 1,
		    events.exception.injected, "it was set as injected");
	check_equal(check, "exception_has_payload by KVM_GET_VCPU_EVENTS", 1,
		    events.exception_has_payload, SURVIVES);
	check_equal(check, "exception_payload by KVM_GET_VCPU_EVENTS", PF_PAYLOAD,
		    events.exception_payload, SURVIVES);
}

/* Patch 2 of the series, once patch 3 is there. */
static void injected_pf_cr2_l2_handler(struct check *check)
{
	struct guest *guest = injected(check);

	check_equal(check, "CR2 in L2's handler", CR2_BEFORE,
		    guest_run_to_handler(check, guest, PF).cr2, AGAIN);
}

static const struct check_case cases[] = {
	{ "l2_pf_exits_to_l1", pf_exits_to_l1 },
	{ "l2_queued_pf_keeps_l1_cr2", queued_pf_keeps_cr2 },
	{ "l2_queued_pf_capability_on", queued_pf_capability_on },
	{ "l2_queued_pf_get_sregs", queued_pf_get_sregs },
	{ "l2_queued_pf_get_sregs_after_events", queued_pf_get_sregs_after_events },
	{ "l2_queued_pf_not_intercepted_capability_on", queued_pf_not_intercepted },
	{ "l2_pending_pf_keeps_l1_cr2", pending_pf_keeps_cr2 },
	{ "l2_pending_pf_capability_on", pending_pf_capability_on },
	{ "l2_pending_pf_get_sregs", pending_pf_get_sregs },
	{ "l2_pending_db_get_debugregs", pending_db_get_debugregs },
	{ "l2_injected_pf_keeps_payload", injected_pf_keeps_payload },
	{ "l2_injected_pf_cr2_l2_handler", injected_pf_cr2_l2_handler },
};

int main(void)
{
	char why[200];

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), guest_unable(why, sizeof(why)));
}
