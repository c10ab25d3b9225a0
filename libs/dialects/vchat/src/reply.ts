import type { Reply } from '@parlance/dialect-kit';
import type { ParlanceError } from '@parlance/domain';
import { jsonFrame } from './wire.js';

/** No emit of this wire asks for an acknowledgement: an error is an event of its own. Who asks all the same is not left waiting. */
export function failure(error: ParlanceError): Reply {
  const exception = jsonFrame('v1OnException', { error: wording(error) });
  return { ack: exception.args, frames: [exception] };
}

/** Our own faults are not explained; every other error says what to do about it. */
export function wording(error: ParlanceError): string {
  if (error.code === 'internal') return 'Internal server error';
  return error.message === '' ? `The request failed: ${error.code}.` : error.message;
}
