import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { configurationPage } from './configuration.js';
import { interopPage } from './interop.js';

/** The pages that are made from tables, by their file in tools/docs. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'interop.md': interopPage,
  'configuration.md': configurationPage,
};

export function pathOf(page: string): string {
  return fileURLToPath(new URL(`../../../tools/docs/${page}`, import.meta.url));
}

/** A page as it is to stand in its file. */
export async function written(page: string, make: () => string): Promise<string> {
  return format(make(), { ...(await resolveConfig(pathOf(page))), parser: 'markdown' });
}
