import {
  factSchema,
  memberSchema,
  messageSchema,
  roomSchema,
  roomStampSchema,
  tenantSchema,
  userSchema,
  userSnapshotSchema,
} from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { aFact, aFactBase, aMember, aMessage, aRoom, aSnapshot, aStamp, aTenant, aUser } from './builders.js';

describe('builders', () => {
  it.each([
    ['aTenant', tenantSchema, aTenant()],
    ['aUser', userSchema, aUser()],
    ['aSnapshot', userSnapshotSchema, aSnapshot()],
    ['aRoom', roomSchema, aRoom()],
    ['aStamp', roomStampSchema, aStamp()],
    ['aMember', memberSchema, aMember()],
    ['aMessage', messageSchema, aMessage()],
    ['aFact', factSchema, aFact()],
    ['aFactBase', factSchema, { ...aFactBase(), type: 'room.deleted', memberIds: ['ann'] }],
  ])('%s makes what the domain accepts, whole and unchanged', (_, schema, made) => {
    expect(schema.parse(made)).toEqual(made);
  });

  it('keeps what the test names, and lets names follow the id', () => {
    expect(aUser({ id: 'bob', number: 9 })).toMatchObject({ id: 'bob', number: 9, username: 'bob', name: 'bob' });
    expect(aMessage({ seq: 4 })).toMatchObject({ seq: 4, id: 'message-4', clientMessageId: 'client-4' });
    expect(aFact({ pos: 3 })).toMatchObject({ pos: 3, type: 'message.created' });
  });
});
