import { NATS_SERVER, REDIS_SERVER, StartupError, findProgram, type ServerKind } from '@parlance/bootstrap';

export interface ServerPrograms {
  readonly redis: string | undefined;
  readonly nats: string | undefined;
}

/**
 * The files of the servers to start; undefined for one that is not wanted.
 * @throws StartupError that names everything missing, with its Debian package, at once.
 */
export function findServers(
  wanted: { readonly redis: string | undefined; readonly nats: string | undefined },
  path: string | undefined,
): ServerPrograms {
  const missing: ServerKind[] = [];
  const find = (kind: ServerKind, program: string | undefined): string | undefined => {
    if (program === undefined) return undefined;
    const file = findProgram(program, path);
    if (file === undefined) missing.push(kind);
    return file;
  };
  const found = { redis: find(REDIS_SERVER, wanted.redis), nats: find(NATS_SERVER, wanted.nats) };
  if (missing.length > 0) throw missingError(missing);
  return found;
}

function missingError(missing: readonly ServerKind[]): StartupError {
  const programs = missing.map(({ program }) => program);
  const settings = missing.map(({ setting }) => setting).join(' and ');
  const [are, package_] = missing.length > 1 ? ['are', 'the packages'] : ['is', 'the package'];
  return new StartupError(
    `${programs.join(' and ')} ${are} not installed`,
    `Install ${package_} (Debian: apt-get install ${programs.join(' ')}), or set ${settings}`,
  );
}
