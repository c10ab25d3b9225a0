import { Inject, Injectable } from '@nestjs/common';
import {
  invitationSchema,
  userSnapshotSchema,
  type Invitation,
  type InvitationState,
  type UserSnapshot,
} from '@parlance/domain';
import { z } from 'zod';
import { Database, jsonText, rowOf, rowsOf, type RoomScope } from '../database/database.js';

const idRow = z.object({ id: z.string(), roomId: z.string() });
const countOpenRow = z.object({ n: z.int() });
const listRow = z.object({ invitation: invitationSchema });

const recordRow = z.object({
  invitation: invitationSchema,
  inviter: userSnapshotSchema.nullable(),
  invitee: userSnapshotSchema,
});

/** An invitation with its people as they were when it was made. */
export type InvitationRecord = z.infer<typeof recordRow>;

export type InvitationKey = { readonly id: string } | { readonly roomId: string; readonly userId: string };

export interface InvitationFilter {
  readonly userId?: string | undefined;
  readonly roomId?: string | undefined;
  readonly openOnly: boolean;
}

/** The newest ones; who has more of them is not served by reading on. */
const MAX_LISTED = 1_000;

/** Invitations change under the lock of their room's head. */
@Injectable()
export class InvitationRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** The room and id of an invitation into a living room; by user: the newest one, an open one first. */
  async locate(tenantId: string, key: InvitationKey): Promise<{ id: string; roomId: string } | null> {
    const id = 'id' in key ? key.id : null;
    const { roomId, userId } = 'id' in key ? { roomId: null, userId: null } : key;
    return rowOf(
      idRow,
      this.database.sql.$queryRaw`
        select i.id, i.room_id as "roomId"
          from message.invitation i
          join message.room r on r.tenant_id = i.tenant_id and r.id = i.room_id and r.deleted_at is null
         where i.tenant_id = ${tenantId}
           and (i.id = ${id}::text or (i.room_id = ${roomId}::text and i.invitee_id = ${userId}::text))
         order by i.state = 'open' desc, i.updated_at desc, i.id limit 1`,
    );
  }

  async find(scope: RoomScope, id: string): Promise<InvitationRecord | null> {
    return rowOf(
      recordRow,
      scope.sql.$queryRaw`
        select message.as_invitation(i) as invitation, i.inviter, i.invitee from message.invitation i
         where i.tenant_id = ${scope.tenantId} and i.room_id = ${scope.roomId} and i.id = ${id}`,
    );
  }

  /** The open invitations of these users into the room. */
  async openOf(scope: RoomScope, userIds: readonly string[]): Promise<InvitationRecord[]> {
    return rowsOf(
      recordRow,
      scope.sql.$queryRaw`
        select message.as_invitation(i) as invitation, i.inviter, i.invitee from message.invitation i
         where i.tenant_id = ${scope.tenantId} and i.room_id = ${scope.roomId} and i.state = 'open'
           and i.invitee_id = any(${[...userIds]}::text[])`,
    );
  }

  async countOpen(scope: RoomScope): Promise<number> {
    const row = await rowOf(
      countOpenRow,
      scope.sql.$queryRaw`
        select count(*)::integer as n from message.invitation
         where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and state = 'open'`,
    );
    return row?.n ?? 0;
  }

  async insert(
    scope: RoomScope,
    inviter: UserSnapshot | null,
    invitees: readonly UserSnapshot[],
    at: string,
  ): Promise<InvitationRecord[]> {
    return rowsOf(
      recordRow,
      scope.sql.$queryRaw`
        insert into message.invitation as i (tenant_id, id, room_id, inviter_id, invitee_id, inviter, invitee, state, created_at, updated_at)
        select ${scope.tenantId}, message.new_id(${at}::timestamptz), ${scope.roomId}, ${inviter?.id ?? null}, u->>'id',
               ${jsonText(inviter)}::jsonb, u, 'open', ${at}::timestamptz, ${at}::timestamptz
          from jsonb_array_elements(${jsonText(invitees)}::jsonb) u
        returning message.as_invitation(i) as invitation, i.inviter, i.invitee`,
    );
  }

  /** Ends the open invitations of these users into the room. */
  async close(
    scope: RoomScope,
    userIds: readonly string[],
    state: Exclude<InvitationState, 'open'>,
    at: string,
  ): Promise<InvitationRecord[]> {
    return rowsOf(
      recordRow,
      scope.sql.$queryRaw`
        update message.invitation i set state = ${state}, updated_at = ${at}::timestamptz
         where i.tenant_id = ${scope.tenantId} and i.room_id = ${scope.roomId} and i.state = 'open'
           and i.invitee_id = any(${[...userIds]}::text[])
        returning message.as_invitation(i) as invitation, i.inviter, i.invitee`,
    );
  }

  /** Of living rooms, the newest first. */
  async list(tenantId: string, { userId, roomId, openOnly }: InvitationFilter): Promise<Invitation[]> {
    const rows = await rowsOf(
      listRow,
      this.database.sql.$queryRaw`
        select message.as_invitation(i) as invitation
          from message.invitation i
          join message.room r on r.tenant_id = i.tenant_id and r.id = i.room_id and r.deleted_at is null
         where i.tenant_id = ${tenantId} and (${userId ?? null}::text is null or i.invitee_id = ${userId ?? null})
           and (${roomId ?? null}::text is null or i.room_id = ${roomId ?? null})
           and (not ${openOnly}::boolean or i.state = 'open')
         order by i.created_at desc, i.id limit ${MAX_LISTED}`,
    );
    return rows.map((row) => row.invitation);
  }
}
