import { Inject, Injectable } from '@nestjs/common';
import { metadataSchema, ParlanceError, userSchema, type User, type UserFields, type UserRef } from '@parlance/domain';
import { Prisma, sqlState, uniqueViolation, type Persistence } from '@parlance/persistence';
import { z } from 'zod';
import { PERSISTENCE } from '../tokens.js';
import type { UserDraft } from './user-rules.js';

const COLUMNS = Prisma.sql`
  id, number, name, username, identifier, photo, is_bot AS "isBot", verified, time_zone AS "timeZone",
  metadata, last_seen_at AS "lastSeenAt", created_at AS "createdAt", terminated_at IS NOT NULL AS terminated`;

const instant = z.date().transform((date) => date.toISOString());
const rowSchema = z
  .object({
    ...userSchema.shape,
    number: z.bigint().transform(Number),
    metadata: metadataSchema,
    lastSeenAt: instant.nullable(),
    createdAt: instant,
    terminated: z.boolean(),
  })
  .transform(({ terminated, ...user }): Account => ({ user, terminated }));
const rowsSchema = z.array(rowSchema);
const totalSchema = z.tuple([z.object({ total: z.bigint().transform(Number) })]);

/** A user, and whether the account has ended. */
export interface Account {
  readonly user: User;
  readonly terminated: boolean;
}

export interface UserPage {
  readonly users: readonly User[];
  readonly total: number;
}

export interface UserSearch {
  /** '' finds all */
  readonly search: string;
  readonly offset: number;
  readonly limit: number;
}

/** What a user's unique keys are about, by the name of the constraint. */
const TAKEN_BY_CONSTRAINT = {
  app_user_number: 'number',
  app_user_username: 'username',
  app_user_identifier: 'identifier',
} as const;
export type Taken = 'id' | (typeof TAKEN_BY_CONSTRAINT)[keyof typeof TAKEN_BY_CONSTRAINT];

/** A write, or which unique key stood in its way. */
export type WriteOutcome = { readonly user: User } | { readonly taken: Taken } | { readonly gone: true };

const FOREIGN_KEY_VIOLATION = '23503';

const NAMED = {
  id: Prisma.sql`u.id = asked.key COLLATE "C"`,
  number: Prisma.sql`u.number = asked.key`,
  username: Prisma.sql`u.username = asked.key COLLATE "C"`,
  identifier: Prisma.sql`u.identifier = asked.key COLLATE "C"`,
} as const;

/**
 * The users that `keys` name, each by its unique index. In one condition (`= ANY`) Postgres reads all users of the tenant instead, for as
 * long as it has not counted them.
 */
function selectBy(tenantId: string, key: keyof typeof NAMED, keys: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    SELECT ${COLUMNS} FROM unnest(${keys}) AS asked (key) CROSS JOIN LATERAL (
      SELECT * FROM identity.app_user u WHERE u.tenant_id = ${tenantId} AND ${NAMED[key]} LIMIT 1) AS found`;
}

/** The only file that reads and writes users in the database. */
@Injectable()
export class UserRepository {
  constructor(@Inject(PERSISTENCE) private readonly persistence: Persistence) {}

  /** All users that any of the refs names, in no order, with one query; one who is named in several ways may come as often. */
  async find(tenantId: string, refs: readonly UserRef[]): Promise<readonly Account[]> {
    const ids = refs.flatMap((ref) => ('id' in ref ? [ref.id] : []));
    const numbers = refs.flatMap((ref) => ('number' in ref ? [BigInt(ref.number)] : []));
    const usernames = refs.flatMap((ref) => ('username' in ref ? [ref.username] : []));
    const identifiers = refs.flatMap((ref) => ('identifier' in ref ? [ref.identifier] : []));
    const kinds = [
      ...(ids.length > 0 ? [selectBy(tenantId, 'id', Prisma.sql`${ids}::text[]`)] : []),
      ...(numbers.length > 0 ? [selectBy(tenantId, 'number', Prisma.sql`${numbers}::bigint[]`)] : []),
      ...(usernames.length > 0 ? [selectBy(tenantId, 'username', Prisma.sql`${usernames}::text[]`)] : []),
      ...(identifiers.length > 0 ? [selectBy(tenantId, 'identifier', Prisma.sql`${identifiers}::text[]`)] : []),
    ];
    if (kinds.length === 0) return [];
    const rows = await this.persistence.prisma.$queryRaw(Prisma.join(kinds, ' UNION ALL '));
    return rowsSchema.parse(rows);
  }

  /** Those whose name, username or identifier contains the text in any case, by name; ended accounts are left out. */
  async list(tenantId: string, { search, offset, limit }: UserSearch): Promise<UserPage> {
    const wanted = Prisma.sql`
      tenant_id = ${tenantId} AND terminated_at IS NULL
        AND (${search} = '' OR strpos(lower(name), lower(${search})) > 0
          OR strpos(lower(username), lower(${search})) > 0 OR strpos(lower(identifier), lower(${search})) > 0)`;
    const [rows, counted] = await Promise.all([
      this.persistence.prisma.$queryRaw`
        SELECT ${COLUMNS} FROM identity.app_user WHERE ${wanted}
        ORDER BY lower(name) COLLATE "C", id LIMIT ${limit} OFFSET ${offset}`,
      this.persistence.prisma.$queryRaw`SELECT count(*) AS total FROM identity.app_user WHERE ${wanted}`,
    ]);
    const [{ total }] = totalSchema.parse(counted);
    return { users: rowsSchema.parse(rows).map(({ user }) => user), total };
  }

  /** Makes a user; `number` null allots the next free one. Errors: `not-found` (no such tenant). */
  async insert(tenantId: string, draft: UserDraft, number: number | null): Promise<WriteOutcome> {
    const { id, username, identifier, name, photo, isBot, verified, timeZone, metadata } = draft;
    return this.#write(async () => {
      const rows = await this.persistence.prisma.$queryRaw`
        INSERT INTO identity.app_user
          (tenant_id, id, number, username, identifier, name, photo, is_bot, verified, time_zone, metadata)
        VALUES (${tenantId}, ${id}, coalesce(${number === null ? null : BigInt(number)}::bigint, nextval('identity.user_number')),
          ${username}, ${identifier}, ${name}, ${photo}, ${isBot}, ${verified}, ${timeZone}, ${JSON.stringify(metadata)}::jsonb)
        ON CONFLICT (tenant_id, id) DO NOTHING
        RETURNING ${COLUMNS}`;
      const [made] = rowsSchema.parse(rows);
      return made === undefined ? { taken: 'id' } : { user: made.user };
    });
  }

  /** Changes the given fields, those alone. */
  async update(tenantId: string, id: string, fields: UserFields): Promise<WriteOutcome> {
    const { name = null, username = null, identifier = null, isBot = null, verified = null, photo, timeZone } = fields;
    const metadata = fields.metadata === undefined ? null : JSON.stringify(fields.metadata);
    return this.#write(async () => {
      const rows = await this.persistence.prisma.$queryRaw`
        UPDATE identity.app_user SET
          name = coalesce(${name}, name),
          username = coalesce(${username}, username),
          identifier = coalesce(${identifier}, identifier),
          is_bot = coalesce(${isBot}, is_bot),
          verified = coalesce(${verified}, verified),
          photo = CASE WHEN ${photo !== undefined} THEN ${photo ?? null} ELSE photo END,
          time_zone = CASE WHEN ${timeZone !== undefined} THEN ${timeZone ?? null} ELSE time_zone END,
          metadata = coalesce(${metadata}::jsonb, metadata)
        WHERE tenant_id = ${tenantId} AND id = ${id}
        RETURNING ${COLUMNS}`;
      const [changed] = rowsSchema.parse(rows);
      return changed === undefined ? { gone: true } : { user: changed.user };
    });
  }

  /** Later times win. Rows are locked in id order, so that two batches cannot wait for each other. */
  async noteSeen(tenantId: string, userIds: readonly string[], at: Date): Promise<void> {
    await this.persistence.prisma.$executeRaw`
      WITH older AS (
        SELECT found.id
        FROM (SELECT DISTINCT key COLLATE "C" AS key FROM unnest(${[...userIds]}::text[]) AS u (key) ORDER BY 1) AS asked
        CROSS JOIN LATERAL (
          SELECT u.id FROM identity.app_user u
          WHERE u.tenant_id = ${tenantId} AND u.id = asked.key AND (u.last_seen_at IS NULL OR u.last_seen_at < ${at})
          FOR NO KEY UPDATE) AS found
      )
      UPDATE identity.app_user u SET last_seen_at = ${at} FROM older WHERE u.tenant_id = ${tenantId} AND u.id = older.id`;
  }

  async #write(work: () => Promise<WriteOutcome>): Promise<WriteOutcome> {
    try {
      return await work();
    } catch (error) {
      const constraint = uniqueViolation(error)?.constraint;
      const taken = constraint === undefined ? undefined : takenBy(constraint);
      if (taken !== undefined) return { taken };
      if (sqlState(error) === FOREIGN_KEY_VIOLATION) throw new ParlanceError('not-found', 'There is no such tenant.');
      throw error;
    }
  }
}

function takenBy(constraint: string): Taken | undefined {
  return Object.entries(TAKEN_BY_CONSTRAINT).find(([name]) => name === constraint)?.[1];
}
