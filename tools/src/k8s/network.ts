import { z } from 'zod';
import { ofKind, type Manifest } from './manifest.js';

/** NetworkPolicies as Kubernetes reads them, as far as ours go: who may open a connection to whom. */

const Labels = z.record(z.string(), z.string());

const Selector = z.object({
  matchLabels: Labels.default({}),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.literal('In'), values: z.array(z.string()) }))
    .default([]),
});

const Peer = z.object({
  podSelector: Selector.optional(),
  namespaceSelector: Selector.optional(),
  ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});

const Ports = z.array(z.object({ port: z.number(), protocol: z.enum(['TCP', 'UDP']).default('TCP') }));

const Policy = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    podSelector: Selector,
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
    ingress: z.array(z.object({ from: z.array(Peer), ports: Ports })).default([]),
    egress: z.array(z.object({ to: z.array(Peer), ports: Ports })).default([]),
  }),
});

type Labels = z.infer<typeof Labels>;
type Policy = z.infer<typeof Policy>;
type Selector = z.infer<typeof Selector>;
type Peer = z.infer<typeof Peer>;

/** One side of a connection: a pod of this namespace, a pod of another one, or an address outside. */
export type Party = { readonly pod: Labels } | { readonly namespace: Labels } | { readonly address: string };

export interface Connection {
  readonly from: Party;
  readonly to: Party;
  readonly port: number;
}

export class NetworkRules {
  readonly #policies: readonly Policy[];

  constructor(manifests: readonly Manifest[]) {
    this.#policies = ofKind(manifests, Policy, 'NetworkPolicy');
  }

  /** Whether both sides let it happen; what is not a pod of this namespace has no say here. */
  allows({ from, to, port }: Connection): boolean {
    const out = !('pod' in from) || this.#lets(from.pod, 'Egress', to, port);
    return out && (!('pod' in to) || this.#lets(to.pod, 'Ingress', from, port));
  }

  #lets(pod: Labels, type: 'Ingress' | 'Egress', other: Party, port: number): boolean {
    const own = this.#policies.filter(({ spec }) => spec.policyTypes.includes(type) && chooses(spec.podSelector, pod));
    // A pod that no policy is about talks to anybody.
    return own.length === 0 || own.some((policy) => rulesOf(policy, type).some((rule) => admits(rule, other, port)));
  }
}

interface Rule {
  readonly peers: readonly Peer[];
  readonly ports: z.infer<typeof Ports>;
}

function rulesOf({ spec }: Policy, type: 'Ingress' | 'Egress'): readonly Rule[] {
  if (type === 'Ingress') return spec.ingress.map(({ from, ports }) => ({ peers: from, ports }));
  return spec.egress.map(({ to, ports }) => ({ peers: to, ports }));
}

function admits({ peers, ports }: Rule, other: Party, port: number): boolean {
  return ports.some((one) => one.port === port) && peers.some((peer) => isMeant(peer, other));
}

function isMeant({ podSelector, namespaceSelector, ipBlock }: Peer, other: Party): boolean {
  if ('address' in other) return ipBlock !== undefined && covers(ipBlock, other.address);
  if ('namespace' in other) return namespaceSelector !== undefined && chooses(namespaceSelector, other.namespace);
  return podSelector !== undefined && namespaceSelector === undefined && chooses(podSelector, other.pod);
}

function chooses({ matchLabels, matchExpressions }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key] ?? ''))
  );
}

function covers({ cidr, except }: { cidr: string; except: readonly string[] }, address: string): boolean {
  return isWithin(cidr, address) && !except.some((hole) => isWithin(hole, address));
}

function isWithin(cidr: string, address: string): boolean {
  const [base = '', bits = '32'] = cidr.split('/');
  const size = 2 ** (32 - Number(bits));
  return Math.floor(numberOf(base) / size) === Math.floor(numberOf(address) / size);
}

/** IPv4 alone. */
function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
