import { z } from 'zod';

/** The parts of rendered manifests that the checks look at; what they do not look at passes through. */

const Labels = z.record(z.string(), z.string());

const Metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels: Labels.default({}),
  annotations: Labels.default({}),
});

export const Manifest = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: Metadata });

export type Manifest = z.infer<typeof Manifest>;

const SecretKeyRef = z.object({ name: z.string(), key: z.string(), optional: z.boolean().default(false) });

const EnvVar = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .object({ secretKeyRef: SecretKeyRef.optional(), fieldRef: z.object({ fieldPath: z.string() }).optional() })
    .optional(),
});

export type EnvVar = z.infer<typeof EnvVar>;

const Probe = z.looseObject({
  httpGet: z.object({ path: z.string(), port: z.union([z.string(), z.number()]) }).optional(),
});

const Container = z.looseObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).default([]),
  env: z.array(EnvVar).default([]),
  envFrom: z.array(z.object({ configMapRef: z.object({ name: z.string() }) })).default([]),
  ports: z.array(z.looseObject({ name: z.string(), containerPort: z.number() })).default([]),
  startupProbe: Probe.optional(),
  livenessProbe: Probe.optional(),
  readinessProbe: Probe.optional(),
  lifecycle: z.object({ preStop: z.object({ sleep: z.object({ seconds: z.number() }) }).optional() }).default({}),
  resources: z
    .object({
      requests: z.record(z.string(), z.string()).default({}),
      limits: z.record(z.string(), z.string()).default({}),
    })
    .default({ requests: {}, limits: {} }),
  securityContext: z
    .looseObject({
      allowPrivilegeEscalation: z.boolean().optional(),
      readOnlyRootFilesystem: z.boolean().optional(),
      privileged: z.boolean().optional(),
      capabilities: z
        .looseObject({ drop: z.array(z.string()).default([]), add: z.array(z.string()).default([]) })
        .optional(),
    })
    .default({}),
});

export type Container = z.infer<typeof Container>;

const PodSpec = z.looseObject({
  serviceAccountName: z.string().optional(),
  automountServiceAccountToken: z.boolean().optional(),
  enableServiceLinks: z.boolean().optional(),
  terminationGracePeriodSeconds: z.number().default(30),
  topologySpreadConstraints: z.array(z.looseObject({ topologyKey: z.string() })).default([]),
  securityContext: z
    .looseObject({
      runAsNonRoot: z.boolean().optional(),
      runAsUser: z.number().optional(),
      seccompProfile: z.object({ type: z.string() }).optional(),
    })
    .default({}),
  initContainers: z.array(Container).default([]),
  containers: z.array(Container),
});

export type PodSpec = z.infer<typeof PodSpec>;

export const Workload = z.looseObject({
  kind: z.enum(['Deployment', 'Job', 'StatefulSet', 'DaemonSet']),
  metadata: Metadata,
  spec: z.looseObject({ template: z.object({ metadata: z.looseObject({ labels: Labels }), spec: PodSpec }) }),
});

export type Workload = z.infer<typeof Workload>;

const ConfigMap = z.looseObject({ kind: z.literal('ConfigMap'), metadata: Metadata, data: Labels.default({}) });

export const Secret = z.looseObject({ kind: z.literal('Secret'), metadata: Metadata, data: Labels.default({}) });

/** The manifests of one kind, read by its schema. @throws ZodError when one is not as expected. */
export function ofKind<T>(
  manifests: readonly Manifest[],
  schema: z.ZodType<T>,
  ...kinds: readonly string[]
): readonly T[] {
  return manifests.filter(({ kind }) => kinds.includes(kind)).map((manifest) => schema.parse(manifest));
}

export function workloadsOf(manifests: readonly Manifest[]): readonly Workload[] {
  return ofKind(manifests, Workload, 'Deployment', 'Job', 'StatefulSet', 'DaemonSet');
}

/** The ConfigMaps by name. */
export type ConfigMaps = ReadonlyMap<string, Readonly<Record<string, string>>>;

export function configMapsOf(manifests: readonly Manifest[]): ConfigMaps {
  return new Map(ofKind(manifests, ConfigMap, 'ConfigMap').map(({ metadata, data }) => [metadata.name, data]));
}

/** What a container finds in its environment by way of ConfigMaps. */
export function mappedOf(
  { envFrom }: Pick<Container, 'envFrom'>,
  configMaps: ConfigMaps,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    envFrom.flatMap(({ configMapRef }) => Object.entries(configMaps.get(configMapRef.name) ?? {})),
  );
}

/** How a person finds it: `Deployment gateway`. */
export function titleOf({ kind, metadata }: Pick<Manifest, 'kind' | 'metadata'>): string {
  return `${kind} ${metadata.name}`;
}

const PROGRAM = /^apps\/([^/]+)\/dist\/main\.js$/;

/** The app of ours that a container runs; null when it is none. */
export function appOf({ command }: Pick<Container, 'command'>): string | null {
  return command.map((word) => PROGRAM.exec(word)?.[1]).find((name) => name !== undefined) ?? null;
}
