// SPDX-License-Identifier: GPL-2.0-or-later
//
// KVM: x86: Defer non-architectural deliver of exception payload to userspace read
//
// kvm_multiple_exception() delivers no payload any more. Instead each reader of
// state that a payload may yet change (events, debug registers, CR2 with the
// segment registers) delivers it first, where userspace did not enable
// KVM_CAP_EXCEPTION_PAYLOAD. The readers of KVM_GET_SREGS2 and of
// KVM_CAP_SYNC_REGS go through the same functions.
//
// Before 6.1 (7709aba8f716) there is one queued exception, and
// kvm_deliver_exception_payload() takes the vCPU alone; 5.10 has no
// KVM_GET_SREGS2 and so no __get_sregs_common().
//
//: file arch/x86/kvm/x86.c
//: add kvm_get_exception_to_save [has exception_vmexit]
//: add kvm_handle_exception_payload_quirk
//: change kvm_multiple_exception: kvm_deliver_exception_payload-1 is_guest_mode-1
//: change kvm_vcpu_ioctl_x86_get_vcpu_events: kvm_deliver_exception_payload-1 kvm_handle_exception_payload_quirk+1
//: change kvm_vcpu_ioctl_x86_get_debugregs: kvm_handle_exception_payload_quirk+1
//: change __get_sregs_common|__get_sregs: kvm_handle_exception_payload_quirk+1
//: note [lacks CONFIG_KVM_SMM] no CONFIG_KVM_SMM: SMIs are always processed, without an #ifdef
//: note [lacks exception_vmexit] one queued exception only, so the quirk is about vcpu->arch.exception and there is no kvm_get_exception_to_save()
//: note [lacks __get_sregs_common] no KVM_GET_SREGS2: __get_sregs() is the reader of CR2

@two@
identifier vcpu, events, ex;
@@
+static struct kvm_queued_exception *kvm_get_exception_to_save(struct kvm_vcpu *vcpu)
+{
+	if (vcpu->arch.exception_vmexit.pending &&
+	    !vcpu->arch.exception.pending &&
+	    !vcpu->arch.exception.injected)
+		return &vcpu->arch.exception_vmexit;
+
+	return &vcpu->arch.exception;
+}
+
+static void kvm_handle_exception_payload_quirk(struct kvm_vcpu *vcpu)
+{
+	struct kvm_queued_exception *ex = kvm_get_exception_to_save(vcpu);
+
+	if (!vcpu->kvm->arch.exception_payload_enabled &&
+	    ex->pending && ex->has_payload)
+		kvm_deliver_exception_payload(vcpu, ex);
+}
+
 static void kvm_vcpu_ioctl_x86_get_vcpu_events(struct kvm_vcpu *vcpu, struct kvm_vcpu_events *events)
 {
-	struct kvm_queued_exception *ex;
+	struct kvm_queued_exception *ex = kvm_get_exception_to_save(vcpu);
 	... when != ex
-	if (vcpu->arch.exception_vmexit.pending &&
-	    !vcpu->arch.exception.pending &&
-	    !vcpu->arch.exception.injected)
-		ex = &vcpu->arch.exception_vmexit;
-	else
-		ex = &vcpu->arch.exception;
-	if (!vcpu->kvm->arch.exception_payload_enabled &&
-	    ex->pending && ex->has_payload)
-		kvm_deliver_exception_payload(vcpu, ex);
+	kvm_handle_exception_payload_quirk(vcpu);
 	...
 }

@one depends on never two@
identifier vcpu, events;
@@
+static void kvm_handle_exception_payload_quirk(struct kvm_vcpu *vcpu)
+{
+	if (!vcpu->kvm->arch.exception_payload_enabled &&
+	    vcpu->arch.exception.pending && vcpu->arch.exception.has_payload)
+		kvm_deliver_exception_payload(vcpu);
+}
+
 static void kvm_vcpu_ioctl_x86_get_vcpu_events(struct kvm_vcpu *vcpu, struct kvm_vcpu_events *events)
 {
 	...
-	if (!vcpu->kvm->arch.exception_payload_enabled &&
-	    vcpu->arch.exception.pending && vcpu->arch.exception.has_payload)
-		kvm_deliver_exception_payload(vcpu);
+	kvm_handle_exception_payload_quirk(vcpu);
 	...
 }

@queue depends on two || one@
identifier vcpu;
@@
 kvm_multiple_exception(struct kvm_vcpu *vcpu, ...)
 {
 <...
-	if (!is_guest_mode(vcpu))
-		kvm_deliver_exception_payload(vcpu, ...);
 ...>
 }

@debugregs depends on two || one@
identifier vcpu, dbgregs;
@@
 kvm_vcpu_ioctl_x86_get_debugregs(struct kvm_vcpu *vcpu, struct kvm_debugregs *dbgregs)
 {
 ...
+	kvm_handle_exception_payload_quirk(vcpu);
 memset(dbgregs, 0, sizeof(*dbgregs));
 ...
 }

@sregs depends on two || one@
identifier f = { __get_sregs, __get_sregs_common };
identifier vcpu, sregs;
@@
 f(struct kvm_vcpu *vcpu, struct kvm_sregs *sregs)
 {
 ...
+	kvm_handle_exception_payload_quirk(vcpu);
 kvm_get_segment(vcpu, &sregs->cs, VCPU_SREG_CS);
 ...
 }
