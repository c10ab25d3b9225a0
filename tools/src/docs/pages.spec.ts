import { readFileSync } from 'node:fs';
import { describe as rowsOf } from '@parlance/config';
import { describe, expect, it } from 'vitest';
import { DECLARED_APPS } from '../config/declared-apps.js';
import { PAGES, pathOf, written } from './pages.js';

describe('the pages made from tables', () => {
  it.each(Object.entries(PAGES))(
    '%s stands in the docs as the tables have it (npm run docs writes it)',
    async (page, make) => {
      expect(readFileSync(pathOf(page), 'utf8')).toBe(await written(page, make));
    },
  );

  it.each(DECLARED_APPS)('document every setting of $name', ({ fragments }) => {
    const page = readFileSync(pathOf('configuration.md'), 'utf8');
    expect(rowsOf(fragments).filter(({ env }) => !page.includes(`| \`${env}\``))).toEqual([]);
  });
});
