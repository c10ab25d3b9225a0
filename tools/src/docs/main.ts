import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { interopPage } from './interop.js';

/** Writes the pages that are made from tables. */
const page = fileURLToPath(new URL('../../../tools/docs/interop.md', import.meta.url));
writeFileSync(
  page,
  await prettier.format(interopPage(), { ...(await prettier.resolveConfig(page)), parser: 'markdown' }),
);
