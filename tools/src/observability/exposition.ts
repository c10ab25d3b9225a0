/** A metric as an app exports it. */
export interface ExportedMetric {
  readonly name: string;
  readonly kind: string;
  readonly help: string;
}

export interface ExportedBy extends ExportedMetric {
  readonly services: readonly string[];
}

const NODE_OWN = /^(?:process|nodejs)_/;
const SERVICE_LABEL = /service="([a-z]+)"/;

/** The metrics of one /metrics answer; its values and those of the client library are left out. */
export function exportedMetrics(text: string): readonly ExportedMetric[] {
  const helps = new Map([...text.matchAll(/^# HELP (\w+) (.*)$/gm)].map(([, name = '', help = '']) => [name, help]));
  const kinds = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  return kinds
    .map(([, name = '', kind = '']) => ({ name, kind, help: helps.get(name) ?? '' }))
    .filter(({ name }) => !NODE_OWN.test(name));
}

/** Every series of an answer says whose it is. */
export function servicesIn(text: string): readonly string[] {
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return [...new Set(series.map((line) => SERVICE_LABEL.exec(line)?.[1] ?? `nobody: ${line}`))];
}

/** The metrics of an installation, by name. `answers`: what each of its apps says, by the app's name. */
export function metricsOf(answers: readonly (readonly [service: string, text: string])[]): readonly ExportedBy[] {
  const found = new Map<string, ExportedBy>();
  for (const [service, text] of answers) {
    for (const metric of exportedMetrics(text)) {
      const services = [...new Set([...(found.get(metric.name)?.services ?? []), service])].sort();
      found.set(metric.name, { ...metric, services });
    }
  }
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

const HEAD = `# Metrics

Written by \`npx vitest run tools/src/observability/stack.int.spec.ts -u\` from what a running cluster exports, and compared with it by the
same test. Each series also has the label \`service\`. Beside these, every app exports \`process_*\` and \`nodejs_*\` of prom-client.

`;

/** The page of docs that lists them. `everywhere`: how many apps there are. */
export function metricsPage(metrics: readonly ExportedBy[], everywhere: number): string {
  const rows = metrics.map(({ name, kind, help, services }) => {
    const by = services.length === everywhere ? 'every app' : services.join(', ');
    return `| \`${name}\` | ${kind} | ${by} | ${help.replaceAll('|', '\\\\|')} |`;
  });
  return `${HEAD}| Metric | Kind | Exported by | Meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}
