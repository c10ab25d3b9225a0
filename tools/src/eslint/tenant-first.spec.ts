import { RuleTester } from 'eslint';
import tseslint from 'typescript-eslint';
import { afterAll, describe, it } from 'vitest';

import { tenantFirst } from './tenant-first.mjs';

Object.assign(RuleTester, { afterAll, describe, it, itOnly: it });

const filename = 'apps/message/src/room.repository.ts';
const method = (signature: string): string => `export class RoomRepository { ${signature} {} }`;
const rejected = (code: string, name: string) => ({
  code,
  filename,
  errors: [{ messageId: 'missing', data: { method: name } }],
});

new RuleTester({ languageOptions: { parser: tseslint.parser } }).run('tenant-first', tenantFirst, {
  valid: [
    { code: method('find(tenantId: TenantId, id: RoomId)'), filename },
    { code: method('list(scope: RoomScope)'), filename },
    { code: method('append(sendBatch: SendBatch)'), filename },
    { code: method('upsert(items: readonly TenantItem[])'), filename },
    { code: method('constructor(private readonly prisma: Prisma)'), filename },
    { code: method('private rows(id: RoomId)'), filename },
    { code: method('#rows(id: RoomId)'), filename },
    { code: method('onModuleDestroy()'), filename },
    { code: method('find(id: RoomId)'), filename: 'apps/message/src/room.service.ts' },
  ],
  invalid: [
    rejected(method('find(id: RoomId, tenantId: TenantId)'), 'find'),
    rejected(method('async all()'), 'all'),
    rejected(method('public list({ tenantId }: Query)'), 'list'),
  ],
});
