import { describe, expect, it } from 'vitest';
import { appsProblems } from './apps-check.js';
import { manifestProblems } from './check.js';
import { Manifest } from './manifest.js';
import { NetworkRules } from './network.js';
import { podProblems } from './pod-check.js';
import { readManifests } from './render.js';
import { schemaProblems } from './schema-check.js';
import { settingsProblems } from './settings-check.js';

const CALL = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: call }
spec:
  selector: { matchLabels: { app: call } }
  template:
    metadata: { labels: { app: call } }
    spec:
      serviceAccountName: call
      terminationGracePeriodSeconds: 90
      containers:
        - name: app
          image: parlance
          command: [node, apps/call/dist/main.js]
          envFrom: [{ configMapRef: { name: call } }]
          env:
            - { name: DATABASE_URL, valueFrom: { secretKeyRef: { name: call, key: DATABASE_URL } } }
            - { name: NATS_URL, valueFrom: { secretKeyRef: { name: call, key: NATS_URL } } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: call }
data: { PARLANCE_CALL_GRACE: 20s }
`;

/** The manifests above, with one text put in place of another. */
const call = (from = '', to = ''): readonly Manifest[] => readManifests(CALL.replace(from, to));

describe('the check of schemas', () => {
  it('passes what fits', () => {
    expect(schemaProblems(call())).toEqual([]);
  });

  it.each([
    [
      'a wrong type',
      'terminationGracePeriodSeconds: 90',
      'terminationGracePeriodSeconds: soon',
      'terminationGracePeriodSeconds',
    ],
    ['a missing field', '        - name: app\n          image', '        - image', 'name'],
    ['an unknown key', 'serviceAccountName: call', 'serviceAcountName: call', 'serviceAcountName'],
    ['an unknown key deep inside', 'key: NATS_URL }', 'key: NATS_URL, kex: 1 }', 'kex'],
    ['an unknown kind', 'kind: Deployment', 'kind: Deploymint', 'there is no Deploymint in apps/v1'],
  ])('finds %s', (_, from, to, told) => {
    const problems = schemaProblems(call(from, to));
    expect(problems.join('\n')).toContain(told);
    expect(problems[0]).toMatch(/^Deploym\wnt call: /);
  });

  it('is passed before the others are asked', () => {
    expect(manifestProblems(call('kind: Deployment', 'kind: Deploymint'))).toHaveLength(1);
  });
});

describe('the check of settings', () => {
  it('passes what the app declares', () => {
    expect(settingsProblems(call())).toEqual([]);
  });

  it.each([
    [
      'an undeclared name',
      'PARLANCE_CALL_GRACE: 20s',
      'PARLANCE_LOG_KEEP: 7d',
      'PARLANCE_LOG_KEEP is no setting of call',
    ],
    [
      'an undeclared name without our prefix',
      'PARLANCE_CALL_GRACE: 20s',
      'CALL_GRACE: 20s',
      'CALL_GRACE is no setting',
    ],
    ['a wrong value', 'PARLANCE_CALL_GRACE: 20s', 'PARLANCE_CALL_GRACE: soon', 'PARLANCE_CALL_GRACE must be a time'],
    [
      'an open secret',
      'PARLANCE_CALL_GRACE: 20s',
      'NATS_URL: nats://u:p@nats',
      'NATS_URL is a secret and is given openly',
    ],
    ['a missing setting', '{ name: DATABASE_URL', '{ name: LOG_LEVEL', 'DATABASE_URL is missing'],
    ['a missing ConfigMap', '{ configMapRef: { name: call } }', '{ configMapRef: { name: cal } }', 'no ConfigMap cal'],
    ['an app there is not', 'apps/call/', 'apps/cal/', "there is no app 'cal'"],
  ])('finds %s', (_, from, to, told) => {
    expect(settingsProblems(call(from, to)).join('\n')).toContain(told);
  });
});

describe('the check of pods', () => {
  it('finds everything a bare pod lacks', () => {
    const problems = podProblems(call()).map((problem) => problem.replace('Deployment call: ', ''));
    expect(problems).toContain('runs as root');
    expect(problems).toContain('app: writes to its image');
    expect(problems).toContain('app: has no memory limit');
    expect(problems).toContain('has a wrong readiness probe');
    expect(problems).not.toContain('may be killed before its shutdown is over');
  });

  it.each([
    ['a short time to end', 'terminationGracePeriodSeconds: 90', 'terminationGracePeriodSeconds: 80'],
    ['a long drain', 'PARLANCE_CALL_GRACE: 20s', 'DRAIN_GRACE_MS: 12s'],
    ['an announcement as long as its limit', 'PARLANCE_CALL_GRACE: 20s', 'DRAIN_ANNOUNCE_MS: 10s'],
  ])('finds %s', (_, from, to) => {
    expect(podProblems(call(from, to)).join('\n')).toContain('may be killed before its shutdown is over');
  });
});

describe('the check of apps', () => {
  it('finds what an app lacks', () => {
    const problems = appsProblems(call());
    expect(problems).toContain('Service call is missing');
    expect(problems).not.toContain('Deployment call is missing, or runs another app, or as another account');
    expect(problems).toContain('Deployment gateway is missing, or runs another app, or as another account');
  });

  it('finds a Service that leads nowhere', () => {
    const service = { selector: { app: 'call' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] };
    const manifest = Manifest.parse({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'call' }, spec: service });
    expect(appsProblems([...call(), manifest])).toContain('Service call: nobody listens on its port http');
  });
});

describe('the network rules', () => {
  const policy = (spec: object): Manifest =>
    Manifest.parse({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'p' }, spec });
  const from = { pod: { app: 'a' } };
  const to = { pod: { app: 'b' } };

  it('allow everything where there is none', () => {
    expect(new NetworkRules([]).allows({ from, to, port: 1 })).toBe(true);
  });

  it('deny what no policy of a chosen pod names', () => {
    const rules = new NetworkRules([policy({ podSelector: { matchLabels: { app: 'b' } }, policyTypes: ['Ingress'] })]);
    expect(rules.allows({ from, to, port: 1 })).toBe(false);
    expect(rules.allows({ from: to, to: from, port: 1 })).toBe(true);
  });

  it('need both sides', () => {
    const peers = [{ podSelector: { matchLabels: { app: 'b' } } }];
    const out = policy({ podSelector: {}, policyTypes: ['Egress'], egress: [{ to: peers, ports: [{ port: 1 }] }] });
    expect(new NetworkRules([out]).allows({ from, to, port: 1 })).toBe(true);
    expect(new NetworkRules([out]).allows({ from, to, port: 2 })).toBe(false);
    const shut = policy({ podSelector: {}, policyTypes: ['Ingress'] });
    expect(new NetworkRules([out, shut]).allows({ from, to, port: 1 })).toBe(false);
  });

  it('know blocks of addresses and their holes', () => {
    const ipBlock = { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] };
    const rules = new NetworkRules([
      policy({ podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock }], ports: [{ port: 1 }] }] }),
    ]);
    const reaches = (address: string): boolean => rules.allows({ from, to: { address }, port: 1 });
    expect(['10.2.3.4', '10.1.3.4', '11.0.0.1'].map(reaches)).toEqual([true, false, false]);
  });
});
