import { apiFragments } from '@parlance/api/config';
import { callFragments } from '@parlance/call/config';
import { CLUSTER_DEFAULTS, clusterFragments } from '@parlance/cluster/config';
import { baseFragments, busFragments, type Environment, type Fragment } from '@parlance/config';
import { gamificationFragments } from '@parlance/gamification/config';
import { gatewayFragments } from '@parlance/gateway/config';
import { identityFragments } from '@parlance/identity/config';
import { messageFragments } from '@parlance/message/config';
import { migrateFragments } from '@parlance/migrate/config';
import { presenceFragments } from '@parlance/presence/config';
import { STANDALONE_DEFAULTS, standaloneFragments } from '@parlance/standalone/config';

/** An app as its environment sees it. */
export interface DeclaredApp {
  readonly name: string;
  /** Every setting it reads, as its `main.ts` puts them together. */
  readonly fragments: readonly Fragment[];
  /** What it decides itself where the environment says nothing. */
  readonly defaults?: Environment;
  /** One process of several that share the work: it runs on the bus, in a cluster, in compose and in Kubernetes. */
  readonly distributed: boolean;
  /** Finds the settings of the apps it starts in its own environment. */
  readonly startsOthers?: boolean;
}

/** One line for each app that reads settings. */
export const DECLARED_APPS: readonly DeclaredApp[] = [
  onTheBus('gateway', gatewayFragments),
  onTheBus('api', apiFragments),
  onTheBus('identity', identityFragments),
  onTheBus('message', messageFragments),
  onTheBus('presence', presenceFragments),
  onTheBus('call', callFragments),
  onTheBus('gamification', gamificationFragments),
  { name: 'migrate', fragments: migrateFragments, distributed: false },
  {
    name: 'standalone',
    fragments: [...baseFragments, ...standaloneFragments, ...apiFragments],
    defaults: STANDALONE_DEFAULTS,
    distributed: false,
  },
  { name: 'cluster', fragments: clusterFragments, defaults: CLUSTER_DEFAULTS, distributed: false, startsOthers: true },
];

function onTheBus(name: string, own: readonly Fragment[]): DeclaredApp {
  return { name, fragments: [...baseFragments, ...own, ...busFragments], distributed: true };
}

/** @throws RangeError for a name that is no app's. */
export function declaredApp(name: string): DeclaredApp {
  const found = DECLARED_APPS.find((app) => app.name === name);
  if (found !== undefined) return found;
  throw new RangeError(`There is no app '${name}'. There are: ${DECLARED_APPS.map((app) => app.name).join(', ')}.`);
}
