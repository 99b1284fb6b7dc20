// SPDX-License-Identifier: GPL-2.0-or-later
//
// KVM: x86: Keep the payload of an injected exception in KVM_SET_VCPU_EVENTS
//
//: file arch/x86/kvm/x86.c
//: change kvm_vcpu_ioctl_x86_set_vcpu_events: if+1 injected+1

@@
identifier vcpu, events;
@@
 kvm_vcpu_ioctl_x86_set_vcpu_events(struct kvm_vcpu *vcpu, struct kvm_vcpu_events *events)
 {
 <...
 if (events->exception.pending)
 	events->exception.injected = 0;
-else
-	events->exception_has_payload = 0;
+else if (!events->exception.injected)
+	events->exception_has_payload = 0;
 ...>
 }
