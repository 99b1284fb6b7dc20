// SPDX-License-Identifier: GPL-2.0-or-later
//
// KVM: x86: Don't deliver the payload of a re-injected exception again
//
// Register state got the payload when the exception was injected for the first
// time. Where KVM carries FRED, vmx_inject_exception() hands the payload over as
// event data before it is consumed.
//
// Before 6.1 (7709aba8f716) the exception is vcpu->arch.exception, and the
// function copies it to variables of its own.
//
//: file arch/x86/kvm/x86.c
//: change kvm_deliver_exception_payload: injected+1 goto+1 clear_payload+2
//: note [lacks exception_vmexit] one queued exception only, so it is vcpu->arch.exception that is asked whether it was injected
//
//: file arch/x86/kvm/vmx/vmx.c [probe fred]
//: look vmx_clear_hlt: vcpu
//: add vmx_fred_event_data
//: change vmx_inject_exception: is_fred_enabled+1 INJECTED_EVENT_DATA+1 vmx_fred_event_data+1
//: define fred

virtual fred

@two depends on !fred@
identifier vcpu, ex;
symbol false;
@@
 void kvm_deliver_exception_payload(struct kvm_vcpu *vcpu, struct kvm_queued_exception *ex)
 {
 if (!ex->has_payload)
	return;

+	if (ex->injected)
+		goto clear_payload;
+
 ...
+clear_payload:
 ex->has_payload = false;
 ex->payload = 0;
 }

@one depends on !fred && never two@
identifier vcpu, has_payload;
symbol false;
@@
 void kvm_deliver_exception_payload(struct kvm_vcpu *vcpu)
 {
 ...
 if (!has_payload)
	return;

+	if (vcpu->arch.exception.injected)
+		goto clear_payload;
+
 ...
+clear_payload:
 vcpu->arch.exception.has_payload = false;
 vcpu->arch.exception.payload = 0;
 }

@data depends on fred@
typedef u64;
identifier vcpu;
symbol DB_VECTOR, PF_VECTOR, NM_VECTOR;
@@
+static u64 vmx_fred_event_data(struct kvm_queued_exception *ex)
+{
+	if (!ex->has_payload)
+		return 0;
+
+	switch (ex->vector) {
+	case DB_VECTOR:
+		return ex->payload & ~BIT(12);
+	case PF_VECTOR:
+	case NM_VECTOR:
+		return ex->payload;
+	default:
+		return 0;
+	}
+}
+
 static void vmx_clear_hlt(struct kvm_vcpu *vcpu)
 {
 ...
 }

@inject depends on data@
identifier vcpu, ex;
symbol INJECTED_EVENT_DATA;
@@
 vmx_inject_exception(struct kvm_vcpu *vcpu)
 {
 ...
 struct kvm_queued_exception *ex = &vcpu->arch.exception;
 ...
+	if (is_fred_enabled(vcpu))
+		vmcs_write64(INJECTED_EVENT_DATA, vmx_fred_event_data(ex));
+
 kvm_deliver_exception_payload(vcpu, ex);
 ...
 }
