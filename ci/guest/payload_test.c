/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * payload_test: when does the payload of an exception get into CR2 or DR6?
 *
 * Not before the exception is injected, says the architecture. But a userspace that has not enabled
 * KVM_CAP_EXCEPTION_PAYLOAD cannot save a payload, so KVM delivers it early for its sake, whenever it reads state
 * that goes with it: KVM_GET_VCPU_EVENTS, KVM_GET_SREGS, KVM_GET_SREGS2, KVM_GET_DEBUGREGS, and the same through
 * KVM_CAP_SYNC_REGS. Without upstream's d0ad1b05bbe6 only the first one does, so that who reads the registers
 * first saves a CR2 without the address; and KVM delivers the payload of what it queues itself at once, even
 * where userspace did enable the capability.
 */
#include "guest.h"

/* What CR2 was before, and what the #PF has to put there. */
#define CR2_BEFORE 0x00c0ffee0000ul
#define CR2_PAYLOAD 0x0deadbeef000ul

/* Single step, breakpoint 0; bit 12 of a payload (enabled breakpoint) has no place in DR6. */
#define DB_PAYLOAD 0x5001ul
#define DR6_DELIVERED 0xffff4ff1ul

enum { DB = 1, PF = 14 };

static const char QUIRK[] =
	"without KVM_CAP_EXCEPTION_PAYLOAD, reading it has to deliver the payload of the "
	"pending exception";
static const char ORDER[] = "KVM_GET_VCPU_EVENTS has already delivered the payload";
static const char KEPT[] =
	"with KVM_CAP_EXCEPTION_PAYLOAD, a payload stays with its exception until that is "
	"injected";
static const char DELIVERED[] =
	"without KVM_CAP_EXCEPTION_PAYLOAD, KVM_GET_VCPU_EVENTS has to deliver the "
	"payload, not to report it";

/* A vCPU with this exception pending, the capability off or on. */
static struct guest *pending(struct check *check, uint8_t vector, bool capability)
{
	struct guest *guest = guest_open(check, 0, 0);

	guest_set_cr2(check, guest, CR2_BEFORE);
	guest_payload_capability(check, guest, true);
	guest_set_pending(check, guest, vector, vector == PF ? CR2_PAYLOAD : DB_PAYLOAD);
	if (!capability)
		guest_payload_capability(check, guest, false);
	return guest;
}

/* How CR2 or DR6 can be read. */
enum reader { SREGS, SREGS2, SYNC_REGS, SYNC_REGS_EVENTS, DEBUGREGS };

static uint64_t sync_cr2(struct check *check, struct guest *guest, uint64_t fields)
{
	if ((ioctl(guest->vm, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS) & (int)fields) != (int)fields)
		check_skip(check, "KVM has no KVM_CAP_SYNC_REGS");
	guest->run->kvm_valid_regs = fields;
	guest_run_nothing(check, guest);
	guest->run->kvm_valid_regs = 0;
	return guest->run->s.regs.sregs.cr2;
}

static uint64_t read_by(struct check *check, struct guest *guest, enum reader reader)
{
	struct guest_sregs2 sregs2;

	switch (reader) {
	case SREGS:
		return guest_sregs(check, guest).cr2;
	case SREGS2:
		if (!guest_has_cap(guest, KVM_CAP_SREGS2))
			check_skip(check, "KVM has no KVM_GET_SREGS2, it came with Linux 5.14");
		guest_ioctl(check, guest->vcpu, GUEST_GET_SREGS2, &sregs2);
		return sregs2.cr2;
	case SYNC_REGS:
		return sync_cr2(check, guest, KVM_SYNC_X86_SREGS);
	case SYNC_REGS_EVENTS:
		return sync_cr2(check, guest, KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS);
	case DEBUGREGS:
		return guest_dr6(check, guest);
	}
	return 0;
}

static const char *const reader_words[] = { "CR2 by KVM_GET_SREGS", "CR2 by KVM_GET_SREGS2",
					    "CR2 by KVM_CAP_SYNC_REGS",
					    "CR2 by KVM_CAP_SYNC_REGS together with the events",
					    "DR6 by KVM_GET_DEBUGREGS" };

static uint8_t vector_of(enum reader reader)
{
	return reader == DEBUGREGS ? DB : PF;
}

static uint64_t before(enum reader reader)
{
	return reader == DEBUGREGS ? GUEST_INITIAL_DR6 : CR2_BEFORE;
}

static uint64_t after(enum reader reader)
{
	return reader == DEBUGREGS ? DR6_DELIVERED : CR2_PAYLOAD;
}

/* KVM_GET_VCPU_EVENTS without the capability: pending and injected are one, and there is no payload. */
static void expect_plain_events(struct check *check, struct guest *guest, uint8_t vector)
{
	struct kvm_vcpu_events events = guest_events(check, guest);

	check_equal(check, "vector by KVM_GET_VCPU_EVENTS", vector, events.exception.nr,
		    "the exception has to be saved");
	check_equal(check, "exception.injected by KVM_GET_VCPU_EVENTS", 1,
		    events.exception.injected, "without the capability it says pending, too");
	check_equal(check, "exception_has_payload by KVM_GET_VCPU_EVENTS", 0,
		    events.exception_has_payload, DELIVERED);
}

/* With it: pending, with its payload. */
static void expect_full_events(struct check *check, struct guest *guest, uint8_t vector,
			       uint64_t payload)
{
	struct kvm_vcpu_events events = guest_events(check, guest);

	check_equal(check, "vector by KVM_GET_VCPU_EVENTS", vector, events.exception.nr,
		    "the exception has to be saved");
	check_equal(check, "exception.pending by KVM_GET_VCPU_EVENTS", 1, events.exception.pending,
		    "it was not injected yet");
	check_equal(check, "exception.injected by KVM_GET_VCPU_EVENTS", 0,
		    events.exception.injected, "it was not injected yet");
	check_equal(check, "exception_has_payload by KVM_GET_VCPU_EVENTS", 1,
		    events.exception_has_payload, KEPT);
	check_equal(check, "exception_payload by KVM_GET_VCPU_EVENTS", payload,
		    events.exception_payload, KEPT);
}

/* The register is read before anything else. */
static void read_first(struct check *check, enum reader reader)
{
	struct guest *guest = pending(check, vector_of(reader), false);

	check_equal(check, reader_words[reader], after(reader), read_by(check, guest, reader),
		    QUIRK);
	expect_plain_events(check, guest, vector_of(reader));
	check_equal(check, reader_words[reader], after(reader), read_by(check, guest, reader),
		    ORDER);
}

/* Control: right on every kernel. */
static void events_first(struct check *check, enum reader reader)
{
	struct guest *guest = pending(check, vector_of(reader), false);

	expect_plain_events(check, guest, vector_of(reader));
	check_equal(check, reader_words[reader], after(reader), read_by(check, guest, reader),
		    ORDER);
}

/* Control: with the capability on, nothing is delivered by reading, in whichever order. */
static void capability_on(struct check *check, enum reader reader)
{
	struct guest *guest = pending(check, vector_of(reader), true);
	uint64_t payload = reader == DEBUGREGS ? DB_PAYLOAD : CR2_PAYLOAD;

	check_equal(check, reader_words[reader], before(reader), read_by(check, guest, reader),
		    KEPT);
	expect_full_events(check, guest, vector_of(reader), payload);
	check_equal(check, reader_words[reader], before(reader), read_by(check, guest, reader),
		    KEPT);
	expect_full_events(check, guest, vector_of(reader), payload);
}

#define READER(name, reader)                                                                       \
	static void name##_first(struct check *check)                                              \
	{                                                                                          \
		read_first(check, reader);                                                         \
	}                                                                                          \
	static void name##_after_events(struct check *check)                                       \
	{                                                                                          \
		events_first(check, reader);                                                       \
	}                                                                                          \
	static void name##_capability_on(struct check *check)                                      \
	{                                                                                          \
		capability_on(check, reader);                                                      \
	}

READER(cr2_get_sregs, SREGS)
READER(cr2_get_sregs2, SREGS2)
READER(cr2_sync_regs, SYNC_REGS)
READER(cr2_sync_regs_events, SYNC_REGS_EVENTS)
READER(dr6_get_debugregs, DEBUGREGS)

/* Control: the quirk is for pending exceptions; one that was injected without a payload leaves CR2 alone. */
static void cr2_without_payload(struct check *check)
{
	struct guest *guest = guest_open(check, 0, 0);
	struct kvm_vcpu_events events = guest_exception(PF, CR2_PAYLOAD);

	guest_set_cr2(check, guest, CR2_BEFORE);
	events.flags = 0;
	events.exception.injected = 1;
	guest_ioctl(check, guest->vcpu, KVM_SET_VCPU_EVENTS, &events);
	check_equal(check, "CR2 by KVM_GET_SREGS", CR2_BEFORE, guest_sregs(check, guest).cr2,
		    "a payload without KVM_VCPUEVENT_VALID_PAYLOAD has to be ignored");
	expect_plain_events(check, guest, PF);
	check_equal(check, "CR2 by KVM_GET_SREGS", CR2_BEFORE, guest_sregs(check, guest).cr2,
		    "a payload without KVM_VCPUEVENT_VALID_PAYLOAD has to be ignored");
}

/* Control: what was delivered early is not delivered again over what userspace wrote since. */
static void cr2_delivered_once(struct check *check)
{
	struct guest *guest = pending(check, PF, false);

	expect_plain_events(check, guest, PF);
	guest_set_cr2(check, guest, CR2_BEFORE);
	check_equal(check, "CR2 by KVM_GET_SREGS", CR2_BEFORE, guest_sregs(check, guest).cr2,
		    "the payload was delivered already, and userspace wrote CR2 since");
	check_equal(check, "CR2 in the guest's handler", CR2_BEFORE,
		    guest_run_to_handler(check, guest, PF).cr2,
		    "the payload was delivered already, and userspace wrote CR2 since");
}

/*
 * A vCPU is saved and restored into another one by a userspace without the capability. The guest has to find its
 * address there, whichever was saved first.
 */
static void migrate(struct check *check, bool sregs_first)
{
	struct guest *from = pending(check, PF, false), *to = guest_open(check, 0, 0);
	struct kvm_vcpu_events events;
	struct kvm_sregs sregs;

	if (sregs_first)
		sregs = guest_sregs(check, from);
	events = guest_events(check, from);
	if (!sregs_first)
		sregs = guest_sregs(check, from);
	guest_ioctl(check, to->vcpu, KVM_SET_SREGS, &sregs);
	guest_ioctl(check, to->vcpu, KVM_SET_VCPU_EVENTS, &events);
	check_equal(check, "CR2 in the handler of the migrated guest", CR2_PAYLOAD,
		    guest_run_to_handler(check, to, PF).cr2,
		    "the address of the #PF was lost on the way");
}

static void cr2_migrated_sregs_first(struct check *check)
{
	migrate(check, true);
}

static void cr2_migrated_events_first(struct check *check)
{
	migrate(check, false);
}

/* Control: when nobody reads, the payload is delivered with the exception. */
static void delivered_on_injection(struct check *check, uint8_t vector, bool capability)
{
	struct guest *guest = pending(check, vector, capability);
	struct guest_seen seen = guest_run_to_handler(check, guest, vector);

	check_equal(check, "CR2 in the guest's handler", vector == PF ? CR2_PAYLOAD : CR2_BEFORE,
		    seen.cr2, "injecting a #PF delivers its payload, a #DB has none for CR2");
	check_equal(check, "DR6 in the guest's handler",
		    vector == DB ? DR6_DELIVERED : GUEST_INITIAL_DR6, seen.dr6,
		    "injecting a #DB delivers its payload, a #PF has none for DR6");
}

static void cr2_guest_handler(struct check *check)
{
	delivered_on_injection(check, PF, false);
}

static void cr2_guest_handler_capability_on(struct check *check)
{
	delivered_on_injection(check, PF, true);
}

static void dr6_guest_handler(struct check *check)
{
	delivered_on_injection(check, DB, false);
}

static void dr6_guest_handler_capability_on(struct check *check)
{
	delivered_on_injection(check, DB, true);
}

/* A #PF that KVM queued itself, and that is not injected yet. */
static struct guest *queued(struct check *check, bool capability)
{
	struct guest *guest = guest_open(check, 0, 0);

	guest_set_cr2(check, guest, CR2_BEFORE);
	guest_payload_capability(check, guest, capability);
	guest_set_start(check, guest, guest_address(guest_copy));
	guest_answer_device(check, guest);
	return guest;
}

/* KVM must not deliver it when it queues it: userspace gets it with the exception. */
static void queued_capability_on(struct check *check)
{
	struct guest *guest = queued(check, true);

	check_equal(check, "CR2 by KVM_GET_SREGS after KVM queued a #PF", CR2_BEFORE,
		    guest_sregs(check, guest).cr2, KEPT);
	expect_full_events(check, guest, PF, GUEST_HOLE);
	check_equal(check, "CR2 in the guest's handler", GUEST_HOLE,
		    guest_run_to_handler(check, guest, PF).cr2,
		    "injecting it delivers the payload");
}

/* Control: without the capability it is there whoever asks first. */
static void queued_get_sregs(struct check *check)
{
	struct guest *guest = queued(check, false);

	check_equal(check, "CR2 by KVM_GET_SREGS after KVM queued a #PF", GUEST_HOLE,
		    guest_sregs(check, guest).cr2, QUIRK);
	expect_plain_events(check, guest, PF);
	check_equal(check, "CR2 in the guest's handler", GUEST_HOLE,
		    guest_run_to_handler(check, guest, PF).cr2,
		    "injecting it delivers the payload");
}

static const struct check_case cases[] = {
	{ "cr2_get_sregs", cr2_get_sregs_first },
	{ "cr2_get_sregs_after_events", cr2_get_sregs_after_events },
	{ "cr2_get_sregs_capability_on", cr2_get_sregs_capability_on },
	{ "cr2_get_sregs2", cr2_get_sregs2_first },
	{ "cr2_get_sregs2_after_events", cr2_get_sregs2_after_events },
	{ "cr2_get_sregs2_capability_on", cr2_get_sregs2_capability_on },
	{ "dr6_get_debugregs", dr6_get_debugregs_first },
	{ "dr6_get_debugregs_after_events", dr6_get_debugregs_after_events },
	{ "dr6_get_debugregs_capability_on", dr6_get_debugregs_capability_on },
	{ "cr2_sync_regs", cr2_sync_regs_first },
	{ "cr2_sync_regs_after_events", cr2_sync_regs_after_events },
	{ "cr2_sync_regs_capability_on", cr2_sync_regs_capability_on },
	{ "cr2_sync_regs_with_events", cr2_sync_regs_events_first },
	{ "cr2_sync_regs_with_events_after_events", cr2_sync_regs_events_after_events },
	{ "cr2_sync_regs_with_events_capability_on", cr2_sync_regs_events_capability_on },
	{ "cr2_migrated_sregs_first", cr2_migrated_sregs_first },
	{ "cr2_migrated_events_first", cr2_migrated_events_first },
	{ "cr2_queued_by_kvm", queued_get_sregs },
	{ "cr2_queued_by_kvm_capability_on", queued_capability_on },
	{ "cr2_without_payload", cr2_without_payload },
	{ "cr2_delivered_once", cr2_delivered_once },
	{ "cr2_guest_handler", cr2_guest_handler },
	{ "cr2_guest_handler_capability_on", cr2_guest_handler_capability_on },
	{ "dr6_guest_handler", dr6_guest_handler },
	{ "dr6_guest_handler_capability_on", dr6_guest_handler_capability_on },
};

int main(void)
{
	char why[200];

	return check_main(cases, sizeof(cases) / sizeof(cases[0]), guest_unable(why, sizeof(why)));
}
