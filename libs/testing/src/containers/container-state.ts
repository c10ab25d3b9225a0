import { z } from 'zod';
import { docker } from './command-line.js';

const SERVICE = 'com.docker.compose.service';
const PROJECT = 'com.docker.compose.project';

const published = z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullable();

const inspected = z.object({
  Id: z.string(),
  State: z.object({
    Running: z.boolean(),
    ExitCode: z.int(),
    Health: z.object({ Status: z.string() }).optional(),
  }),
  Config: z.object({ User: z.string(), Labels: z.record(z.string(), z.string()) }),
  HostConfig: z.object({
    ReadonlyRootfs: z.boolean(),
    CapDrop: z.array(z.string()).nullable(),
    SecurityOpt: z.array(z.string()).nullable(),
  }),
  NetworkSettings: z.object({ Ports: z.record(z.string(), published) }),
});

/** A container of a compose project, as the engine knows it now. */
export interface ContainerState {
  readonly id: string;
  readonly service: string;
  readonly running: boolean;
  /** null while it runs */
  readonly exitCode: number | null;
  /** `starting`, `healthy` or `unhealthy`; null where nobody asks */
  readonly health: string | null;
  readonly user: string;
  readonly readOnly: boolean;
  readonly droppedCapabilities: readonly string[];
  readonly securityOptions: readonly string[];
  /** `address:port` of the host that lead to it */
  readonly published: readonly string[];
}

/** The containers of a project, those that have ended included. */
export async function containersOf(project: string): Promise<readonly ContainerState[]> {
  const listed = await docker('ps', '--all', '--quiet', '--filter', `label=${PROJECT}=${project}`);
  const ids = listed.split('\n').filter((id) => id !== '');
  if (ids.length === 0) return [];
  const text = await docker('inspect', '--type', 'container', ...ids);
  return z.array(inspected).parse(JSON.parse(text)).map(stateOf);
}

function stateOf({ Id, State, Config, HostConfig, NetworkSettings }: z.infer<typeof inspected>): ContainerState {
  return {
    id: Id,
    service: Config.Labels[SERVICE] ?? '',
    running: State.Running,
    exitCode: State.Running ? null : State.ExitCode,
    health: State.Health?.Status ?? null,
    user: Config.User,
    readOnly: HostConfig.ReadonlyRootfs,
    droppedCapabilities: HostConfig.CapDrop ?? [],
    securityOptions: HostConfig.SecurityOpt ?? [],
    published: Object.values(NetworkSettings.Ports).flatMap((ports) =>
      (ports ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`),
    ),
  };
}
