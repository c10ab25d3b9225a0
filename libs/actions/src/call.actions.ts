import { ParlanceError } from '@parlance/domain';
import type { Actions } from './actions.js';
import type { MediaIntent } from './media.actions.js';

type CallIntent = Exclude<Extract<keyof Actions, `call.${string}`>, MediaIntent>;

/** Every wire's calls are understood; an installation without a call service says so. */
export function callActions(): Pick<Actions, CallIntent> {
  const refused = (): Promise<never> =>
    Promise.reject(new ParlanceError('unsupported', 'Calls are not available on this server.'));
  return {
    'call.create': refused,
    'call.accept': refused,
    'call.end': refused,
    'call.signal': refused,
    'call.active': () => Promise.resolve({ view: null }),
    'call.history': () => Promise.resolve({ calls: [], total: 0 }),
    'call.forget': refused,
  };
}
