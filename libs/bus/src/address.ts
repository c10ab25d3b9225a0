import { ParlanceError } from '@parlance/domain';
import { MAX_ADDRESS_LENGTH } from './limits.js';

const ADDRESS = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

/** Refuses (`invalid`) what a broker could read as a wildcard or as two words; foreign ids are encoded before (contracts: roomAddress). */
export function checkAddress(address: string): void {
  if (address.length > MAX_ADDRESS_LENGTH || !ADDRESS.test(address)) {
    throw new ParlanceError('invalid', 'A bus address is made of [A-Za-z0-9_-] tokens joined by dots.');
  }
}

/** The queue group of a contract: its owning service, so that the service's replicas share its requests. */
export function owningService(subject: string): string {
  const dot = subject.indexOf('.');
  return dot < 0 ? subject : subject.slice(0, dot);
}
