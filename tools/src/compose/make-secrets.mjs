// Makes what an installation by compose keeps secret, once: nothing that is written in the compose file opens anything.
// node make-secrets.mjs FOLDER BIND DEMO
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '.', bind = '127.0.0.1', demo = 'true'] = process.argv.slice(2);
const BYTES = 32;
const EXIT_CONFIG = 78;
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|localhost|::1|\[::1\])$/;
const OFF = /^(?:false|0|no|off)$/i;

/** Containers of several users read the files; only ours have this volume. */
const READABLE = 0o444;

if (!LOOPBACK.test(bind) && !OFF.test(demo)) {
  process.stderr.write(
    `PARLANCE_BIND=${bind} lets others than this machine in, and anybody knows the keys of the demo tenant. Set PARLANCE_DEMO=false.\n`,
  );
  process.exit(EXIT_CONFIG);
}

const random = () => randomBytes(BYTES).toString('base64url');
const made = new Set(readdirSync(folder));

/**
 * The secret of that name, made unless there is one.
 * @param {string} name @param {() => string} make @returns {string}
 */
function once(name, make) {
  const file = join(folder, name);
  if (!made.has(name)) writeFileSync(file, make(), { mode: READABLE, flag: 'wx' });
  return readFileSync(file, 'utf8');
}

const password = once('database-password', random);
once('database-url', () => `postgresql://parlance:${password}@postgres:5432/parlance`);
for (const name of ['master-key', 'gateway-secret', 'files-secret']) once(name, random);
once('operator-key', () => `op_${randomBytes(12).toString('hex')}_${random()}`);
const turn = once('turn-secret', random);
once('turnserver.conf', () =>
  ['realm=parlance', 'use-auth-secret', `static-auth-secret=${turn}`, 'fingerprint', 'no-cli', ''].join('\n'),
);
