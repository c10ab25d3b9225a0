import { environmentOver } from '@parlance/config';
import { CLUSTER_DEFAULTS } from './cluster.config.js';
import { runCluster } from './run-cluster.js';

await runCluster({
  host: process,
  env: environmentOver(CLUSTER_DEFAULTS),
  print: (text) => process.stdout.write(`${text}\n`),
});
