import { DRAIN_STEPS, drainConfig, loadConfig } from '@parlance/config';
import {
  appOf,
  configMapsOf,
  mappedOf,
  titleOf,
  workloadsOf,
  type ConfigMaps,
  type Container,
  type Manifest,
  type Workload,
} from './manifest.js';

/** What every pod must be: bounded, unprivileged, and given the time to end in order. One line per problem. */
export function podProblems(manifests: readonly Manifest[]): readonly string[] {
  const settings = configMapsOf(manifests);
  return workloadsOf(manifests).flatMap((workload) =>
    [...podRules(workload), ...containerRules(workload), ...serverRules(workload, settings)].map(
      (problem) => `${titleOf(workload)}: ${problem}`,
    ),
  );
}

function podRules({ spec: { template } }: Workload): readonly string[] {
  const { spec } = template;
  return unmet({
    'runs as root': spec.securityContext.runAsNonRoot === true && (spec.securityContext.runAsUser ?? 0) > 0,
    'has no seccomp profile': spec.securityContext.seccompProfile?.type === 'RuntimeDefault',
    'has a token of the API server': spec.automountServiceAccountToken === false,
    'is told the addresses of every Service': spec.enableServiceLinks === false,
  });
}

function containerRules({ spec: { template } }: Workload): readonly string[] {
  return [...template.spec.initContainers, ...template.spec.containers].flatMap((container) =>
    unmet({
      'may become privileged': container.securityContext.allowPrivilegeEscalation === false,
      'is privileged': container.securityContext.privileged !== true,
      'writes to its image': container.securityContext.readOnlyRootFilesystem === true,
      'keeps capabilities': keepsNone(container),
      'asks for no CPU': container.resources.requests['cpu'] !== undefined,
      'asks for no memory': container.resources.requests['memory'] !== undefined,
      'has no memory limit': container.resources.limits['memory'] !== undefined,
    }).map((problem) => `${container.name}: ${problem}`),
  );
}

function keepsNone({ securityContext: { capabilities } }: Container): boolean {
  return capabilities?.drop.includes('ALL') === true && capabilities.add.length === 0;
}

/** Of what serves until it is told to end: a Deployment of an app of ours. */
function serverRules(workload: Workload, settings: ConfigMaps): readonly string[] {
  const { spec } = workload.spec.template;
  const container = spec.containers.find((candidate) => appOf(candidate) !== null);
  if (container === undefined || workload.kind !== 'Deployment') return [];
  const spread = spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey);
  return unmet({
    'has no port http': container.ports.some(({ name }) => name === 'http'),
    'has a wrong startup probe': asks(container.startupProbe, '/health/live'),
    'has a wrong liveness probe': asks(container.livenessProbe, '/health/live'),
    'has a wrong readiness probe': asks(container.readinessProbe, '/health/ready'),
    'is not spread over nodes and zones':
      spread.includes('kubernetes.io/hostname') && spread.includes('topology.kubernetes.io/zone'),
    'may be killed before its shutdown is over': endsInTime(workload, container, settings),
  });
}

function asks(probe: Container['readinessProbe'], path: string): boolean {
  return probe?.httpGet?.path === path && probe.httpGet.port === 'http';
}

function endsInTime({ spec: { template } }: Workload, container: Container, settings: ConfigMaps): boolean {
  const env = mappedOf(container, settings);
  const { drain } = loadConfig([drainConfig], {
    DRAIN_GRACE_MS: env['DRAIN_GRACE_MS'],
    DRAIN_ANNOUNCE_MS: env['DRAIN_ANNOUNCE_MS'],
  });
  const preStopMs = (container.lifecycle.preStop?.sleep.seconds ?? 0) * 1_000;
  // The announcement is a step of the drain, and bounded like each of them.
  return (
    template.spec.terminationGracePeriodSeconds * 1_000 > preStopMs + DRAIN_STEPS * drain.graceMs &&
    drain.announceMs < drain.graceMs
  );
}

function unmet(rules: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.entries(rules).flatMap(([problem, met]) => (met ? [] : [problem]));
}
