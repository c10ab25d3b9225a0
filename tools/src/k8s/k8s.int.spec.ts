// needs: kubectl
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe as rowsOf } from '@parlance/config';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DECLARED_APPS } from '../config/declared-apps.js';
import { parseEnvFile } from '../config/env-file.js';
import { manifestProblems } from './check.js';
import { appOf, ofKind, workloadsOf, type Manifest } from './manifest.js';
import { NetworkRules, type Connection, type Party } from './network.js';
import { render } from './render.js';
import { settingsProblems } from './settings-check.js';

const ROOT = join(import.meta.dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'tools/docs/kubernetes.md'), 'utf8');
const APPS = DECLARED_APPS.filter(({ distributed }) => distributed).map(({ name }) => name);
/** Apps that are no pods: the whole stack in one process, the launcher of a machine's own, scenarios; and the Job. */
const NO_DEPLOYMENT = ['standalone', 'cluster', 'e2e', 'migrate'];
/** Everything of ours that talks, the migrations included. */
const PODS = [...APPS, 'migrate'];

const rendered = new Map<string, readonly Manifest[]>();
beforeAll(() => {
  for (const overlay of ['dev', 'prod']) rendered.set(overlay, render(join(ROOT, 'k8s/overlays', overlay)));
});

function manifestsOf(overlay: string): readonly Manifest[] {
  const manifests = rendered.get(overlay);
  if (manifests === undefined) throw new RangeError(`There is no overlay ${overlay}.`);
  return manifests;
}

/** What runs under that name, with the labels of its pods. */
function podOf(overlay: string): (name: string) => Party {
  const labels = new Map(
    workloadsOf(manifestsOf(overlay)).map(({ metadata, spec }) => [metadata.name, spec.template.metadata.labels]),
  );
  return (name) => ({ pod: labels.get(name) ?? {} });
}

/** The apps whose declaration has a setting, the migrations among them. */
const readersOf = (env: string): readonly string[] =>
  DECLARED_APPS.filter(
    ({ name, fragments }) => PODS.includes(name) && rowsOf(fragments).some((row) => row.env === env),
  ).map(({ name }) => name);

describe.each(['dev', 'prod'])('the overlay %s', (overlay) => {
  it('fits the schemas, the declarations of the settings and the rules for pods', () => {
    expect(manifestProblems(manifestsOf(overlay))).toEqual([]);
  });

  it('runs every app, and the migrations once', () => {
    const run = workloadsOf(manifestsOf(overlay)).flatMap(({ kind, spec }) =>
      spec.template.spec.containers.map((container) => [kind, appOf(container)]),
    );
    const folders = readdirSync(join(ROOT, 'apps')).filter((name) => !NO_DEPLOYMENT.includes(name));
    for (const app of folders) expect(run).toContainEqual(['Deployment', app]);
    expect(run).toContainEqual(['Job', 'migrate']);
  });

  it('starts what has a database when the migrations are applied', () => {
    for (const { kind, metadata, spec } of workloadsOf(manifestsOf(overlay))) {
      if (kind !== 'Deployment' || !readersOf('DATABASE_URL').includes(metadata.name)) continue;
      const [first] = spec.template.spec.initContainers;
      expect(first?.command).toEqual(['node', 'apps/migrate/dist/main.js', '--wait']);
      expect(first?.image).toBe(spec.template.spec.containers[0]?.image);
    }
  });

  it('keeps everything in one namespace, where pods must be restricted', () => {
    const [namespace] = manifestsOf(overlay).filter(({ kind }) => kind === 'Namespace');
    expect(namespace?.metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted');
    const others = manifestsOf(overlay).filter(({ kind }) => kind !== 'Namespace');
    expect(new Set(others.map(({ metadata }) => metadata.namespace))).toEqual(new Set([namespace?.metadata.name]));
  });

  it('lets gateways hand on to each other by the addresses of their pods', () => {
    const gateway = workloadsOf(manifestsOf(overlay)).find(({ metadata }) => metadata.name === 'gateway');
    const env = gateway?.spec.template.spec.containers[0]?.env ?? [];
    const at = (name: string): number => env.findIndex((entry) => entry.name === name);
    expect(env[at('PARLANCE_GATEWAY_URL')]?.value).toBe('http://$(POD_IP):3000');
    // Kubernetes puts in only what stands before.
    expect(at('POD_IP')).toBeGreaterThanOrEqual(0);
    expect(at('POD_IP')).toBeLessThan(at('PARLANCE_GATEWAY_URL'));
  });

  it('lets our pods talk to each other where they must, and nowhere else', () => {
    const rules = new NetworkRules(manifestsOf(overlay));
    const pod = podOf(overlay);
    const pairs = PODS.flatMap((from) =>
      PODS.map((to): [string, Connection] => [`${from} > ${to}`, { from: pod(from), to: pod(to), port: 3000 }]),
    );
    expect(pairs.filter(([, connection]) => rules.allows(connection)).map(([name]) => name)).toEqual([
      'gateway > gateway',
      'gateway > api',
    ]);
  });

  it('lets in the entrance to the gateways and the monitoring to all', () => {
    const rules = new NetworkRules(manifestsOf(overlay));
    const pod = podOf(overlay);
    const open = (label: string): readonly string[] =>
      PODS.filter((name) => rules.allows({ from: { namespace: { [label]: 'true' } }, to: pod(name), port: 3000 }));
    expect(open('parlance/entrance')).toEqual(['gateway']);
    expect(open('parlance/monitoring')).toEqual(APPS);
    expect(open('other')).toEqual([]);
  });

  it('lets all send traces to collectors where the monitoring is, and nothing else', () => {
    const rules = new NetworkRules(manifestsOf(overlay));
    const pod = podOf(overlay);
    const reach = (label: string, port: number): readonly string[] =>
      PODS.filter((name) => rules.allows({ from: pod(name), to: { namespace: { [label]: 'true' } }, port }));
    expect(reach('parlance/monitoring', 4318)).toEqual(APPS);
    expect([...reach('parlance/monitoring', 443), ...reach('other', 4318)]).toEqual([]);
  });

  it('lets each of them ask for addresses, and reach what its settings name', () => {
    const rules = new NetworkRules(manifestsOf(overlay));
    const pod = podOf(overlay);
    const dns: Party = { namespace: { 'kubernetes.io/metadata.name': 'kube-system' } };
    expect(PODS.filter((name) => rules.allows({ from: pod(name), to: dns, port: 53 }))).toEqual(PODS);
    const reach = (to: Party, port: number): readonly string[] =>
      PODS.filter((name) => rules.allows({ from: pod(name), to, port }));
    const inside = overlay === 'dev';
    expect(reach(inside ? pod('postgres') : { address: '192.0.2.10' }, 5432)).toEqual(readersOf('DATABASE_URL'));
    expect(reach(inside ? pod('redis') : { address: '192.0.2.20' }, 6379)).toEqual(readersOf('REDIS_URL'));
    expect(reach(inside ? pod('nats') : { address: '192.0.2.30' }, 4222)).toEqual(readersOf('NATS_URL'));
  });
});

describe('the overlay dev', () => {
  it('leads nowhere outside, and nobody else gets at its servers', () => {
    const rules = new NetworkRules(manifestsOf('dev'));
    const pod = podOf('dev');
    expect(PODS.filter((name) => rules.allows({ from: pod(name), to: { address: '8.8.8.8' }, port: 443 }))).toEqual([]);
    for (const [server, port] of [
      ['postgres', 5432],
      ['redis', 6379],
      ['nats', 4222],
    ] as const) {
      expect(rules.allows({ from: { namespace: {} }, to: pod(server), port })).toBe(false);
      expect(rules.allows({ from: pod(server), to: pod('gateway'), port: 3000 })).toBe(false);
    }
  });
});

describe('the overlay prod', () => {
  it('has no secret of its own, and starts with those that its page says how to make', () => {
    const manifests = manifestsOf('prod');
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const secrets = secretsOf(PAGE);
    expect(settingsProblems([...manifests, ...secrets])).toEqual([]);
    const short = secrets.map((secret) =>
      secret.metadata.name === 'api' ? { ...secret, data: { NATS_URL: '' } } : secret,
    );
    expect(settingsProblems([...manifests, ...short]).join('\n')).toContain(
      'Deployment api: app: [api] NATS_URL is missing',
    );
  });

  it('has every secret that a pod may ask for on its page', () => {
    const asked = workloadsOf(manifestsOf('prod')).flatMap(({ spec }) =>
      [...spec.template.spec.initContainers, ...spec.template.spec.containers].flatMap(({ env }) =>
        env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []),
      ),
    );
    const shown = commandsOf(PAGE);
    const missing = asked.filter(
      ({ name, key }) => !shown.some((one) => one.name === name && one.text.includes(`${key}=`)),
    );
    expect(missing).toEqual([]);
  });

  it('reaches the internet, but no private address, where uploads are stored and pushes are posted', () => {
    const rules = new NetworkRules(manifestsOf('prod'));
    const pod = podOf('prod');
    const reach = (address: string): readonly string[] =>
      PODS.filter((name) => rules.allows({ from: pod(name), to: { address }, port: 443 }));
    expect(reach('8.8.8.8')).toEqual(['gateway', 'api', 'identity']);
    for (const address of ['10.0.0.1', '172.20.0.1', '192.168.1.1', '169.254.169.254', '127.0.0.1', '100.64.0.1'])
      expect(reach(address)).toEqual([]);
  });

  it('scales gateways by their connections, below what one takes, and the others by CPU', () => {
    const Scaler = z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({
        minReplicas: z.number().min(2),
        metrics: z.tuple([
          z.object({
            resource: z.object({ name: z.string() }).optional(),
            pods: z
              .object({ metric: z.object({ name: z.string() }), target: z.object({ averageValue: z.coerce.number() }) })
              .optional(),
          }),
        ]),
      }),
    });
    const scalers = ofKind(manifestsOf('prod'), Scaler, 'HorizontalPodAutoscaler');
    expect(scalers.map(({ metadata }) => metadata.name).sort()).toEqual([...APPS].sort());
    for (const { metadata, spec } of scalers) {
      const [{ pods, resource }] = spec.metrics;
      if (metadata.name !== 'gateway') expect(resource?.name).toBe('cpu');
      else expect(pods).toMatchObject({ metric: { name: 'gateway_connections_count' } });
    }
    const settings = readFileSync(join(ROOT, 'k8s/base/gateway/settings.env'), 'utf8');
    const most = Number(/^PARLANCE_GATEWAY_MAX_CONNECTIONS=(\d+)$/m.exec(settings)?.[1]);
    const target = scalers.find(({ metadata }) => metadata.name === 'gateway')?.spec.metrics[0].pods?.target
      .averageValue;
    expect(target).toBeLessThan(0.8 * most);
  });

  it('lets WebSockets and long polls last, and keeps metrics and health inside', () => {
    const Route = z.object({
      spec: z.object({
        rules: z.array(
          z.object({
            matches: z.array(z.object({ path: z.object({ type: z.string(), value: z.string() }) })),
            timeouts: z.object({ request: z.string(), backendRequest: z.string() }).optional(),
            backendRefs: z.array(z.object({ name: z.string(), port: z.number() })).default([]),
          }),
        ),
      }),
    });
    const [route] = ofKind(manifestsOf('prod'), Route, 'HTTPRoute');
    const rule = (path: string) =>
      route?.spec.rules.find(({ matches }) => matches.some((one) => one.path.value === path));
    expect(rule('/socket.io')?.timeouts).toEqual({ request: '0s', backendRequest: '0s' });
    expect(rule('/socket.io')?.backendRefs).toEqual([{ name: 'gateway', port: 3000 }]);
    for (const path of ['/metrics', '/health']) expect(rule(path)?.backendRefs).toEqual([]);
  });
});

interface SecretCommand {
  readonly name: string;
  /** The lines it is made of, with the shell's words put in. */
  readonly text: string;
}

/** The commands of the page that make Secrets, as a shell would read them. */
function commandsOf(page: string): readonly SecretCommand[] {
  const script = page
    .replaceAll(/\$\(openssl rand -hex (\d+)\)/g, (_, bytes: string) => 'a'.repeat(2 * Number(bytes)))
    .replaceAll(/\$\(openssl rand -base64 (\d+)[^)]*\)/g, (_, bytes: string) =>
      'b'.repeat(Math.ceil((4 * Number(bytes)) / 3)),
    );
  const variables = new Map(
    [...script.matchAll(/^([A-Z_]+)=(\S+)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  const commands = [...script.matchAll(/^kubectl create secret generic (\S+) .*<<END\n([^]*?)^END$/gm)];
  return commands.map(([, name = '', text = '']) => ({
    name,
    text: text.replaceAll(/\$([A-Z_]+)/g, (whole, variable: string) => variables.get(variable) ?? whole),
  }));
}

function secretsOf(page: string): readonly Manifest[] {
  return commandsOf(page).map(({ name, text }) => {
    const { env, problems } = parseEnvFile(text, name);
    expect(problems).toEqual([]);
    const data = Object.entries(env).map(([key, value]) => [key, Buffer.from(value ?? '').toString('base64')]);
    return {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, labels: {}, annotations: {} },
      data: Object.fromEntries(data),
    };
  });
}
