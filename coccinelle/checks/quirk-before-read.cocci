// SPDX-License-Identifier: GPL-2.0-or-later
//
// Each path by which userspace saves CR2, DR6 or the state of events must go through
// the quirk before it reads: what it delivers changes them.
//
//: file arch/x86/kvm/
//: every cr2
//: every dr6
//: every exception_has_payload
//: look __get_sregs_common|__get_sregs: cr2
//: look kvm_vcpu_ioctl_x86_get_debugregs: dr6
//: look kvm_vcpu_ioctl_x86_get_vcpu_events: exception_has_payload
//: note userspace can read this before the payload quirk was handled

@exists@
identifier f, vcpu, sregs;
expression E;
@@
 f(struct kvm_vcpu *vcpu, struct kvm_sregs *sregs)
 {
 ... when != kvm_handle_exception_payload_quirk(vcpu)
*E = vcpu->arch.cr2
 ... when any
 }

@exists@
identifier f, vcpu, sregs;
expression E;
@@
 f(struct kvm_vcpu *vcpu, struct kvm_sregs2 *sregs)
 {
 ... when != kvm_handle_exception_payload_quirk(vcpu)
*E = vcpu->arch.cr2
 ... when any
 }

@exists@
identifier f, vcpu, dbgregs;
expression E;
@@
 f(struct kvm_vcpu *vcpu, struct kvm_debugregs *dbgregs)
 {
 ... when != kvm_handle_exception_payload_quirk(vcpu)
*\( E = vcpu->arch.dr6 \| kvm_get_dr(vcpu, 6, ...) \)
 ... when any
 }

@exists@
identifier f, vcpu, events, ex;
expression E;
@@
 f(struct kvm_vcpu *vcpu, struct kvm_vcpu_events *events)
 {
 ... when != kvm_handle_exception_payload_quirk(vcpu)
*\( E = ex->has_payload \| E = vcpu->arch.exception.has_payload \|
    E = ex->payload \| E = vcpu->arch.exception.payload \|
    E = ex->pending \| E = vcpu->arch.exception.pending \)
 ... when any
 }
