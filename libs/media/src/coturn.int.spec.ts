// needs: turnserver
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { startTurnServer, type PrivateServer } from '@parlance/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { turnCredentials } from './turn-credentials.js';

const HOUR_MS = 3_600_000;
const CURRENT = 'the secret of today';
const NEXT = 'the secret of tomorrow';

let server: PrivateServer;
beforeAll(async () => {
  server = await startTurnServer([CURRENT, NEXT]);
});
afterAll(() => server.stop());

/** What coturn's own client gets when it asks for a relay address: one, a fault, or nothing (it does not tell a 401). */
async function allocation({ username, credential }: { username: string; credential: string }): Promise<string> {
  const flags = ['-v', '-c', '-y', '-n', '1', '-m', '1', '-p', String(server.port)];
  const client = spawn('turnutils_uclient', [...flags, '-u', username, '-w', credential, '127.0.0.1'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => client.once('close', resolve));
  let answer = 'nothing';
  for await (const line of createInterface({ input: client.stdout })) {
    const match = /Received (relay addr: 127\.0\.0\.1):|(error \d+)|Cannot complete Allocation/.exec(line);
    // It goes on to send packets through what it got.
    answer = match?.[1] ?? match?.[2] ?? answer;
    if (match !== null) break;
  }
  client.kill('SIGKILL');
  await ended;
  return answer;
}

const credentialsFor = (
  userId: string | null,
  over: { secrets?: [string, ...string[]]; at?: number; tenantId?: string } = {},
) =>
  turnCredentials(
    { tenantId: over.tenantId ?? 'demo', userId },
    { secrets: over.secrets ?? [CURRENT, NEXT], uris: [], ttlMs: HOUR_MS },
    over.at ?? Date.now(),
  );

describe('a real coturn', () => {
  it.each([
    ['a user', credentialsFor('ann')],
    ['the app itself', credentialsFor(null)],
    ['an odd id', credentialsFor('o\'neil \\ "zoë" a--b;union select:1')],
    ['the longest ids', credentialsFor('ü'.repeat(64), { tenantId: 'ß'.repeat(64) })],
    ['a user, signed with the secret of tomorrow', credentialsFor('ann', { secrets: [NEXT] })],
  ])('relays for %s', async (_, credentials) => {
    expect(await allocation(credentials)).toBe('relay addr: 127.0.0.1');
  });

  it.each([
    ['have expired', credentialsFor('ann', { at: Date.now() - HOUR_MS - 1_000 })],
    ['are signed with another secret', credentialsFor('ann', { secrets: ['the secret of yesterday'] })],
    ['are of another user', { ...credentialsFor('bob'), credential: credentialsFor('ann').credential }],
    [
      'were made to last longer',
      { ...credentialsFor('ann'), username: credentialsFor('ann', { at: Date.now() + HOUR_MS }).username },
    ],
  ])('does not relay for credentials that %s', async (_, credentials) => {
    expect(await allocation(credentials)).toBe('nothing');
  });
});
