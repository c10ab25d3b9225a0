import { existsSync, readFileSync, readdirSync } from 'node:fs';
import type { HttpRequest } from '@parlance/dialect-kit';

/** What the recorded transcripts of a dialect say a real client sends: the good values that mutations begin with. */
export interface GoodInputs {
  /** arguments by event */
  readonly frames: ReadonlyMap<string, readonly (readonly unknown[])[]>;
  readonly requests: readonly Pick<HttpRequest, 'params' | 'query' | 'body'>[];
}

export function goodInputs(folder: string): GoodInputs {
  const frames = new Map<string, unknown[][]>();
  const requests: GoodInputs['requests'][number][] = [];
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : [];
  for (const file of files) visit(JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')), frames, requests);
  return { frames, requests };
}

function visit(value: unknown, frames: Map<string, unknown[][]>, requests: GoodInputs['requests'][number][]): void {
  if (typeof value !== 'object' || value === null) return;
  const { event, args, params, query, body }: Record<string, unknown> = { ...value };
  if (typeof event === 'string' && Array.isArray(args)) frames.set(event, [...(frames.get(event) ?? []), args]);
  if (isTexts(params) && typeof query === 'object' && query !== null)
    requests.push({ params, query: { ...query }, body });
  for (const item of Object.values(value)) visit(item, frames, requests);
}

function isTexts(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && Object.values(value).every((item) => typeof item === 'string');
}
