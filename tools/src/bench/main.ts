import { parseArgs } from 'node:util';
import { z } from 'zod';
import { benchDurable, type DurableOptions } from './durable.js';
import { benchFacts } from './facts.js';
import { benchPresence } from './presence.js';
import { benchRender } from './render.js';
import { benchStart } from './start-up.js';

const USAGE = `usage: npm run bench durable [-- options], npm run bench presence, npm run bench render, npm run bench facts,
or npm run bench start

durable: 1:1 messages across two gateways against a hand-written server that does one INSERT per message
  --pairs 500        pairs of people
  --rounds 3         rounds of (peer, parlance); the ratio is the median's
  --warm-up 1.5      seconds before anything counts
  --seconds 4        seconds of the closed loop, and of the open one
  --rate 1200        messages per second of the open loop
  --json FILE        writes all figures there
  --alone            without the peer
  --profile FOLDER   CPU profiles of Parlance's processes, and what they spend their time on
presence: users connect, leave and drop, against a bare Socket.IO server; the grace is 0
  --users 5000, --rounds 3, --json FILE
render: the same facts rendered for every dialect against JSON.stringify of them
  --rounds 3, --facts 20000
facts: what users did, told to the native API 100 at a time, against a hand-written server with an INSERT and an UPDATE per fact
  --rounds 3, --warm-up 1.5, --seconds 4
start: start-up time and memory of standalone`;

const count = z.coerce.number().int().min(1).max(100_000);
const seconds = z.coerce.number().min(0.1).max(3_600);
const optionsSchema = z.object({
  pairs: count.default(500),
  rounds: count.default(3),
  facts: count.default(20_000),
  users: count.default(5_000),
  'warm-up': seconds.default(1.5),
  seconds: seconds.default(4),
  rate: count.default(1_200),
  json: z.string().min(1).optional(),
  profile: z.string().min(1).optional(),
  alone: z.boolean().default(false),
});

const print = (text: string): void => void process.stdout.write(`${text}\n`);

function readArguments() {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      pairs: text,
      rounds: text,
      facts: text,
      users: text,
      'warm-up': text,
      seconds: text,
      rate: text,
      json: text,
      profile: text,
      alone: { type: 'boolean' },
    },
  });
  return { name: positionals[0], options: optionsSchema.parse(values) };
}

async function run(): Promise<number> {
  const { name, options } = readArguments();
  if (name === 'start') {
    await benchStart(print);
    return 0;
  }
  if (name === 'presence') {
    const { users, rounds, json } = options;
    return (await benchPresence({ users, rounds, json }, print)) ? 0 : 1;
  }
  if (name === 'render') return benchRender({ rounds: options.rounds, facts: options.facts }, print) ? 0 : 1;
  if (name === 'facts') {
    const { rounds, 'warm-up': warmUp, seconds: length } = options;
    return (await benchFacts({ rounds, warmUp, seconds: length }, print)) ? 0 : 1;
  }
  if (name !== 'durable') throw new Error(`There is no bench ${name ?? 'without a name'}.`);
  const { json, profile, 'warm-up': warmUp, ...rest } = options;
  const durable: DurableOptions = { ...rest, json, profile, warmUp };
  return (await benchDurable(durable, print)) ? 0 : 1;
}

run().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}\n\n${USAGE}\n`);
    process.exit(1);
  },
);
