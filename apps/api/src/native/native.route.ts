import type { Claim, HttpRoute } from '@parlance/dialect-kit';
import type { CredentialKind } from '@parlance/domain';
import { z } from 'zod';

/** What a status answers with; null: nothing. */
export type Answers = Readonly<Record<number, z.ZodType | null>>;

/** A route of the native API, with what its documentation needs beyond the request. */
export interface NativeRoute extends HttpRoute {
  /** the noun it belongs to, a heading of the documentation */
  readonly tag: string;
  readonly answers: Answers;
  /** The field that must name the acting user when the secret key asks; null: the server itself may. */
  readonly actingField: string | null;
  /** Whose calls it takes. */
  readonly admits: readonly CredentialKind[];
}

/** An app key says which app asks, not who: here nobody would be acting. */
const USERS_AND_SERVERS: readonly CredentialKind[] = ['user', 'secret'];

export interface NativeNotes {
  readonly tag: string;
  readonly answers: Answers;
  readonly actingField?: string;
  readonly admits?: readonly CredentialKind[];
}

export function nativeRoute(route: HttpRoute, { tag, answers, actingField, admits }: NativeNotes): NativeRoute {
  return {
    ...route,
    path: `${NATIVE_ROOT}${route.path}`,
    tag,
    answers,
    actingField: actingField ?? null,
    admits: admits ?? USERS_AND_SERVERS,
  };
}

export const NATIVE_ROOT = '/api/v1';

/** Who acts: whom the request names, else the credential itself. */
export function actingAs(userId: string | undefined): Claim {
  return userId === undefined ? {} : { user: { id: userId } };
}

/** Of a call that changes a room or its members. */
export const announce = z.boolean().optional().meta({
  description: 'Whether an `info` message tells the room of it; default true. Direct rooms are told nothing.',
});
