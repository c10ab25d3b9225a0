import { dirname } from 'node:path';
import { DRAIN_STEPS, drainConfig, loadConfig, type Environment } from '@parlance/config';
import { checkConfig } from '../config/check-config.js';
import { DECLARED_APPS, type DeclaredApp } from '../config/declared-apps.js';
import { secretNames, settingNames } from '../config/setting-names.js';
import { appOf } from '../k8s/manifest.js';
import type { ComposeFile, ComposeService } from './compose-file.js';

/** Where containers find what is made at the first start. */
const SECRETS = '/run/parlance';
const FILE = '_FILE';

/** An app of ours, and what it is called in the file. */
interface Running {
  readonly service: string;
  readonly app: DeclaredApp;
  readonly is: ComposeService;
}

export interface CheckOptions {
  /** Names of the folders under `apps/` that run as processes of their own. */
  readonly apps: readonly string[];
  /** Folder with the secrets of an installation, under the names that make-secrets gives them. */
  readonly secrets: string;
}

/** What is wrong with a compose file. One line per problem, with the service it is of. */
export function composeProblems(file: ComposeFile, { apps, secrets }: CheckOptions): readonly string[] {
  const running = runningApps(file);
  return [
    ...apps.filter((name) => !running.some(({ app }) => app.name === name)).map((name) => `no service runs ${name}`),
    ...Object.entries(file.services).flatMap(([service, is]) => told(service, serverProblems(is))),
    ...running.flatMap((one) => told(one.service, appProblems(one, secrets))),
  ];
}

/** The services of the file that run an app of ours. */
export function runningApps(file: ComposeFile): readonly Running[] {
  return Object.entries(file.services).flatMap(([service, is]) => {
    const name = appOf(is);
    const app = DECLARED_APPS.find((candidate) => candidate.name === name);
    return app === undefined ? [] : [{ service, app, is }];
  });
}

function told(service: string, problems: readonly string[]): readonly string[] {
  return problems.map((problem) => `${service}: ${problem}`);
}

function serverProblems(is: ComposeService): readonly string[] {
  return unmet({
    'its log has no bound': is.logging?.options['max-size'] !== undefined,
    'it is privileged': !is.privileged && is.cap_add.length === 0,
    'lets others than this machine in': is.ports.every((port) => port.startsWith('127.0.0.1:')),
  });
}

function appProblems({ app, is }: Running, secrets: string): readonly string[] {
  const given = Object.keys(is.environment);
  const [declared, secret] = [settingNames(app), secretNames(app)];
  const open = given.filter((name) => secret.has(name) && hasPassword(is.environment[name] ?? ''));
  return [
    ...given.filter((name) => !declared.has(name)).map((name) => `${name} is no setting of ${app.name}`),
    ...open.map((name) => `${name} is a secret and is given openly`),
    ...checkConfig([app], settingsOf(is, secrets)).problems,
    ...unmet({
      'writes to its image': is.read_only && is.tmpfs.includes('/tmp'),
      'keeps capabilities': is.cap_drop.includes('ALL'),
      'may become privileged': is.security_opt.includes('no-new-privileges:true'),
      'is not started again': is.restart === (app.distributed ? 'unless-stopped' : 'no'),
      'has no health check': is.healthcheck?.disable !== app.distributed,
      'may be killed before its shutdown is over': !app.distributed || endsInTime(is),
      'starts before its tables are there': !app.distributed || !declared.has('DATABASE_URL') || waits(is),
    }),
  ];
}

/** An address alone opens nothing on a network that nobody else is on. */
function hasPassword(value: string): boolean {
  return value !== '' && !(URL.canParse(value) && new URL(value).password === '');
}

/** Secrets from the folder instead of the containers' one. */
function settingsOf({ environment }: ComposeService, secrets: string): Environment {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      name.endsWith(FILE) && dirname(value) === SECRETS ? value.replace(SECRETS, secrets) : value,
    ]),
  );
}

function waits({ depends_on }: ComposeService): boolean {
  return depends_on['migrate']?.condition === 'service_completed_successfully';
}

function endsInTime({ environment, stop_grace_period = '10s' }: ComposeService): boolean {
  const { drain } = loadConfig([drainConfig], {
    DRAIN_GRACE_MS: environment['DRAIN_GRACE_MS'],
    DRAIN_ANNOUNCE_MS: environment['DRAIN_ANNOUNCE_MS'],
  });
  const [, seconds] = /^(\d+)s$/.exec(stop_grace_period) ?? [];
  return Number(seconds) * 1_000 > DRAIN_STEPS * drain.graceMs && drain.announceMs < drain.graceMs;
}

function unmet(rules: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.entries(rules).flatMap(([problem, met]) => (met ? [] : [problem]));
}
