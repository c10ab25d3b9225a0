import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerKind } from '@parlance/bootstrap';
import { z } from 'zod';
import { PrivateServer } from './private-server.js';

export interface PrometheusOptions {
  /** origins whose /metrics it reads, each second */
  readonly targets: readonly string[];
  /** a file with rules */
  readonly rules: string;
}

const ANSWER_MS = 5_000;
const answerSchema = z.object({ status: z.literal('success'), data: z.unknown() });
const sampleSchema = z.object({
  metric: z.record(z.string(), z.string()),
  value: z.tuple([z.number(), z.string()]),
});
const vectorSchema = z.object({ result: z.array(sampleSchema) });
const targetsSchema = z.object({
  activeTargets: z.array(z.object({ scrapeUrl: z.string(), health: z.string(), lastError: z.string() })),
});
const rulesSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          name: z.string(),
          query: z.string(),
          health: z.string(),
          state: z.string(),
          lastError: z.string().optional(),
        }),
      ),
    }),
  ),
});

export type Sample = z.output<typeof sampleSchema>;
export type Target = z.output<typeof targetsSchema>['activeTargets'][number];
export type Rule = z.output<typeof rulesSchema>['groups'][number]['rules'][number];

/** A real Prometheus of a test's own, on loopback. */
export class PrivatePrometheus {
  private constructor(private readonly server: PrivateServer) {}

  static async start(options: PrometheusOptions): Promise<PrivatePrometheus> {
    return new PrivatePrometheus(await PrivateServer.start(prometheus(options)));
  }

  async targets(): Promise<readonly Target[]> {
    return targetsSchema.parse(await this.#ask('targets', {})).activeTargets;
  }

  async rules(): Promise<readonly Rule[]> {
    return rulesSchema.parse(await this.#ask('rules', {})).groups.flatMap(({ rules }) => rules);
  }

  /** @throws Error when it is no query. */
  async query(query: string): Promise<readonly Sample[]> {
    return vectorSchema.parse(await this.#ask('query', { query })).result;
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }

  async #ask(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const url = `${this.server.url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`;
    const answer: unknown = await (await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })).json();
    const parsed = answerSchema.safeParse(answer);
    if (!parsed.success) throw new Error(`Prometheus refused ${path}: ${JSON.stringify(answer)}`);
    return parsed.data.data;
  }
}

function prometheus({ targets, rules }: PrometheusOptions): ServerKind {
  return {
    program: 'prometheus',
    setting: 'PATH',
    scheme: 'http',
    args: ({ port, folder }) => {
      const config = join(folder, 'prometheus.yml');
      copyFileSync(rules, join(folder, 'rules.yml'));
      writeFileSync(config, JSON.stringify(configOf(targets)));
      return [
        `--config.file=${config}`,
        `--web.listen-address=127.0.0.1:${port}`,
        `--storage.tsdb.path=${join(folder, 'series')}`,
      ];
    },
    ready: /Server is ready to receive web requests/,
  };
}

/** YAML, of which JSON is a part. */
function configOf(targets: readonly string[]): object {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yml'],
    scrape_configs: [{ job_name: 'parlance', static_configs: [{ targets: targets.map((url) => new URL(url).host) }] }],
  };
}
