/** Which version came before this one, as far as making it goes: tools/upgrade/previous.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { z } from 'zod';

export const ROOT = join(import.meta.dirname, '../../..');

const Previous = z.object({ commit: z.string().regex(/^[0-9a-f]{40}$/) });

/** @returns {string} */
export function previousCommit() {
  return Previous.parse(JSON.parse(readFileSync(join(ROOT, 'tools/upgrade/previous.json'), 'utf8'))).commit;
}
