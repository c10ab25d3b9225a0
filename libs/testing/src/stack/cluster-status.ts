import { readFileSync } from 'node:fs';
import { z } from 'zod';

const part = z.object({ url: z.string(), pid: z.int().positive().nullable() });
const server = part.extend({ port: z.int() }).nullable();

/**
 * The file that `npm run cluster` writes for PARLANCE_CLUSTER_STATUS_FILE. A pid is null while the part is down. The replicas of any
 * service stand under its name; those that are named here are asked for by name.
 */
const clusterStatus = z.looseObject({
  pid: z.int().positive(),
  started: z.boolean(),
  gateways: z.array(part),
  api: part.nullable(),
  identity: z.array(part),
  message: z.array(part),
  call: z.array(part),
  presence: z.array(part),
  gamification: z.array(part),
  redis: server,
  nats: server,
  postgres: server,
});

export type ClusterStatus = z.infer<typeof clusterStatus>;

/** What the file says now; null while there is none. */
export function readStatus(file: string): ClusterStatus | null {
  try {
    return clusterStatus.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Beside the services. */
const OTHERS = ['pid', 'started', 'gateways', 'api', 'redis', 'nats', 'postgres'];

function servicesOf(status: ClusterStatus): readonly (readonly [string, readonly z.infer<typeof part>[]])[] {
  const services = Object.entries(status).filter(([name]) => !OTHERS.includes(name));
  return services.map(([name, replicas]) => [name, z.array(part).parse(replicas)]);
}

/** The process ids of all parts by the names that the launcher gives them; null for one that is down. */
export function victimsOf(status: ClusterStatus): ReadonlyMap<string, number | null> {
  const numbered = (name: string, parts: readonly { readonly pid: number | null }[]) =>
    parts.map(({ pid }, index) => [`${name}-${index}`, pid] as const);
  const single = (name: string, found: { readonly pid: number | null } | null) =>
    found === null ? [] : [[name, found.pid] as const];
  return new Map([
    ...numbered('gateway', status.gateways),
    ...servicesOf(status).flatMap(([name, replicas]) => numbered(name, replicas)),
    ...single('api', status.api),
    ...single('nats', status.nats),
    ...single('redis', status.redis),
    ...single('postgres', status.postgres),
  ]);
}

/** The addresses of all apps. */
export function appUrls(status: ClusterStatus): readonly string[] {
  const { gateways, api } = status;
  const services = servicesOf(status).flatMap(([, replicas]) => replicas);
  return [...gateways, ...(api === null ? [] : [api]), ...services].map(({ url }) => url);
}
