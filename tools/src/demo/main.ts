import { parseArgs } from 'node:util';
import { environmentOver } from '@parlance/config';
import { runDemo } from './demo.js';

const DEFAULT_PORT = '3000';
const DEFAULT_WIDTH = 100;

function urlsOf(given: readonly string[] | undefined): readonly [string, ...string[]] {
  const { PORT } = environmentOver({ PORT: DEFAULT_PORT });
  const [first = `http://127.0.0.1:${PORT ?? DEFAULT_PORT}`, ...more] = given ?? [];
  return [first, ...more];
}

async function run(): Promise<number> {
  const { values } = parseArgs({ options: { url: { type: 'string', multiple: true } } });
  const { COLUMNS } = environmentOver({});
  const width = process.stdout.isTTY ? process.stdout.columns : Number(COLUMNS) || DEFAULT_WIDTH;
  return runDemo({ urls: urlsOf(values.url), width, print: (line) => void process.stdout.write(`${line}\n`) });
}

run().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`The demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
