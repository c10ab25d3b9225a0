import { runService, oneLine } from '@parlance/bootstrap';
import { environmentOver } from '@parlance/config';
import { STANDALONE_DEFAULTS } from './standalone.config.js';
import { standalone } from './standalone.js';

await runService(
  standalone({
    print: (text) => process.stdout.write(`${text}\n`),
    fail: (problem) => {
      process.stderr.write(`${oneLine(`parlance standalone: ${problem}`)}\n`);
      process.exit(1);
    },
  }),
  { env: environmentOver(STANDALONE_DEFAULTS) },
);
