// SPDX-License-Identifier: GPL-2.0
// As vmx.c of v7.2.
static void vmx_clear_hlt(struct kvm_vcpu *vcpu)
{
	/*
	 * Ensure that we clear the HLT state in the VMCS.
	 */
	if (kvm_hlt_in_guest(vcpu->kvm))
		vmcs_write32(GUEST_ACTIVITY_STATE, GUEST_ACTIVITY_ACTIVE);
}

void vmx_inject_exception(struct kvm_vcpu *vcpu)
{
	struct kvm_queued_exception *ex = &vcpu->arch.exception;
	u32 intr_info = ex->vector | INTR_INFO_VALID_MASK;
	struct vcpu_vmx *vmx = to_vmx(vcpu);

	/*
	 * When injecting a #DB, single-stepping is enabled in RFLAGS.
	 */
	if (ex->vector == DB_VECTOR &&
	    vmx_get_interrupt_shadow(vcpu))
		vmcs_writel(GUEST_PENDING_DBG_EXCEPTIONS, DR6_BS);

	kvm_deliver_exception_payload(vcpu, ex);

	if (ex->has_error_code)
		intr_info |= INTR_INFO_DELIVER_CODE_MASK;
	vmx_clear_hlt(vcpu);
}
