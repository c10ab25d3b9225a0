/** `nx run parlance:boundaries [--root=DIR]`: prints each broken import rule and exits 1 if there is any. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { cruiseWorkspace } from './cruise.mjs';
import rules from './rules.mjs';

const { values } = parseArgs({ options: { root: { type: 'string', default: '.' } } });
const { files, violations } = await cruiseWorkspace(resolve(values.root));

const comments = new Map(rules.forbidden?.map(({ name, comment }) => [name, comment]));
for (const { rule, from, to } of violations) {
  console.error(`${rule}: ${from} imports ${to}\n  ${comments.get(rule) ?? ''}`);
}
console.log(`${String(files)} files, ${String(violations.length)} broken import rules`);
process.exitCode = violations.length > 0 || files === 0 ? 1 : 0;
