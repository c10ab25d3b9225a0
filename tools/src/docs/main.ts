import { writeFileSync } from 'node:fs';
import { PAGES, pathOf, written } from './pages.js';

/** Writes the pages that are made from tables. */
for (const [page, make] of Object.entries(PAGES)) writeFileSync(pathOf(page), await written(page, make));
