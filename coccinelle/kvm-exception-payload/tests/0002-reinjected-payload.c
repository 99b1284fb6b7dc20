// SPDX-License-Identifier: GPL-2.0
// As in v6.1 and later; struct kvm_queued_exception exception_vmexit is elsewhere.
void kvm_deliver_exception_payload(struct kvm_vcpu *vcpu,
				   struct kvm_queued_exception *ex)
{
	if (!ex->has_payload)
		return;

	switch (ex->vector) {
	case DB_VECTOR:
		/*
		 * "Certain debug exceptions may clear bit 0-3."
		 */
		vcpu->arch.dr6 &= ~DR_TRAP_BITS;
		vcpu->arch.dr6 |= ex->payload;
		break;
	case PF_VECTOR:
		vcpu->arch.cr2 = ex->payload;
		break;
	}

	ex->has_payload = false;
	ex->payload = 0;
}
EXPORT_SYMBOL_GPL(kvm_deliver_exception_payload);

static void other(struct kvm_vcpu *vcpu)
{
	vcpu->arch.exception_vmexit.pending = false;
}
