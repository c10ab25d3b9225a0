import { runMigrate } from './run-migrate.js';

// As the first process of a container, Node ends on a signal only where it is told to; an open migration is rolled back by the server.
process.once('SIGTERM', () => process.exit(143));
process.once('SIGINT', () => process.exit(130));
process.exitCode = await runMigrate({ stderr: process.stderr, wait: process.argv.slice(2).includes('--wait') });
