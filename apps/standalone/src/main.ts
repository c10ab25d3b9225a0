import { runService } from '@parlance/bootstrap';
import { environmentOver } from '@parlance/config';
import { STANDALONE_DEFAULTS } from './standalone.config.js';
import { standalone } from './standalone.js';

await runService(
  standalone((text) => process.stdout.write(`${text}\n`)),
  {
    env: environmentOver(STANDALONE_DEFAULTS),
  },
);
