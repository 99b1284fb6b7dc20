/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reinject_test: what becomes of the payload of an exception that has to be injected again?
 *
 * Its delivery was cut short, by an EPT violation on the guest's stack say, and the vCPU is saved then. CR2 and
 * DR6 have the payload since the first injection, and are saved as registers; the guest may have changed CR2 since.
 * So the payload stays with the exception across KVM_SET_VCPU_EVENTS and KVM_GET_VCPU_EVENTS (a guest that uses FRED
 * finds it on its stack), but injecting the exception again must not write the registers again. Patch 3 of the
 * series brings the first, patch 2 the second; patch 3 without patch 2 makes the handler see the payload in CR2.
 */
#include "guest.h"

/* What the registers were restored to, and what they must not be overwritten with. */
#define CR2_RESTORED 0x00c0ffee0000ul
#define PF_PAYLOAD 0x0deadbeef000ul
#define DB_PAYLOAD 0x4001ul
#define DR6_DELIVERED 0xffff4ff1ul

enum { DB = 1, PF = 14 };

static const char SURVIVES[] = "the payload of an injected exception has to survive "
			       "KVM_SET_VCPU_EVENTS with KVM_CAP_EXCEPTION_PAYLOAD";
static const char AGAIN[] =
	"re-injecting an exception must not write its payload to the registers again";
static const char UNREAD[] = "reading state must not deliver the payload of an injected exception";

static uint64_t payload_of(uint8_t vector)
{
	return vector == PF ? PF_PAYLOAD : DB_PAYLOAD;
}

/* A vCPU with CR2 and DR6 restored, the capability on. */
static struct guest *restored(struct check *check)
{
	struct guest *guest = guest_open(check, 0, 0);

	guest_set_cr2(check, guest, CR2_RESTORED);
	guest_payload_capability(check, guest, true);
	return guest;
}

static void expect_injected(struct check *check, const struct kvm_vcpu_events *events,
			    uint8_t vector)
{
	check_equal(check, "vector by KVM_GET_VCPU_EVENTS", vector, events->exception.nr,
		    "the exception has to be saved");
	check_equal(check, "exception.injected by KVM_GET_VCPU_EVENTS", 1,
		    events->exception.injected, "it was set as injected");
	check_equal(check, "exception.pending by KVM_GET_VCPU_EVENTS", 0, events->exception.pending,
		    "it was set as injected");
	check_equal(check, "exception_has_payload by KVM_GET_VCPU_EVENTS", 1,
		    events->exception_has_payload, SURVIVES);
	check_equal(check, "exception_payload by KVM_GET_VCPU_EVENTS", payload_of(vector),
		    events->exception_payload, SURVIVES);
}

static void keeps_payload(struct check *check, uint8_t vector)
{
	struct guest *guest = restored(check);
	struct kvm_vcpu_events events;

	guest_set_injected(check, guest, vector, payload_of(vector));
	events = guest_events(check, guest);
	expect_injected(check, &events, vector);
}

static void pf_keeps_payload(struct check *check)
{
	keeps_payload(check, PF);
}

static void db_keeps_payload(struct check *check)
{
	keeps_payload(check, DB);
}

/* Saved and restored again, as a migrated guest that is migrated once more. */
static void migrated(struct check *check, uint8_t vector)
{
	struct guest *from = restored(check), *to = restored(check);
	struct kvm_vcpu_events events;

	guest_set_injected(check, from, vector, payload_of(vector));
	events = guest_events(check, from);
	guest_ioctl(check, to->vcpu, KVM_SET_VCPU_EVENTS, &events);
	events = guest_events(check, to);
	expect_injected(check, &events, vector);
}

static void pf_migrated(struct check *check)
{
	migrated(check, PF);
}

static void db_migrated(struct check *check)
{
	migrated(check, DB);
}

/* Injected again, the registers are what they were, in the guest and outside, and the payload is used up. */
static void registers_kept(struct check *check, uint8_t vector)
{
	struct guest *guest = restored(check);
	struct kvm_vcpu_events events;
	struct guest_seen seen;

	guest_set_injected(check, guest, vector, payload_of(vector));
	seen = guest_run_to_handler(check, guest, vector);
	check_equal(check, "CR2 in the guest's handler", CR2_RESTORED, seen.cr2, AGAIN);
	check_equal(check, "DR6 in the guest's handler", GUEST_INITIAL_DR6, seen.dr6, AGAIN);
	check_equal(check, "CR2 by KVM_GET_SREGS", CR2_RESTORED, guest_sregs(check, guest).cr2,
		    AGAIN);
	check_equal(check, "DR6 by KVM_GET_DEBUGREGS", GUEST_INITIAL_DR6, guest_dr6(check, guest),
		    AGAIN);
	events = guest_events(check, guest);
	check_equal(check, "exception.injected by KVM_GET_VCPU_EVENTS", 0,
		    events.exception.injected, "the guest has got the exception");
	check_equal(check, "exception_has_payload by KVM_GET_VCPU_EVENTS", 0,
		    events.exception_has_payload, "the guest has got the exception");
}

static void pf_cr2_guest_handler(struct check *check)
{
	registers_kept(check, PF);
}

static void db_dr6_guest_handler(struct check *check)
{
	registers_kept(check, DB);
}

/* Control: the early delivery for userspace without the capability is for pending exceptions only. */
static void not_delivered_by_reading(struct check *check)
{
	struct guest *guest = restored(check);

	guest_set_injected(check, guest, PF, PF_PAYLOAD);
	guest_payload_capability(check, guest, false);
	check_equal(check, "CR2 by KVM_GET_SREGS", CR2_RESTORED, guest_sregs(check, guest).cr2,
		    UNREAD);
	guest_events(check, guest);
	check_equal(check, "CR2 by KVM_GET_SREGS", CR2_RESTORED, guest_sregs(check, guest).cr2,
		    UNREAD);
	guest_payload_capability(check, guest, true);
	guest_set_injected(check, guest, DB, DB_PAYLOAD);
	guest_payload_capability(check, guest, false);
	check_equal(check, "DR6 by KVM_GET_DEBUGREGS", GUEST_INITIAL_DR6, guest_dr6(check, guest),
		    UNREAD);
}

/* Control: a pending exception is injected for the first time, and that does deliver. */
static void pending_is_delivered(struct check *check)
{
	struct guest *guest = restored(check);
	struct guest_seen seen;

	guest_set_pending(check, guest, PF, PF_PAYLOAD);
	seen = guest_run_to_handler(check, guest, PF);
	check_equal(check, "CR2 in the handler of a first #PF", PF_PAYLOAD, seen.cr2,
		    "the first injection delivers the payload");

	guest = restored(check);
	guest_set_pending(check, guest, DB, DB_PAYLOAD);
	seen = guest_run_to_handler(check, guest, DB);
	check_equal(check, "DR6 in the handler of a first #DB", DR6_DELIVERED, seen.dr6,
		    "the first injection delivers the payload");
}

/* Control: an exception that is both is pending. */
static void pending_wins(struct check *check)
{
	struct guest *guest = restored(check);
	struct kvm_vcpu_events events = guest_exception(PF, PF_PAYLOAD);

	events.exception.pending = events.exception.injected = 1;
	guest_ioctl(check, guest->vcpu, KVM_SET_VCPU_EVENTS, &events);
	events = guest_events(check, guest);
	check_equal(check, "exception.pending by KVM_GET_VCPU_EVENTS", 1, events.exception.pending,
		    "pending goes before injected");
	check_equal(check, "exception.injected by KVM_GET_VCPU_EVENTS", 0,
		    events.exception.injected, "pending goes before injected");
	check_equal(check, "exception_payload by KVM_GET_VCPU_EVENTS", PF_PAYLOAD,
		    events.exception_payload, "a pending exception keeps its payload");
}

/* Control: a payload of nothing is still ignored, and so is one without its flag. */
static void stray_payload_ignored(struct check *check)
{
	struct guest *guest = restored(check);
	struct kvm_vcpu_events events = guest_exception(PF, PF_PAYLOAD);

	guest_ioctl(check, guest->vcpu, KVM_SET_VCPU_EVENTS, &events);
	events = guest_events(check, guest);
	check_equal(check, "exception_has_payload by KVM_GET_VCPU_EVENTS", 0,
		    events.exception_has_payload, "there is no exception that it belongs to");

	events = guest_exception(PF, PF_PAYLOAD);
	events.flags = 0;
	events.exception.injected = 1;
	guest_ioctl(check, guest->vcpu, KVM_SET_VCPU_EVENTS, &events);
	events = guest_events(check, guest);
	check_equal(check, "exception.injected by KVM_GET_VCPU_EVENTS", 1,
		    events.exception.injected, "it was set as injected");
	check_equal(check, "exception_has_payload by KVM_GET_VCPU_EVENTS", 0,
		    events.exception_has_payload,
		    "userspace did not set KVM_VCPUEVENT_VALID_PAYLOAD");
}

/* Control: the flag is refused where the capability is off. */
static void refused_capability_off(struct check *check)
{
	struct guest *guest = restored(check);
	struct kvm_vcpu_events events = guest_exception(PF, PF_PAYLOAD);
	int r;

	guest_payload_capability(check, guest, false);
	events.exception.injected = 1;
	r = ioctl(guest->vcpu, KVM_SET_VCPU_EVENTS, &events);
	if (r == 0 || errno != EINVAL)
		check_note(check,
			   "KVM_SET_VCPU_EVENTS with a payload, the capability off: expected "
			   "EINVAL, got %s",
			   r ? strerror(errno) : "success");
}

static const struct check_case cases[] = {
	{ "injected_pf_keeps_payload", pf_keeps_payload },
	{ "injected_db_keeps_payload", db_keeps_payload },
	{ "injected_pf_migrated_twice", pf_migrated },
	{ "injected_db_migrated_twice", db_migrated },
	{ "injected_pf_cr2_guest_handler", pf_cr2_guest_handler },
	{ "injected_db_dr6_guest_handler", db_dr6_guest_handler },
	{ "injected_not_delivered_by_reading", not_delivered_by_reading },
	{ "pending_is_delivered", pending_is_delivered },
	{ "pending_wins_over_injected", pending_wins },
	{ "stray_payload_ignored", stray_payload_ignored },
	{ "payload_refused_capability_off", refused_capability_off },
};

int main(void)
{
	char why[200];

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), guest_unable(why, sizeof(why)));
}
