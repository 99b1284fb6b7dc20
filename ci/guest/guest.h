/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest: a small virtual machine on the KVM API for tests of KVM itself.
 *
 * One memory slot, one vCPU in long mode with identity-mapped pages, and a little code that copies a byte, or stops
 * in the handler of an exception and leaves there what it saw. Everything is in this header, so that a test is one
 * file that any compiler makes a static program of; what is younger than the oldest kernel whose headers may be
 * at hand (4.20) is defined here.
 */
#ifndef SERIES_GUEST_GUEST_H
#define SERIES_GUEST_GUEST_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "check.h"

#ifndef KVM_CAP_EXCEPTION_PAYLOAD
#define KVM_CAP_EXCEPTION_PAYLOAD 164
#endif
#ifndef KVM_CAP_SREGS2
#define KVM_CAP_SREGS2 200
#endif
#ifndef KVM_VCPUEVENT_VALID_PAYLOAD
#define KVM_VCPUEVENT_VALID_PAYLOAD 0x00000010
#endif

/* struct kvm_sregs2 of Linux 5.14. */
struct guest_sregs2 {
	struct kvm_segment cs, ds, es, fs, gs, ss, tr, ldt;
	struct kvm_dtable gdt, idt;
	uint64_t cr0, cr2, cr3, cr4, cr8, efer, apic_base, flags, pdptrs[4];
};
#define GUEST_GET_SREGS2 _IOR(KVMIO, 0xcc, struct guest_sregs2)

/* Guest-physical addresses, which are virtual ones as well. */
enum guest_place {
	GUEST_PML4 = 0x1000,
	GUEST_PDPT = 0x2000,
	GUEST_PD = 0x3000,
	GUEST_GDT = 0x4000,
	GUEST_IDT = 0x5000,
	GUEST_SEEN = 0x6000, /* struct guest_seen */
	GUEST_EXIT = 0x6800, /* of a nested test: what L1 saw */
	GUEST_TSS = 0x7000,
	GUEST_CODE = 0x8000,
	GUEST_STACK = 0x10000,	  /* grows down from here */
	GUEST_L2_STACK = 0x18000, /* so does this */
	GUEST_NESTED = 0x20000,	  /* VMCB, VMCS and the like */
	GUEST_SIZE = 0x100000,
	GUEST_DEVICE = 0x200000 /* mapped, but there is no memory: an access stops the guest */
};
#define GUEST_DEVICE_PHYSICAL 0x40000000ul
#define GUEST_HOLE 0xdeadbee000ul /* no page is mapped here, nor anywhere around */

#define GUEST_DATA_SELECTOR 0x10
#define GUEST_CODE_SELECTOR 0x08
#define GUEST_TASK_SELECTOR 0x18

/* Where the guest's code stops: the port that it writes to. */
enum guest_port {
	GUEST_PORT_IDLE = 0x10,	   /* nothing happened before it got here */
	GUEST_PORT_HANDLER = 0x11, /* in the handler of an exception */
	GUEST_PORT_L1 = 0x12	   /* L1, after L2 exited to it */
};

/* What the handler of an exception found; the code below knows the offsets. */
struct guest_seen {
	uint64_t vector, cr2, dr6;
};

#define GUEST_INITIAL_DR6 0xffff0ff0ul

struct guest {
	int kvm, vm, vcpu;
	struct kvm_run *run;
	size_t run_size;
	uint8_t *memory;
};

/* Position-independent but for GUEST_SEEN. The error code stays on the stack: no handler returns. */
asm(".pushsection .rodata\n"
    "guest_code:\n"
    "guest_touch:\n" /* a byte at RDI */
    "	movb (%rdi), %al\n"
    "	jmp guest_idle\n"
    "guest_copy:\n" /* a byte from RSI to RDI */
    "	movsb\n"
    "guest_idle:\n"
    "	out %al, $0x10\n"
    "	jmp guest_idle\n"
    "guest_on_db:\n"
    "	movq $1, 0x6000\n"
    "	jmp 1f\n"
    "guest_on_pf:\n"
    "	movq $14, 0x6000\n"
    "	jmp 1f\n"
    "guest_on_other:\n"
    "	movq $255, 0x6000\n"
    "1:	mov %cr2, %rax\n"
    "	mov %rax, 0x6008\n"
    "	mov %dr6, %rax\n"
    "	mov %rax, 0x6010\n"
    "2:	out %al, $0x11\n"
    "	jmp 2b\n"
    "guest_code_end:\n"
    ".popsection\n");
extern const uint8_t guest_code[], guest_touch[], guest_copy[], guest_idle[], guest_on_db[],
	guest_on_pf[], guest_on_other[], guest_code_end[];

/* Where the code at this label of guest_code is in the guest. */
static inline uint64_t guest_address(const uint8_t *label)
{
	return GUEST_CODE + (uint64_t)(label - guest_code);
}

static inline uint64_t *guest_words(struct guest *guest, uint64_t address)
{
	return (uint64_t *)(void *)(guest->memory + address);
}

/* An ioctl that must work; what it is for reads "KVM_GET_SREGS of ...". */
#define guest_ioctl(check, fd, request, argument)                                                  \
	guest_ioctl_named(check, fd, request, (unsigned long)(argument), #request)
static inline int guest_ioctl_named(struct check *check, int fd, unsigned long request,
				    unsigned long argument, const char *name)
{
	int r = ioctl(fd, request, argument);

	if (r < 0)
		check_stop(check, "%s failed: %s", name, strerror(errno));
	return r;
}

/* Why this machine cannot run any guest; NULL when it can. */
static inline const char *guest_unable(char *why, size_t size)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, version;

	why[0] = '\0';
	if (kvm < 0) {
		snprintf(why, size, "/dev/kvm cannot be opened: %s", strerror(errno));
		return why;
	}
	version = ioctl(kvm, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION) {
		snprintf(why, size, "/dev/kvm speaks version %d of the API, not %d", version,
			 KVM_API_VERSION);
	} else {
		vm = ioctl(kvm, KVM_CREATE_VM, 0);
		if (vm < 0)
			snprintf(why, size, "/dev/kvm makes no VM: %s", strerror(errno));
		else
			close(vm);
	}
	close(kvm);
	return why[0] ? why : NULL;
}

static inline bool guest_has_cap(struct guest *guest, int cap)
{
	return ioctl(guest->vm, KVM_CHECK_EXTENSION, cap) > 0;
}

static inline void guest_lay_tables(struct guest *guest)
{
	uint64_t *gdt = guest_words(guest, GUEST_GDT), *idt = guest_words(guest, GUEST_IDT);

	/* Present, writable; the last level is two pages of 2 MiB. */
	guest_words(guest, GUEST_PML4)[0] = GUEST_PDPT | 0x3;
	guest_words(guest, GUEST_PDPT)[0] = GUEST_PD | 0x3;
	guest_words(guest, GUEST_PD)[0] = 0x83;
	guest_words(guest, GUEST_PD)[1] = GUEST_DEVICE_PHYSICAL | 0x83;

	gdt[1] = 0x00af9b000000ffff;
	gdt[2] = 0x00cf93000000ffff;
	for (int i = 0; i < 256; i++) {
		uint64_t handler = guest_address(i == 1	 ? guest_on_db :
						 i == 14 ? guest_on_pf :
							   guest_on_other);

		/* A 64-bit interrupt gate, present. */
		idt[2 * i] = (handler & 0xffff) | GUEST_CODE_SELECTOR << 16 | 0x8eull << 40 |
			     (handler >> 16 & 0xffff) << 48;
		idt[2 * i + 1] = 0;
	}
	memcpy(guest->memory + GUEST_CODE, guest_code, (size_t)(guest_code_end - guest_code));
}

/* Room for what KVM_GET_SUPPORTED_CPUID has to say. */
union guest_cpuid {
	struct kvm_cpuid2 head;
	char room[sizeof(struct kvm_cpuid2) + 256 * sizeof(struct kvm_cpuid_entry2)];
};

static inline void guest_supported_cpuid(struct check *check, struct guest *guest,
					 union guest_cpuid *cpuid)
{
	memset(cpuid, 0, sizeof(*cpuid));
	cpuid->head.nent = 256;
	guest_ioctl(check, guest->kvm, KVM_GET_SUPPORTED_CPUID, cpuid);
}

/* Long mode, ring 0, flat. `cr4` and `efer` are what a nested test wants beside it. */
static inline void guest_enter_long_mode(struct check *check, struct guest *guest, uint64_t cr4,
					 uint64_t efer)
{
	struct kvm_segment code = { .limit = 0xffffffff,
				    .selector = GUEST_CODE_SELECTOR,
				    .type = 11,
				    .present = 1,
				    .s = 1,
				    .l = 1,
				    .g = 1 };
	struct kvm_segment data = { .limit = 0xffffffff,
				    .selector = GUEST_DATA_SELECTOR,
				    .type = 3,
				    .present = 1,
				    .s = 1,
				    .db = 1,
				    .g = 1 };
	struct kvm_sregs sregs;

	guest_ioctl(check, guest->vcpu, KVM_GET_SREGS, &sregs);
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.tr = (struct kvm_segment){ .base = GUEST_TSS,
					 .limit = 0x67,
					 .selector = GUEST_TASK_SELECTOR,
					 .type = 11,
					 .present = 1 };
	sregs.ldt = (struct kvm_segment){ .unusable = 1 };
	sregs.gdt = (struct kvm_dtable){ .base = GUEST_GDT, .limit = 0x1f };
	sregs.idt = (struct kvm_dtable){ .base = GUEST_IDT, .limit = 0xfff };
	sregs.cr0 = 0x80010033; /* PG WP NE ET MP PE */
	sregs.cr3 = GUEST_PML4;
	sregs.cr4 = 0x20 | cr4;	   /* PAE */
	sregs.efer = 0x500 | efer; /* LMA LME */
	guest_ioctl(check, guest->vcpu, KVM_SET_SREGS, &sregs);
}

static inline void guest_set_start(struct check *check, struct guest *guest, uint64_t rip)
{
	struct kvm_regs regs = { .rip = rip, .rsp = GUEST_STACK, .rflags = 2 };

	/* For guest_copy and guest_touch, whatever else starts does not mind; nor that RAX and RBX
	 * are where L1 looks for L2. */
	regs.rsi = GUEST_DEVICE;
	regs.rdi = GUEST_HOLE;
	regs.rax = regs.rbx = GUEST_NESTED;
	guest_ioctl(check, guest->vcpu, KVM_SET_REGS, &regs);
}

static inline void guest_close(void *data)
{
	struct guest *guest = data;

	if (guest->run && guest->run != MAP_FAILED)
		munmap(guest->run, guest->run_size);
	if (guest->memory && guest->memory != MAP_FAILED)
		munmap(guest->memory, GUEST_SIZE);
	for (int *fd = (int[]){ guest->vcpu, guest->vm, guest->kvm, -2 }; *fd != -2; fd++)
		if (*fd >= 0)
			close(*fd);
	free(guest);
}

/* A vCPU in long mode that waits at guest_idle. Closed when the subtest is over. */
static inline struct guest *guest_open(struct check *check, uint64_t cr4, uint64_t efer)
{
	struct kvm_userspace_memory_region slot = { .memory_size = GUEST_SIZE };
	struct guest *guest = calloc(1, sizeof(*guest));
	union guest_cpuid cpuid;

	if (!guest)
		check_stop(check, "no memory for a guest: %s", strerror(errno));
	guest->kvm = guest->vm = guest->vcpu = -1;
	check_release(check, guest_close, guest);
	guest->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (guest->kvm < 0)
		check_stop(check, "/dev/kvm cannot be opened: %s", strerror(errno));
	guest->vm = guest_ioctl(check, guest->kvm, KVM_CREATE_VM, 0);
	guest->memory =
		mmap(NULL, GUEST_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (guest->memory == MAP_FAILED)
		check_stop(check, "no memory for a guest: %s", strerror(errno));
	slot.userspace_addr = (uintptr_t)guest->memory;
	guest_ioctl(check, guest->vm, KVM_SET_USER_MEMORY_REGION, &slot);
	guest->vcpu = guest_ioctl(check, guest->vm, KVM_CREATE_VCPU, 0);
	guest->run_size = (size_t)guest_ioctl(check, guest->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	guest->run =
		mmap(NULL, guest->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, guest->vcpu, 0);
	if (guest->run == MAP_FAILED)
		check_stop(check, "the vCPU cannot be mapped: %s", strerror(errno));
	guest_supported_cpuid(check, guest, &cpuid);
	guest_ioctl(check, guest->vcpu, KVM_SET_CPUID2, &cpuid);
	guest_lay_tables(guest);
	guest_enter_long_mode(check, guest, cr4, efer);
	guest_set_start(check, guest, guest_address(guest_idle));
	return guest;
}

/* KVM_CAP_EXCEPTION_PAYLOAD: whether userspace saves and restores payloads itself. */
static inline void guest_payload_capability(struct check *check, struct guest *guest, bool on)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_EXCEPTION_PAYLOAD, .args = { on } };

	if (!guest_has_cap(guest, KVM_CAP_EXCEPTION_PAYLOAD))
		check_skip(check, "KVM has no KVM_CAP_EXCEPTION_PAYLOAD");
	guest_ioctl(check, guest->vm, KVM_ENABLE_CAP, &cap);
}

static inline struct kvm_sregs guest_sregs(struct check *check, struct guest *guest)
{
	struct kvm_sregs sregs;

	guest_ioctl(check, guest->vcpu, KVM_GET_SREGS, &sregs);
	return sregs;
}

static inline uint64_t guest_dr6(struct check *check, struct guest *guest)
{
	struct kvm_debugregs debugregs;

	guest_ioctl(check, guest->vcpu, KVM_GET_DEBUGREGS, &debugregs);
	return debugregs.dr6;
}

static inline struct kvm_vcpu_events guest_events(struct check *check, struct guest *guest)
{
	struct kvm_vcpu_events events;

	memset(&events, 0, sizeof(events));
	guest_ioctl(check, guest->vcpu, KVM_GET_VCPU_EVENTS, &events);
	return events;
}

static inline void guest_set_cr2(struct check *check, struct guest *guest, uint64_t cr2)
{
	struct kvm_sregs sregs = guest_sregs(check, guest);

	sregs.cr2 = cr2;
	guest_ioctl(check, guest->vcpu, KVM_SET_SREGS, &sregs);
}

/* An exception with a payload, for KVM_SET_VCPU_EVENTS with the capability on. */
static inline struct kvm_vcpu_events guest_exception(uint8_t vector, uint64_t payload)
{
	struct kvm_vcpu_events events;

	memset(&events, 0, sizeof(events));
	events.flags = KVM_VCPUEVENT_VALID_PAYLOAD;
	events.exception.nr = vector;
	events.exception.has_error_code = vector == 14;
	events.exception_has_payload = 1;
	events.exception_payload = payload;
	return events;
}

/* As if KVM had found it, but has not injected it yet. The capability has to be on. */
static inline void guest_set_pending(struct check *check, struct guest *guest, uint8_t vector,
				     uint64_t payload)
{
	struct kvm_vcpu_events events = guest_exception(vector, payload);

	events.exception.pending = 1;
	guest_ioctl(check, guest->vcpu, KVM_SET_VCPU_EVENTS, &events);
}

/* As if KVM had injected it, but its delivery was cut short, so that it has to be injected again. */
static inline void guest_set_injected(struct check *check, struct guest *guest, uint8_t vector,
				      uint64_t payload)
{
	struct kvm_vcpu_events events = guest_exception(vector, payload);

	events.exception.injected = 1;
	guest_ioctl(check, guest->vcpu, KVM_SET_VCPU_EVENTS, &events);
}

/* Run until the guest stops: the reason, KVM_EXIT_*. */
static inline uint32_t guest_run(struct check *check, struct guest *guest)
{
	guest->run->immediate_exit = 0;
	guest_ioctl(check, guest->vcpu, KVM_RUN, 0);
	return guest->run->exit_reason;
}

/* Let KVM finish what the last exit was for, but not enter the guest. */
static inline void guest_run_nothing(struct check *check, struct guest *guest)
{
	int r;

	guest->run->immediate_exit = 1;
	r = ioctl(guest->vcpu, KVM_RUN, 0);
	guest->run->immediate_exit = 0;
	if (r == 0 || errno != EINTR)
		check_stop(check, "KVM_RUN with immediate_exit did not fail with EINTR: %s",
			   r ? strerror(errno) : "it ran the guest");
}

/* Run until the guest writes to this port, and to no other. */
static inline void guest_run_to(struct check *check, struct guest *guest, enum guest_port port)
{
	uint32_t reason = guest_run(check, guest);

	if (reason != KVM_EXIT_IO)
		check_stop(check, "the guest stopped with exit reason %u, not at port 0x%x", reason,
			   port);
	if (guest->run->io.port != port)
		check_stop(check, "the guest stopped at port 0x%x, not 0x%x (vector %lu)",
			   guest->run->io.port, port,
			   (unsigned long)guest_words(guest, GUEST_SEEN)[0]);
}

/* Run into the handler of `vector`: what it saw. */
static inline struct guest_seen guest_run_to_handler(struct check *check, struct guest *guest,
						     uint64_t vector)
{
	struct guest_seen seen;

	guest_run_to(check, guest, GUEST_PORT_HANDLER);
	memcpy(&seen, guest->memory + GUEST_SEEN, sizeof(seen));
	if (seen.vector != vector)
		check_stop(check, "the guest got exception %lu, not %lu",
			   (unsigned long)seen.vector, (unsigned long)vector);
	return seen;
}

/*
 * Run code of the guest that copies a byte from the device to the hole: KVM has to emulate it, stops for the
 * device's byte, and finds while it completes the copy that the guest has no page to write to. The #PF is queued
 * by KVM itself then, and not injected yet.
 */
static inline void guest_answer_device(struct check *check, struct guest *guest)
{
	uint32_t reason = guest_run(check, guest);

	if (reason != KVM_EXIT_MMIO || guest->run->mmio.phys_addr != GUEST_DEVICE_PHYSICAL ||
	    guest->run->mmio.is_write)
		check_stop(check, "the guest stopped with exit reason %u, not for the device",
			   reason);
	memset(guest->run->mmio.data, 0x5a, sizeof(guest->run->mmio.data));
	guest_run_nothing(check, guest);
}

#endif
