import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

const alertSchema = z.strictObject({
  alert: z.string().regex(/^Parlance[A-Z]\w+$/),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning', 'info']) }),
  annotations: z.strictObject({ summary: z.string(), runbook: z.string() }),
});
const alertsSchema = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(alertSchema) })),
});
const targetSchema = z.looseObject({ refId: z.string(), expr: z.string() });
const panelSchema = z.looseObject({
  id: z.int(),
  title: z.string(),
  type: z.enum(['row', 'timeseries']),
  targets: z.array(targetSchema).optional(),
});
const dashboardSchema = z.looseObject({ title: z.string(), uid: z.string(), panels: z.array(panelSchema) });

export type Alert = z.output<typeof alertSchema>;
export type Panel = z.output<typeof panelSchema>;

export const ALERTS_FILE = place('tools/observability/alerts.yml');
export const ALERT_TESTS_FILE = place('tools/observability/alerts.test.yml');
export const METRICS_PAGE = place('tools/docs/metrics.md');

export function alerts(): readonly Alert[] {
  const rules: unknown = parse(readFileSync(ALERTS_FILE, 'utf8'));
  return alertsSchema.parse(rules).groups.flatMap((group) => group.rules);
}

export function panels(): readonly Panel[] {
  const dashboard: unknown = JSON.parse(readFileSync(place('tools/observability/dashboard.json'), 'utf8'));
  return dashboardSchema.parse(dashboard).panels;
}

/** Every query of the dashboard. */
export function dashboardQueries(): readonly string[] {
  return panels().flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
}

/** The headings of the runbooks, as a browser finds them. */
export function runbookAnchors(): readonly string[] {
  const text = readFileSync(place('tools/docs/runbooks.md'), 'utf8');
  return [...text.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title.toLowerCase().replaceAll(' ', '-'));
}

/** The metrics that tools/docs/metrics.md lists. */
export function documentedMetrics(): readonly string[] {
  const text = readFileSync(METRICS_PAGE, 'utf8');
  return [...text.matchAll(/^\| `([a-z_]+)`/gm)].map(([, name = '']) => name);
}

function place(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}
