// SPDX-License-Identifier: GPL-2.0-or-later
//
// An exception that was injected already had its payload delivered; delivering it
// again on re-injection clobbers what the guest, or userspace, wrote since.
//
//: file arch/x86/kvm/
//: every kvm_deliver_exception_payload
//: look kvm_deliver_exception_payload: cr2 dr6
//: note register state is written although the exception may have been injected already

@exists@
identifier ex;
expression vcpu, E, cond;
@@
 kvm_deliver_exception_payload(...)
 {
 ... when != ex->injected
     when != vcpu->arch.exception.injected
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
