/**
 * npm leaves an optional package of another platform out of the lock file when the registry at hand does not offer it,
 * and `npm ci` elsewhere then refuses that lock file ("Missing: ... from lock file"). Pure: a lock file in, entries out.
 *
 * @typedef {object} LockEntry
 * @property {string} [version]
 * @property {boolean} [dev]
 * @property {boolean} [optional]
 * @property {readonly string[]} [os]
 * @property {readonly string[]} [cpu]
 * @property {readonly string[]} [libc]
 * @property {Readonly<Record<string, string>>} [optionalDependencies]
 *
 * @typedef {Readonly<Record<string, LockEntry>>} LockPackages the `packages` of a package-lock.json
 */

const SYSTEMS = 'aix android darwin freebsd linux netbsd openbsd openharmony sunos win32'.split(' ');
const PROCESSORS = 'arm64 arm x64 ia32 ppc64 ppc64le riscv64 s390x loong64 mips64el wasm32'.split(' ');

/**
 * @param {LockPackages} packages
 * @returns {LockPackages} the entries npm would have written where every registry has every package
 */
export function missingEntries(packages) {
  const missing = Object.entries(packages).flatMap(([wantedBy, { optionalDependencies, dev }]) =>
    Object.entries(optionalDependencies ?? {})
      .filter(([name, version]) => /^\d/.test(version) && !isInstalledFor(packages, wantedBy, name))
      .map(([name, version]) => /** @type {const} */ ([`node_modules/${name}`, platformEntry(name, version, dev)])),
  );
  return Object.fromEntries(missing);
}

/**
 * Walks outwards through the nested node_modules as Node's resolution does.
 *
 * @param {LockPackages} packages @param {string} wantedBy @param {string} name @returns {boolean}
 */
function isInstalledFor(packages, wantedBy, name) {
  const folder = wantedBy === '' ? '' : `${wantedBy}/`;
  if (packages[`${folder}node_modules/${name}`] !== undefined) return true;
  if (wantedBy === '') return false;
  return isInstalledFor(packages, wantedBy.slice(0, Math.max(0, wantedBy.lastIndexOf('/node_modules/'))), name);
}

/** @param {string} name @param {string} version @param {boolean | undefined} dev @returns {LockEntry} */
function platformEntry(name, version, dev) {
  const words = name.split(/[-/@_]/);
  const among = (/** @type {readonly string[]} */ known) => known.filter((word) => words.includes(word));
  const startsWith = (/** @type {string} */ prefix) => words.some((word) => word.startsWith(prefix));
  const named = among(PROCESSORS);
  const cpu = named.length === 0 && (startsWith('gnueabi') || startsWith('musleabi')) ? ['arm'] : named;
  const os = among(SYSTEMS);
  const libc = startsWith('musl') ? ['musl'] : startsWith('gnu') ? ['glibc'] : [];
  return {
    version,
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(dev === true ? { dev } : {}),
    ...(libc.length > 0 ? { libc } : {}),
    optional: true,
    ...(os.length > 0 ? { os } : {}),
  };
}
