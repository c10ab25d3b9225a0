import { ConfigError, loadConfig } from '@parlance/config';
import { describe, expect, it } from 'vitest';
import { mediaConfig } from './media.config.js';
import { openMedia } from './open-media.js';

const NOW = 1_700_000_000_000;
const opened = (env: Record<string, string>) => openMedia(loadConfig([mediaConfig], env).media, () => NOW);
const turn = { PARLANCE_TURN_URIS: 'turn:a.test:3478, stun:a.test', PARLANCE_TURN_SECRETS: 'one,two' };
const secret = 'a secret of the specs, 32 characters or more';
const livekit = {
  PARLANCE_MEDIA_PROVIDER: 'livekit',
  PARLANCE_LIVEKIT_URL: 'wss://media.sample.test',
  PARLANCE_LIVEKIT_KEY: 'key',
  PARLANCE_LIVEKIT_SECRET: secret,
};
const ann = { tenantId: 'demo', userId: 'ann' };

describe('the settings of media', () => {
  it('unset mean that there is none', () => {
    expect(opened({})).toEqual({ turn: null, provider: null });
  });

  it('of TURN are its servers, its secrets and a time', () => {
    const { turn: made } = opened({ ...turn, PARLANCE_TURN_TTL: '10m' });
    expect(made?.(ann)).toMatchObject({
      username: `${NOW / 1_000 + 600}:demo.ann`,
      ttl: 600,
      uris: ['turn:a.test:3478', 'stun:a.test'],
    });
  });

  it('let a credential live for an hour', () => {
    expect(opened(turn).turn?.(ann).ttl).toBe(3_600);
  });

  it.each(['PARLANCE_TURN_URIS', 'PARLANCE_TURN_SECRETS'] as const)('%s alone is refused', (name) => {
    expect(() => opened({ [name]: turn[name] })).toThrow(
      new ConfigError(['PARLANCE_TURN_URIS and PARLANCE_TURN_SECRETS need each other']),
    );
  });

  it.each([
    { PARLANCE_TURN_URIS: 'https://a.test' },
    { PARLANCE_TURN_URIS: 'turn:a.test?transport=sctp' },
    { PARLANCE_TURN_URIS: ',' },
    { PARLANCE_TURN_SECRETS: 'same,same' },
    { PARLANCE_TURN_SECRETS: 'a,b,c,d,e' },
    { PARLANCE_TURN_TTL: '2d' },
    { PARLANCE_MEDIA_TOKEN_TTL: '1s' },
    { PARLANCE_LIVEKIT_URL: 'https://a.test' },
  ])('%j are refused, and no secret is said', (env) => {
    expect(() => opened({ ...turn, ...env })).toThrow(ConfigError);
    expect(() => opened({ ...turn, ...env })).not.toThrow(/same|one,two/);
  });

  it('in the demo give credentials for a TURN server on this machine', () => {
    const { turn: made, provider } = opened({ PARLANCE_DEMO: 'true' });
    expect(made?.(ann).uris).toEqual(['turn:127.0.0.1:3478']);
    expect(provider).toBeNull();
    expect(opened({ PARLANCE_DEMO: 'true', ...turn }).turn?.(ann).uris).toEqual(['turn:a.test:3478', 'stun:a.test']);
  });

  it("refuse the demo's secret anywhere else", () => {
    const known = { ...turn, PARLANCE_TURN_SECRETS: 'one,demo-turn-secret' };
    expect(() => opened(known)).toThrow(/anybody knows/);
    expect(opened({ ...known, PARLANCE_DEMO: 'true' }).turn).not.toBeNull();
  });

  it('of LiveKit are needed together', () => {
    expect(opened(livekit).provider).not.toBeNull();
    expect(() => opened({ PARLANCE_MEDIA_PROVIDER: 'livekit' })).toThrow(
      new ConfigError(
        ['URL', 'KEY', 'SECRET'].map(
          (name) => `PARLANCE_LIVEKIT_${name} is required with PARLANCE_MEDIA_PROVIDER=livekit`,
        ),
      ),
    );
    expect(() => opened({ ...livekit, PARLANCE_LIVEKIT_SECRET: 'short-one' })).toThrow(/32 characters/);
    expect(() => opened({ ...livekit, PARLANCE_LIVEKIT_SECRET: 'short-one' })).not.toThrow(/short-one/);
  });
});
