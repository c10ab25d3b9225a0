import { Injectable } from '@nestjs/common';
import { factSchema, type Fact, type Info, type InfoAction, type Room, type UserSnapshot } from '@parlance/domain';
import { z } from 'zod';
import { jsonText, rowOf, type RoomScope } from '../database/database.js';
import type { FactCause } from '../log/room-log.repository.js';

const addRow = z.object({ fact: factSchema.nullable() });

/** A command that may ask for silence. */
export interface Announcing {
  readonly actor: UserSnapshot | null;
  readonly announce?: boolean | undefined;
  readonly names?: Readonly<Record<string, string>> | undefined;
}

export interface Told {
  readonly action: InfoAction;
  readonly targets?: readonly string[];
  readonly title?: string | null;
}

/** Rooms of two are told nothing: both see what happens anyway. */
export function isTold({ kind }: Pick<Room, 'kind'>, { announce }: Pick<Announcing, 'announce'>): boolean {
  return kind !== 'direct' && announce !== false;
}

/** What an `info` message says. */
export function infoOf({ actor, names = {} }: Announcing, { action, targets = [], title = null }: Told): Info {
  const known = new Map(Object.entries(names));
  return {
    action,
    by: actor === null ? null : { id: actor.id, name: actor.name },
    targets: targets.map((id) => ({ id, name: (id === actor?.id ? actor.name : known.get(id)) ?? id })),
    title,
  };
}

/** Tells rooms what happened to them, by messages of their own in the transaction of the change. */
@Injectable()
export class InfoRepository {
  /** The next fact of the room; none when nobody could be its sender. The room's head is locked already. */
  async add(scope: RoomScope, cause: FactCause, info: Info): Promise<readonly Fact[]> {
    const row = await rowOf(
      addRow,
      scope.sql.$queryRaw`
        select message.add_info(${scope.tenantId}, ${scope.roomId}, ${jsonText(info)}::jsonb, ${jsonText(cause.actor)}::jsonb,
                                ${cause.origin}) as fact`,
    );
    const fact = row?.fact ?? null;
    return fact === null ? [] : [fact];
  }
}
