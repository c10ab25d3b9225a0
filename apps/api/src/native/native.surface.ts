import type { HttpRequest } from '@parlance/dialect-kit';
import { ParlanceError, type CredentialKind } from '@parlance/domain';
import type { Surface } from '../http/surface.js';
import { banRoutes } from './ban.routes.js';
import { blockRoutes } from './block.routes.js';
import { callRoutes } from './call.routes.js';
import { fileRoutes } from './file.routes.js';
import { invitationRoutes } from './invitation.routes.js';
import { markRoutes } from './mark.routes.js';
import { mediaRoutes } from './media.routes.js';
import { memberRoutes } from './member.routes.js';
import { messageRoutes } from './message.routes.js';
import { nativeRefusal } from './native.errors.js';
import { NATIVE_ROOT, type NativeRoute } from './native.route.js';
import { preferenceRoutes } from './preference.routes.js';
import { presenceRoutes } from './presence.routes.js';
import { receiptRoutes } from './receipt.routes.js';
import { rewardRoutes } from './reward.routes.js';
import { roomRoutes } from './room.routes.js';
import { scoreRoutes } from './score.routes.js';
import { streamRoutes } from './stream.routes.js';
import { tenantRoutes } from './tenant.routes.js';
import { tokenRoutes } from './token.routes.js';
import { userRoutes } from './user.routes.js';

const ADMITTED: readonly CredentialKind[] = ['user', 'secret', 'operator'];

export const nativeSurface: Surface<NativeRoute> = {
  name: 'native',
  roots: [NATIVE_ROOT],
  routes: [
    ...tenantRoutes,
    ...userRoutes,
    ...tokenRoutes,
    ...roomRoutes,
    ...memberRoutes,
    ...invitationRoutes,
    ...banRoutes,
    ...blockRoutes,
    ...messageRoutes,
    ...markRoutes,
    ...preferenceRoutes,
    ...streamRoutes,
    ...fileRoutes,
    ...receiptRoutes,
    ...presenceRoutes,
    ...callRoutes,
    ...mediaRoutes,
    ...scoreRoutes,
    ...rewardRoutes,
  ],
  credential,
  keyless: false,
  admit: ({ kind }) => {
    if (ADMITTED.includes(kind)) return;
    throw new ParlanceError('permission-denied', 'This call needs a secret key or a user token.');
  },
  admitCaller: ({ actingField, admits }, { user, credential: { kind } }) => {
    if (!admits.includes(kind))
      throw new ParlanceError('permission-denied', `This call needs another credential than a ${kind} one.`);
    if (actingField === null || user !== null) return;
    const problem = 'is needed with a secret key';
    throw new ParlanceError('invalid', `${actingField}: ${problem}`, { fields: { [actingField]: problem } });
  },
  refuse: nativeRefusal,
};

function credential(headers: HttpRequest['headers']): string | null {
  const header = headers['authorization'];
  const match = /^Bearer +(\S+)$/i.exec(typeof header === 'string' ? header.trim() : '');
  return match?.[1] ?? null;
}
