import type { Environment } from '@parlance/config';
import { checkConfig } from '../config/check-config.js';
import { DECLARED_APPS, type DeclaredApp } from '../config/declared-apps.js';
import { secretNames, settingNames } from '../config/setting-names.js';
import {
  Secret,
  appOf,
  configMapsOf,
  mappedOf,
  ofKind,
  titleOf,
  workloadsOf,
  type ConfigMaps,
  type Container,
  type EnvVar,
  type Manifest,
} from './manifest.js';

/** Stands for a secret that is made outside, where what it must be cannot be seen from its name. */
const OUTSIDE = 'a secret that is made outside of these manifests';
const OUTSIDE_URLS: Environment = {
  DATABASE_URL: 'postgresql://outside/parlance',
  NATS_URL: 'nats://outside:4222',
  REDIS_URL: 'redis://outside:6379',
};

interface Sources {
  readonly configMaps: ConfigMaps;
  readonly secrets: ReadonlyMap<string, Environment>;
}

/** What is wrong with the settings that containers of ours are given, by the declarations of their apps. One line per problem. */
export function settingsProblems(manifests: readonly Manifest[]): readonly string[] {
  const sources: Sources = {
    configMaps: configMapsOf(manifests),
    secrets: new Map(ofKind(manifests, Secret, 'Secret').map(({ metadata, data }) => [metadata.name, decoded(data)])),
  };
  return workloadsOf(manifests).flatMap((workload) => {
    const { initContainers, containers } = workload.spec.template.spec;
    return [...initContainers, ...containers].flatMap((container) =>
      containerProblems(container, sources).map((problem) => `${titleOf(workload)}: ${container.name}: ${problem}`),
    );
  });
}

function containerProblems(container: Container, sources: Sources): readonly string[] {
  const name = appOf(container);
  if (name === null) return [];
  const app = DECLARED_APPS.find((candidate) => candidate.name === name);
  if (app === undefined) return [`there is no app '${name}'`];
  return [
    ...undeclared(app, container, sources),
    ...openSecrets(app, container, sources),
    ...missingSources(container, sources),
    ...checkConfig([app], environmentOf(container, sources)).problems,
  ];
}

/** Names that the app does not declare; an entry may exist only to be put into the value of another. */
function undeclared(app: DeclaredApp, container: Container, sources: Sources): readonly string[] {
  const declared = settingNames(app);
  const given = [...Object.keys(mappedOf(container, sources.configMaps)), ...container.env.map(({ name }) => name)];
  return given
    .filter((name) => !declared.has(name) && !container.env.some(({ value }) => value?.includes(`$(${name})`)))
    .map((name) => `${name} is no setting of ${app.name}`);
}

function openSecrets(app: DeclaredApp, container: Container, sources: Sources): readonly string[] {
  const secret = secretNames(app);
  const open = [
    ...Object.keys(mappedOf(container, sources.configMaps)),
    ...container.env.filter(({ valueFrom }) => valueFrom?.secretKeyRef === undefined).map(({ name }) => name),
  ];
  return open.filter((name) => secret.has(name)).map((name) => `${name} is a secret and is given openly`);
}

function missingSources({ envFrom }: Container, { configMaps }: Sources): readonly string[] {
  return envFrom
    .filter(({ configMapRef }) => !configMaps.has(configMapRef.name))
    .map(({ configMapRef }) => `there is no ConfigMap ${configMapRef.name}`);
}

/** What the app will find in its environment. */
function environmentOf(container: Container, sources: Sources): Environment {
  const env: Record<string, string | undefined> = { ...mappedOf(container, sources.configMaps) };
  for (const entry of container.env) env[entry.name] = valueOf(entry, env, sources);
  return env;
}

function valueOf({ name, value, valueFrom }: EnvVar, before: Environment, { secrets }: Sources): string | undefined {
  if (value !== undefined) return value.replaceAll(/\$\((\w+)\)/g, (whole, key: string) => before[key] ?? whole);
  if (valueFrom?.fieldRef !== undefined) return FIELDS[valueFrom.fieldRef.fieldPath] ?? 'a-field';
  const ref = valueFrom?.secretKeyRef;
  if (ref === undefined) return undefined;
  const inside = secrets.get(ref.name);
  if (inside !== undefined) return inside[ref.key];
  return ref.optional ? undefined : (OUTSIDE_URLS[name] ?? OUTSIDE);
}

const FIELDS: Environment = { 'status.podIP': '10.1.2.3' };

function decoded(data: Readonly<Record<string, string>>): Environment {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}
