import { ParlanceError, type InvitationState } from '@parlance/domain';
import { demand, type Asker } from '../room/room.rules.js';

const RESULTS = { accept: 'accepted', reject: 'rejected', cancel: 'canceled' } as const;

/** True when the invitation has come to this end before. @throws ParlanceError `conflict` when it has come to another */
export function answered(state: InvitationState, answer: keyof typeof RESULTS): boolean {
  if (state === 'open') return false;
  if (state === RESULTS[answer]) return true;
  throw new ParlanceError('conflict', `This invitation is ${state}.`);
}

export interface Canceling {
  /** null: the tenant's server */
  readonly actorId: string | null;
  readonly inviterId: string | null;
}

/** The inviter may take it back, also when it has left, and who may invite. @throws ParlanceError `not-found`, `permission-denied` */
export function mayCancel(asker: Asker, { actorId, inviterId }: Canceling): void {
  if (actorId !== null && actorId === inviterId) return;
  if (asker === 'stranger') throw invitationNotFound();
  demand('cancel-invitation', asker);
}

export function invitationNotFound(): ParlanceError {
  return new ParlanceError('not-found', 'Invitation not found.');
}
