import {
  EXIT_CONFIG,
  greeting,
  oneLine,
  readSettings,
  startupLine,
  superviseProcess,
  type ProcessHost,
} from '@parlance/bootstrap';
import type { Environment } from '@parlance/config';
import { createLogger, systemClock, type Clock } from '@parlance/observability';
import { APP_SETTING_NAMES } from './app-environment.js';
import { AppStartError } from './app-process.js';
import { Cluster } from './cluster.js';
import { clusterFragments } from './cluster.config.js';
import type { Ending } from './part.js';

export interface ClusterRun {
  readonly host: ProcessHost;
  readonly env: Environment;
  /** Receives what a person should read. */
  readonly print: (text: string) => void;
  /** The system's clock when not given. */
  readonly clock?: Clock;
}

const EXIT_FAILURE = 1;
/** Three groups of apps and one of servers are ended one after the other. */
const STOP_STAGES = 4;

/**
 * The launcher's process: settings, the cluster, signals. What keeps it from starting is one line on standard error (one per problem of
 * the settings, exit code 78; anything else exit code 1), and so is what makes it stop.
 */
export async function runCluster({ host, env, print, clock = systemClock }: ClusterRun): Promise<void> {
  const settings = readSettings('cluster', clusterFragments, { host, env, alsoKnown: APP_SETTING_NAMES });
  if (settings === undefined) {
    host.exit(EXIT_CONFIG);
    return;
  }
  const logger = createLogger({ service: 'cluster', level: settings.log.level });
  const fail = async (lines: readonly string[], code: number): Promise<void> => {
    if (cluster.stopping) return;
    for (const line of lines) host.stderr.write(`${line}\n`);
    await cluster.stop();
    host.exit(code);
  };
  const onLost = (reason: string, ending: Ending): void =>
    void fail([oneLine(`parlance cluster: stopping, because ${reason}`)], exitCode(ending));
  const cluster = new Cluster({ settings, env, logger, clock, stderr: host.stderr, onLost });
  superviseProcess(host, {
    logger,
    clock,
    graceMs: settings.drain.graceMs * STOP_STAGES,
    endsWithParent: settings.process.endsWithParent,
    close: async () => cluster.stop(),
  });
  try {
    const urls = await cluster.start();
    print(greeting({ urls, demo: settings.cluster.demo }));
  } catch (error) {
    logger.debug({ code: 'start-failed', err: error }, 'could not start');
    await fail(linesOf(error), error instanceof AppStartError ? exitCode(error.ending) : EXIT_FAILURE);
  }
}

/** An app that could not start has said why. */
function linesOf(error: unknown): readonly string[] {
  if (error instanceof AppStartError && error.lines.length > 0) return error.lines;
  return [startupLine('cluster', error)];
}

function exitCode({ final }: Ending): number {
  return final ? EXIT_CONFIG : EXIT_FAILURE;
}
