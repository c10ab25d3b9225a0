import type { Execute } from '@parlance/dialect-kit';
import { ParlanceError } from '@parlance/domain';
import type { ActionContext, Actions, ConnectionIntent } from './actions.js';
import { callActions } from './call.actions.js';
import type { Caller } from './caller.js';
import { communityActions } from './community.actions.js';
import { fileActions } from './file.actions.js';
import { listingActions } from './listing.actions.js';
import { mediaActions } from './media.actions.js';
import { messageActions } from './message.actions.js';
import { personalActions } from './personal.actions.js';
import { presenceActions } from './presence.actions.js';
import { roomActions } from './room.actions.js';
import { scoreActions } from './score.actions.js';
import { signalActions } from './signal.actions.js';
import { tenantActions } from './tenant.actions.js';
import { userActions } from './user.actions.js';

export function busActions(context: ActionContext): Omit<Actions, ConnectionIntent> {
  return {
    ...userActions(context),
    ...tenantActions(context),
    ...presenceActions(context),
    ...roomActions(context),
    ...communityActions(context),
    ...messageActions(context),
    ...personalActions(context),
    ...listingActions(context),
    ...fileActions(context),
    ...signalActions(context),
    ...callActions(context),
    ...mediaActions(context),
    ...scoreActions(context),
  };
}

/** Binds a table of actions to one caller: what a dialect's translation runs against. */
export function executorFor(actions: Actions, caller: Caller): Execute {
  return (intent) => actions[intent.type](caller, intent);
}

export function onlyOnConnections(): Promise<never> {
  return Promise.reject(new ParlanceError('unsupported', 'This needs a live connection.'));
}
