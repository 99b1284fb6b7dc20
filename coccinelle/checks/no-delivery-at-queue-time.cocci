// SPDX-License-Identifier: GPL-2.0-or-later
//
// A payload goes to CR2 or DR6 when its exception is injected (into the guest, or
// into L1 as a VM-Exit), or when userspace reads the vCPU's state through
// the quirk. Whoever queues an exception must not deliver it.
//
//: file arch/x86/kvm/
//: file arch/x86/kvm/svm/
//: file arch/x86/kvm/vmx/
//: every kvm_deliver_exception_payload
//: every kvm_handle_exception_payload_quirk
//: look kvm_handle_exception_payload_quirk: kvm_deliver_exception_payload exception_payload_enabled
//: look vmx_inject_exception|vmx_queue_exception: kvm_deliver_exception_payload
//: look svm_inject_exception|svm_queue_exception: kvm_deliver_exception_payload
//: note a payload is delivered by something that neither injects an exception nor saves state for userspace

@@
identifier f != { kvm_handle_exception_payload_quirk,
		  kvm_check_and_inject_events, inject_pending_event,
		  vmx_inject_exception, vmx_queue_exception,
		  svm_inject_exception, svm_queue_exception,
		  nested_svm_inject_exception_vmexit };
@@
 f(...)
 {
 <...
*kvm_deliver_exception_payload(...)
 ...>
 }

@@
identifier f != { kvm_vcpu_ioctl_x86_get_vcpu_events, kvm_vcpu_ioctl_x86_get_debugregs,
		  __get_sregs, __get_sregs_common };
@@
 f(...)
 {
 <...
*kvm_handle_exception_payload_quirk(...)
 ...>
 }

// The quirk delivers what is pending, and only where userspace cannot be told of a payload.
@exists@
expression vcpu, ex;
@@
 kvm_handle_exception_payload_quirk(...)
 {
 ... when != vcpu->kvm->arch.exception_payload_enabled
*kvm_deliver_exception_payload(...)
 ... when any
 }
