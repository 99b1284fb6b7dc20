/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nested: a guest (L1) that runs a guest of its own (L2), with AMD's SVM or Intel's VMX, whichever KVM offers.
 *
 * Both share the pages, the descriptors and the handlers of guest.h; L1 intercepts the exceptions it is told to, and
 * nothing else if it can be helped: so L2's writes to a port stop the whole guest while L2 is active. When L2 exits
 * to L1, L1 notes why and which CR2 it finds, and stops at GUEST_PORT_L1.
 */
#ifndef SERIES_GUEST_NESTED_H
#define SERIES_GUEST_NESTED_H

#include "guest.h"

enum nested_kind { NESTED_NONE, NESTED_SVM, NESTED_VMX };

/* What L1 saw when L2 exited, SVM and VMX made one. */
struct nested_exit {
	uint64_t vector, address, cr2; /* address: EXITINFO2, exit qualification */
};

/* Pages of GUEST_NESTED. SVM: L2's VMCB first. VMX: first what L1 is to write into the VMCS. */
#define NESTED_VMCB (GUEST_NESTED)
#define NESTED_HOST_SAVE (GUEST_NESTED + 0x1000)
#define NESTED_FIELDS (GUEST_NESTED + 0x10)
#define NESTED_VMXON (GUEST_NESTED + 0x1000)
#define NESTED_VMCS (GUEST_NESTED + 0x2000)

/* RAX: the VMCB. RBX: two pointers, for VMXON and to the VMCS, then pairs of field and value, ended by -1. */
asm(".pushsection .rodata\n"
    "nested_code:\n"
    "nested_l1_svm:\n"
    "	vmrun %rax\n"
    "	mov %cr2, %rax\n"
    "	mov %rax, 0x6818\n"
    "1:	out %al, $0x12\n"
    "	jmp 1b\n"
    "nested_l1_vmx:\n"
    "	vmxon (%rbx)\n"
    "	jbe 3f\n"
    "	vmclear 8(%rbx)\n"
    "	jbe 3f\n"
    "	vmptrld 8(%rbx)\n"
    "	jbe 3f\n"
    "1:	add $16, %rbx\n"
    "	mov (%rbx), %rax\n"
    "	cmp $-1, %rax\n"
    "	je 2f\n"
    "	mov 8(%rbx), %rcx\n"
    "	vmwrite %rcx, %rax\n"
    "	ja 1b\n"
    "	jmp 3f\n"
    "2:	vmlaunch\n"
    "3:	mov %rax, 0x6808\n"  /* the field, if it was one */
    "	mov $0x4400, %ecx\n" /* VM-instruction error */
    "	vmread %rcx, %rax\n"
    "	mov %rax, 0x6810\n"
    "	movq $-1, 0x6800\n"
    "	jmp 4f\n"
    "nested_l1_vmx_exit:\n"
    "	mov $0x4402, %ecx\n" /* exit reason */
    "	vmread %rcx, %rax\n"
    "	mov %rax, 0x6800\n"
    "	mov $0x4404, %ecx\n" /* interruption information */
    "	vmread %rcx, %rax\n"
    "	mov %rax, 0x6808\n"
    "	mov $0x6400, %ecx\n" /* exit qualification */
    "	vmread %rcx, %rax\n"
    "	mov %rax, 0x6810\n"
    "	mov %cr2, %rax\n"
    "	mov %rax, 0x6818\n"
    "4:	out %al, $0x12\n"
    "	jmp 4b\n"
    "nested_code_end:\n"
    ".popsection\n");
extern const uint8_t nested_code[], nested_l1_svm[], nested_l1_vmx[], nested_l1_vmx_exit[],
	nested_code_end[];

/* Behind guest_code, on its page. */
#define NESTED_CODE (GUEST_CODE + 0x800)
static inline uint64_t nested_address(const uint8_t *label)
{
	return NESTED_CODE + (uint64_t)(label - nested_code);
}

/* What KVM can give to a guest. */
static inline enum nested_kind nested_kind(struct check *check, struct guest *guest)
{
	union guest_cpuid cpuid;
	enum nested_kind kind = NESTED_NONE;

	guest_supported_cpuid(check, guest, &cpuid);
	for (uint32_t i = 0; i < cpuid.head.nent; i++) {
		const struct kvm_cpuid_entry2 *entry = &cpuid.head.entries[i];

		if (entry->function == 0x80000001 && (entry->ecx & 1u << 2))
			kind = NESTED_SVM;
		if (entry->function == 1 && (entry->ecx & 1u << 5))
			kind = NESTED_VMX;
	}
	return kind;
}

/* One MSR of the vCPU: KVM_GET_MSRS or KVM_SET_MSRS. */
static inline uint64_t nested_msr(struct check *check, struct guest *guest, unsigned long request,
				  uint32_t msr, uint64_t value)
{
	union {
		struct kvm_msrs head;
		char room[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
	} msrs = { .head = { .nmsrs = 1 } };
	const char *name = request == KVM_SET_MSRS ? "KVM_SET_MSRS" : "KVM_GET_MSRS";

	msrs.head.entries[0] = (struct kvm_msr_entry){ .index = msr, .data = value };
	if (guest_ioctl_named(check, guest->vcpu, request, (unsigned long)&msrs, name) != 1)
		check_stop(check, "%s does not take MSR 0x%x", name, msr);
	return msrs.head.entries[0].data;
}

static inline void nested_put(struct guest *guest, uint32_t offset, uint64_t value, size_t size)
{
	memcpy(guest->memory + NESTED_VMCB + offset, &value, size);
}

static inline void nested_put_segment(struct guest *guest, uint32_t offset, uint16_t selector,
				      uint16_t attributes, uint32_t limit, uint64_t base)
{
	nested_put(guest, offset, selector, 2);
	nested_put(guest, offset + 2, attributes, 2);
	nested_put(guest, offset + 4, limit, 4);
	nested_put(guest, offset + 8, base, 8);
}

/* The VMCB of an L2 that is as L1 is. Offsets: AMD's manual, volume 2, appendix B. */
static inline void nested_prepare_svm(struct check *check, struct guest *guest, uint64_t rip,
				      uint32_t intercepts)
{
	struct kvm_sregs sregs = guest_sregs(check, guest);

	nested_msr(check, guest, KVM_SET_MSRS, 0xc0010117, NESTED_HOST_SAVE); /* VM_HSAVE_PA */
	nested_put(guest, 0x008, intercepts, 4);
	nested_put(guest, 0x010, 1, 4); /* VMRUN: has to be intercepted */
	nested_put(guest, 0x058, 1, 4); /* ASID */

	for (uint32_t segment = 0x400; segment <= 0x450; segment += 0x10)
		nested_put_segment(guest, segment, GUEST_DATA_SELECTOR, 0xc93, 0xffffffff, 0);
	nested_put_segment(guest, 0x410, GUEST_CODE_SELECTOR, 0xa9b, 0xffffffff, 0);
	nested_put_segment(guest, 0x460, 0, 0, sregs.gdt.limit, sregs.gdt.base);
	nested_put_segment(guest, 0x480, 0, 0, sregs.idt.limit, sregs.idt.base);
	nested_put_segment(guest, 0x490, GUEST_TASK_SELECTOR, 0x8b, 0x67, GUEST_TSS);
	nested_put(guest, 0x4d0, sregs.efer, 8);
	nested_put(guest, 0x548, sregs.cr4, 8);
	nested_put(guest, 0x550, sregs.cr3, 8);
	nested_put(guest, 0x558, sregs.cr0, 8);
	nested_put(guest, 0x560, 0x400, 8); /* DR7 */
	nested_put(guest, 0x568, GUEST_INITIAL_DR6, 8);
	nested_put(guest, 0x570, 0x2, 8); /* RFLAGS */
	nested_put(guest, 0x578, rip, 8);
	nested_put(guest, 0x5d8, GUEST_L2_STACK, 8);
	nested_put(guest, 0x640, sregs.cr2, 8);
	nested_put(guest, 0x668, 0x0007040600070406, 8); /* PAT */
}

/* A word of VMX controls: what has to be set, and what is wanted. */
static inline uint64_t nested_vmx_controls(struct check *check, struct guest *guest, uint32_t msr,
					   uint32_t wanted)
{
	uint64_t may = nested_msr(check, guest, KVM_GET_MSRS, msr, 0);

	if (wanted & ~(uint32_t)(may >> 32))
		check_skip(check, "this VMX lacks a control: 0x%x of MSR 0x%x", wanted, msr);
	return (uint32_t)may | wanted;
}

struct nested_field {
	uint64_t field, value;
};

/* Segments of L2, as L1's; fields in the order ES CS SS DS FS GS LDTR TR. Returns the end. */
static inline struct nested_field *nested_vmx_segments(struct nested_field *at)
{
	for (uint64_t i = 0; i < 8; i++) {
		uint64_t selector = i == 1 ? GUEST_CODE_SELECTOR :
				    i == 6 ? 0 :
				    i == 7 ? GUEST_TASK_SELECTOR :
					     GUEST_DATA_SELECTOR;
		uint64_t access = i == 1 ? 0xa09b : i == 6 ? 0x10000 : i == 7 ? 0x8b : 0xc093;

		*at++ = (struct nested_field){ 0x800 + 2 * i, selector };
		*at++ = (struct nested_field){ 0x4800 + 2 * i, i == 7 ? 0x67 : 0xffffffff };
		*at++ = (struct nested_field){ 0x4814 + 2 * i, access };
		*at++ = (struct nested_field){ 0x6806 + 2 * i, i == 7 ? GUEST_TSS : 0 };
		if (i != 6) /* the host has no LDTR, and its TR is the last one */
			*at++ = (struct nested_field){ 0xc00 + 2 * (i == 7 ? 6 : i), selector };
	}
	return at;
}

/* The VMCS of an L2 that is as L1 is, as a list. Encodings: Intel's manual, volume 3, appendix B. */
static inline void nested_prepare_vmx(struct check *check, struct guest *guest, uint64_t rip,
				      uint32_t intercepts)
{
	struct nested_field *at = (void *)(guest->memory + NESTED_FIELDS);
	struct kvm_sregs sregs = guest_sregs(check, guest);
	uint32_t revision = nested_msr(check, guest, KVM_GET_MSRS, 0x480, 0) & 0x7fffffff;
	const struct nested_field fields[] = {
		{ 0x4000, nested_vmx_controls(check, guest, 0x48d, 0) }, /* pins */
		{ 0x4002, nested_vmx_controls(check, guest, 0x48e, 0) }, /* processor */
		{ 0x400c,
		  nested_vmx_controls(check, guest, 0x48f, 1u << 9) }, /* exit, 64-bit host */
		{ 0x4012, nested_vmx_controls(check, guest, 0x490, 1u << 9) }, /* entry, 64-bit */
		{ 0x4004, intercepts },
		{ 0x4006, 0 }, /* #PF: mask and match, all of them */
		{ 0x4008, 0 },
		{ 0x400a, 0 }, /* no CR3 targets */
		{ 0x400e, 0 }, /* no MSRs stored or loaded */
		{ 0x4010, 0 },
		{ 0x4014, 0 },
		{ 0x4016, 0 },	   /* nothing injected */
		{ 0x2800, -1ull }, /* VMCS link */
		{ 0x2802, 0 },	   /* DEBUGCTL */
		{ 0x6000, 0 },	   /* CR0 and CR4 belong to L2 */
		{ 0x6002, 0 },
		{ 0x6800, sregs.cr0 },
		{ 0x6802, sregs.cr3 },
		{ 0x6804, sregs.cr4 },
		{ 0x6816, sregs.gdt.base },
		{ 0x6818, sregs.idt.base },
		{ 0x4810, sregs.gdt.limit },
		{ 0x4812, sregs.idt.limit },
		{ 0x681a, 0x400 }, /* DR7 */
		{ 0x681c, GUEST_L2_STACK },
		{ 0x681e, rip },
		{ 0x6820, 0x2 }, /* RFLAGS */
		{ 0x6822, 0 },	 /* pending debug exceptions */
		{ 0x6824, 0 },	 /* SYSENTER */
		{ 0x6826, 0 },
		{ 0x482a, 0 },
		{ 0x4824, 0 }, /* interruptibility, activity */
		{ 0x4826, 0 },
		{ 0x6c00, sregs.cr0 }, /* and L1, after the exit */
		{ 0x6c02, sregs.cr3 },
		{ 0x6c04, sregs.cr4 },
		{ 0x6c06, 0 },
		{ 0x6c08, 0 },
		{ 0x6c0a, GUEST_TSS },
		{ 0x6c0c, sregs.gdt.base },
		{ 0x6c0e, sregs.idt.base },
		{ 0x4c00, 0 },
		{ 0x6c10, 0 },
		{ 0x6c12, 0 },
		{ 0x6c14, GUEST_STACK },
		{ 0x6c16, nested_address(nested_l1_vmx_exit) },
	};

	guest_words(guest, GUEST_NESTED)[0] = NESTED_VMXON;
	guest_words(guest, GUEST_NESTED)[1] = NESTED_VMCS;
	memcpy(guest->memory + NESTED_VMXON, &revision, sizeof(revision));
	memcpy(guest->memory + NESTED_VMCS, &revision, sizeof(revision));
	memcpy(at, fields, sizeof(fields));
	at = nested_vmx_segments(at + sizeof(fields) / sizeof(fields[0]));
	*at = (struct nested_field){ -1ull, 0 };
	/* FEATURE_CONTROL: VMXON allowed, locked. */
	nested_msr(check, guest, KVM_SET_MSRS, 0x3a, 0x5);
}

/* A guest with KVM_CAP_EXCEPTION_PAYLOAD on or off, whose L1 waits to start L2 at `l2`. */
static inline struct guest *nested_open(struct check *check, const uint8_t *l2, uint32_t intercepts,
					uint64_t cr2, enum nested_kind *kind)
{
	struct guest *guest = guest_open(check, 0, 0);

	*kind = nested_kind(check, guest);
	memcpy(guest->memory + NESTED_CODE, nested_code, (size_t)(nested_code_end - nested_code));
	if (*kind == NESTED_SVM) {
		guest_enter_long_mode(check, guest, 0, 0x1000); /* EFER.SVME */
		guest_set_cr2(check, guest, cr2);
		nested_prepare_svm(check, guest, guest_address(l2), intercepts);
		guest_set_start(check, guest, nested_address(nested_l1_svm));
	} else if (*kind == NESTED_VMX) {
		guest_enter_long_mode(check, guest, 0x2000, 0); /* CR4.VMXE */
		guest_set_cr2(check, guest, cr2);
		nested_prepare_vmx(check, guest, guest_address(l2), intercepts);
		guest_set_start(check, guest, nested_address(nested_l1_vmx));
	} else {
		check_skip(check, "KVM offers neither SVM nor VMX to its guests: nested=0?");
	}
	return guest;
}

/* Whether L2 is active: L1's code and L2's are apart. */
static inline bool nested_in_l2(struct check *check, struct guest *guest)
{
	struct kvm_regs regs;

	guest_ioctl(check, guest->vcpu, KVM_GET_REGS, &regs);
	return regs.rip < NESTED_CODE;
}

/* Run until L2 exits to L1 because of an exception. */
static inline struct nested_exit nested_run_to_l1(struct check *check, struct guest *guest,
						  enum nested_kind kind)
{
	const uint64_t *saw = guest_words(guest, GUEST_EXIT);
	struct nested_exit nested = { 0 };
	uint64_t reason;

	guest_run_to(check, guest, GUEST_PORT_L1);
	nested.cr2 = saw[3];
	if (kind == NESTED_SVM) {
		reason = guest_words(guest, NESTED_VMCB + 0x070)[0];
		nested.vector = reason - 0x40;
		nested.address = guest_words(guest, NESTED_VMCB + 0x080)[0];
		if (reason < 0x40 || reason > 0x5f)
			check_stop(check, "L2 exited to L1 with code 0x%llx, not for an exception",
				   (unsigned long long)reason);
		return nested;
	}
	reason = saw[0];
	nested.vector = saw[1] & 0xff;
	nested.address = saw[2];
	if (reason == -1ull)
		check_stop(check, "L1 could not start L2: VM-instruction error %llu, field 0x%llx",
			   (unsigned long long)saw[2], (unsigned long long)saw[1]);
	if (reason != 0 || !(saw[1] & 1u << 31))
		check_stop(check, "L2 exited to L1 with reason 0x%llx, not for an exception",
			   (unsigned long long)reason);
	return nested;
}

#endif
