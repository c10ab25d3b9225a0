import { z } from 'zod';
import { DECLARED_APPS } from '../config/declared-apps.js';
import { appOf, ofKind, workloadsOf, type Manifest } from './manifest.js';

const Service = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.object({
    selector: z.record(z.string(), z.string()),
    ports: z.array(z.looseObject({ name: z.string(), targetPort: z.union([z.string(), z.number()]) })),
  }),
});

/** The kinds that each app has under its own name, besides what runs it. */
const OF_EVERY_APP = ['Service', 'ServiceAccount', 'PodDisruptionBudget', 'NetworkPolicy'];

/** What is missing for an app, and whose Service leads nowhere. One line per problem. */
export function appsProblems(manifests: readonly Manifest[]): readonly string[] {
  return [
    ...DECLARED_APPS.flatMap((app) => (app.distributed ? missingOf(app.name, manifests) : [])),
    ...lostServices(manifests),
  ];
}

function missingOf(app: string, manifests: readonly Manifest[]): readonly string[] {
  const has = (kind: string): boolean => manifests.some((one) => one.kind === kind && one.metadata.name === app);
  const runs = workloadsOf(manifests).some(
    ({ kind, metadata, spec }) =>
      kind === 'Deployment' &&
      metadata.name === app &&
      spec.template.spec.serviceAccountName === app &&
      spec.template.spec.containers.some((container) => appOf(container) === app),
  );
  return [
    ...(runs ? [] : [`Deployment ${app} is missing, or runs another app, or as another account`]),
    ...OF_EVERY_APP.filter((kind) => !has(kind)).map((kind) => `${kind} ${app} is missing`),
  ];
}

function lostServices(manifests: readonly Manifest[]): readonly string[] {
  const pods = workloadsOf(manifests).map(({ spec }) => spec.template);
  return ofKind(manifests, Service, 'Service').flatMap((service) => {
    const { selector, ports } = service.spec;
    const chosen = pods.filter((pod) =>
      Object.entries(selector).every(([key, value]) => pod.metadata.labels[key] === value),
    );
    const offered = chosen.flatMap((pod) =>
      pod.spec.containers.flatMap((container) => container.ports.map(({ name }) => name)),
    );
    return ports
      .filter(({ targetPort }) => !offered.includes(String(targetPort)))
      .map(({ name }) => `Service ${service.metadata.name}: nobody listens on its port ${name}`);
  });
}
