import { Inject, Injectable } from '@nestjs/common';
import { BUS } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { IDENTITY_CHANGED_ADDRESS, identityChanged, type putUser } from '@parlance/contracts';
import { ParlanceError, type User, type UserFields, type UserRef } from '@parlance/domain';
import type { z } from 'zod';
import type { IdentitySettings } from '../identity.config.js';
import { TurnBatch } from '../lookup/turn-batch.js';
import { NEW_ID, SETTINGS } from '../tokens.js';
import {
  changesOf,
  checkUser,
  draftUser,
  isStorable,
  ownNumber,
  type MetadataBounds,
  type UserDraft,
} from './user-rules.js';
import {
  UserRepository,
  type Account,
  type Taken,
  type UserPage,
  type UserSearch,
  type WriteOutcome,
} from './user.repository.js';

type PutInput = z.output<typeof putUser.input>;
/** A sign-in also finds or makes a user by its identifier. */
type PutRef = PutInput['ref'] | { readonly identifier: string };

interface PutOrder {
  readonly tenantId: string;
  readonly ref: PutRef;
  readonly fields: UserFields;
}

interface FindQuestion {
  readonly tenantId: string;
  readonly refs: readonly UserRef[];
}
type FindAnswer = readonly (Account | null)[];

export interface PutAnswer {
  readonly user: User;
  readonly created: boolean;
}

/** Each repetition means that somebody else changed the same user, or had its number, at the same moment. */
const MAX_ATTEMPTS = 20;

const MAX_REFS_PER_LOAD = 1_024;

/** The users of a tenant. */
@Injectable()
export class UserService {
  readonly #bounds: MetadataBounds;
  readonly #finds = new TurnBatch<FindQuestion, FindAnswer>({
    load: (questions) => this.#findAll(questions),
    weigh: ({ refs }) => refs.length,
    max: MAX_REFS_PER_LOAD,
  });

  constructor(
    @Inject(UserRepository) private readonly users: UserRepository,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(NEW_ID) private readonly newId: () => string,
    @Inject(SETTINGS) { limits }: IdentitySettings,
  ) {
    this.#bounds = { keys: limits.metadataKeys, bytes: limits.metadataBytes, depth: limits.jsonDepth };
  }

  /** In the order asked; null where there is none. Read together with whatever else is asked for in this turn. */
  async accounts(tenantId: string, refs: readonly UserRef[]): Promise<readonly (Account | null)[]> {
    return refs.length === 0 ? [] : this.#finds.ask({ tenantId, refs });
  }

  async find(tenantId: string, refs: readonly UserRef[]): Promise<readonly (User | null)[]> {
    return (await this.accounts(tenantId, refs)).map((account) => account?.user ?? null);
  }

  async list(tenantId: string, page: UserSearch): Promise<UserPage> {
    return isStorable(page.search) ? this.users.list(tenantId, page) : { users: [], total: 0 };
  }

  /** Errors: `conflict`, `invalid`, `too-large`, `not-found` (no such tenant), `unavailable` (too many at the same user). */
  async put({ tenantId, ref, fields }: PutOrder): Promise<PutAnswer> {
    checkUser(ref, fields, this.#bounds);
    let allot = false;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const [found = null] = await this.find(tenantId, [ref]);
      const outcome =
        found === null ? await this.#create(tenantId, ref, fields, allot) : await this.#change(tenantId, found, fields);
      if ('user' in outcome) return { user: outcome.user, created: found === null };
      if ('gone' in outcome) continue;
      if (outcome.taken === 'number') allot = true;
      else if (outcome.taken !== 'id') await this.#refuseUnlessMade(tenantId, ref, found, outcome.taken);
    }
    throw new ParlanceError('unavailable', 'The user is being changed too often.', { retryAfterMs: 100 });
  }

  async noteSeen(tenantId: string, userIds: readonly string[], at: string): Promise<void> {
    if (userIds.length > 0) await this.users.noteSeen(tenantId, userIds.filter(isStorable), new Date(at));
  }

  /** One query per tenant, whoever asks. */
  async #findAll(questions: readonly FindQuestion[]): Promise<readonly FindAnswer[]> {
    const tenants = [...new Set(questions.map(({ tenantId }) => tenantId))];
    const found = await Promise.all(
      tenants.map(async (tenantId) => {
        const refs = questions.flatMap((question) => (question.tenantId === tenantId ? question.refs : []));
        return [tenantId, indexOf(await this.users.find(tenantId, refs.filter(isAskable)))] as const;
      }),
    );
    const byTenant = new Map(found);
    return questions.map(({ tenantId, refs }) => refs.map((ref) => byTenant.get(tenantId)?.get(keyOf(ref)) ?? null));
  }

  async #create(tenantId: string, ref: PutRef, fields: UserFields, allot: boolean): Promise<WriteOutcome> {
    const draft = this.#draft(ref, fields);
    const outcome = await this.users.insert(tenantId, draft, allot ? null : ownNumber(draft.id));
    if ('user' in outcome) this.#tell(tenantId, outcome.user.id);
    return outcome;
  }

  #draft(ref: PutRef, fields: UserFields): UserDraft {
    if ('id' in ref) return draftUser(ref.id, fields);
    if ('identifier' in ref) return draftUser(this.newId(), { ...fields, identifier: ref.identifier });
    return draftUser(this.newId(), fields, fields.username ?? ref.username);
  }

  async #change(tenantId: string, user: User, fields: UserFields): Promise<WriteOutcome> {
    const changes = changesOf(user, fields);
    // Clients repeat the same profile at every connect: that is no change, and nobody is told.
    if (changes === null) return { user };
    const outcome = await this.users.update(tenantId, user.id, changes);
    if ('user' in outcome) this.#tell(tenantId, user.id);
    return outcome;
  }

  /** A key is taken: by this very user, if somebody made it meanwhile, and then all is well; else by another. */
  async #refuseUnlessMade(tenantId: string, ref: PutRef, found: User | null, field: Taken): Promise<void> {
    const [now = null] = found === null ? await this.find(tenantId, [ref]) : [];
    if (now !== null) return;
    const problem = 'is taken by another user';
    throw new ParlanceError('conflict', `The ${field} ${problem}.`, { fields: { [field]: problem } });
  }

  #tell(tenantId: string, id: string): void {
    this.bus.publish(identityChanged, IDENTITY_CHANGED_ADDRESS, { kind: 'user', tenantId, id });
  }
}

/** Postgres refuses a text with NUL even in a question. No user has one, so the answer is known. */
function isAskable(ref: UserRef): boolean {
  if ('number' in ref) return true;
  if ('id' in ref) return isStorable(ref.id);
  return isStorable('username' in ref ? ref.username : ref.identifier);
}

function keyOf(ref: UserRef): string {
  if ('id' in ref) return `id ${ref.id}`;
  if ('number' in ref) return `number ${ref.number}`;
  return 'username' in ref ? `username ${ref.username}` : `identifier ${ref.identifier}`;
}

function indexOf(accounts: readonly Account[]): ReadonlyMap<string, Account> {
  const keys = ({ user: { id, number, username, identifier } }: Account) =>
    [{ id }, { number }, { username }, { identifier }].map(keyOf);
  return new Map(accounts.flatMap((account) => keys(account).map((key) => [key, account] as const)));
}
