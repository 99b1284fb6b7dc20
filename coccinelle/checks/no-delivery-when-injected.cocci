// SPDX-License-Identifier: GPL-2.0-or-later
//
// An exception that was injected already had its payload delivered; delivering it
// again on re-injection clobbers what the guest, or userspace, wrote since.
//
//: file arch/x86/kvm/
//: every kvm_deliver_exception_payload
//: look kvm_deliver_exception_payload: cr2 dr6
//: note register state is written although the exception may have been injected already

// From 6.1 on the function is given the exception; before, there is one only. A name
// that is not the parameter's asks nothing.
@exists@
identifier vcpu, ex;
expression E;
@@
 kvm_deliver_exception_payload(struct kvm_vcpu *vcpu, struct kvm_queued_exception *ex)
 {
 ... when != ex->injected
*\( vcpu->arch.cr2 = E \| vcpu->arch.dr6 &= E \| vcpu->arch.dr6 |= E \| vcpu->arch.dr6 ^= E \| vcpu->arch.dr6 = E \)
 ... when any
 }

@exists@
identifier vcpu;
expression E;
@@
 kvm_deliver_exception_payload(struct kvm_vcpu *vcpu)
 {
 ... when != vcpu->arch.exception.injected
*\( vcpu->arch.cr2 = E \| vcpu->arch.dr6 &= E \| vcpu->arch.dr6 |= E \| vcpu->arch.dr6 ^= E \| vcpu->arch.dr6 = E \)
 ... when any
 }

// Asked, and then not heeded.
@heeded@
identifier ex, l;
expression vcpu;
position p;
@@
 kvm_deliver_exception_payload(...)
 {
 <...
(
 if@p (ex->injected) goto l;
|
 if@p (ex->injected) { ... return; }
|
 if@p (vcpu->arch.exception.injected) goto l;
|
 if@p (vcpu->arch.exception.injected) { ... return; }
)
 ...>
 }

@@
identifier ex;
expression vcpu;
statement S1, S2;
position p != heeded.p;
@@
 kvm_deliver_exception_payload(...)
 {
 <...
(
*if@p (<+... ex->injected ...+>) S1 else S2
|
*if@p (<+... vcpu->arch.exception.injected ...+>) S1 else S2
)
 ...>
 }
