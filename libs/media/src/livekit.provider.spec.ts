import { decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { LiveKitProvider, mediaRoomOf } from './livekit.provider.js';

const apiSecret = 'a secret of the specs, 32 characters or more';
const provider = new LiveKitProvider({ url: 'wss://media.sample.test', apiKey: 'key', apiSecret, ttlMs: 600_000 });
const request = { tenantId: 'demo', roomId: 'hall', user: { id: 'ann', name: 'Ann' } };

const verified = async (token: string) => {
  const { payload } = await jwtVerify(token, new TextEncoder().encode(apiSecret), {
    algorithms: ['HS256'],
    issuer: 'key',
  });
  return payload;
};

describe('a grant of LiveKit', () => {
  it('lets one person into one room, to speak and to listen and nothing else', async () => {
    const { token, url } = await provider.grant(request);
    expect(url).toBe('wss://media.sample.test');
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256' });
    const { nbf = 0, exp = 0, ...claims } = await verified(token);
    expect(claims).toEqual({
      iss: 'key',
      sub: 'ann',
      name: 'Ann',
      video: {
        room: mediaRoomOf('demo', 'hall'),
        roomJoin: true,
        canPublish: true,
        canSubscribe: true,
        canPublishData: true,
      },
    });
    expect(exp - nbf).toBe(600);
  });

  it('is signed with its secret', async () => {
    const other = new LiveKitProvider({
      url: 'wss://a.test',
      apiKey: 'key',
      apiSecret: apiSecret.toUpperCase(),
      ttlMs: 600_000,
    });
    await expect(verified((await other.grant(request)).token)).rejects.toThrow(/signature/);
  });

  it('never opens the room of another tenant', () => {
    const rooms = [
      ['a', 'b.c'],
      ['a.b', 'c'],
      ['a', 'b'],
      ['b', 'a'],
      ['', 'a.b'],
    ].map(([tenant = '', room = '']) => mediaRoomOf(tenant, room));
    expect(new Set(rooms).size).toBe(rooms.length);
    expect(rooms.join('')).toMatch(/^[\w.-]+$/);
  });
});
