import { describe, expect, it } from 'vitest';
import { createLogger, type Logger } from './logger.js';

const SECRET = 'hunter2-very-secret-value';
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl';
const KEY = `sk_65f0c0ffee65f0c0ffee65f0_${'Ab1-'.repeat(11)}`;

function logged(write: (logger: Logger) => void): string {
  const lines: string[] = [];
  const logger = createLogger({ service: 'toy', level: 'trace', destination: { write: (line) => lines.push(line) } });
  write(logger);
  return lines.join('');
}

describe('createLogger', () => {
  it('writes one JSON line with service, level, time and fields', () => {
    const line: unknown = JSON.parse(logged((logger) => logger.info({ code: 'x', roomId: 'r' }, 'hello %s', 'Ann')));
    expect(line).toMatchObject({ service: 'toy', level: 'info', code: 'x', roomId: 'r', msg: 'hello Ann' });
    expect(line).toHaveProperty('time', expect.stringMatching(/^\d{4}-\d\d-\d\dT/));
  });

  it('stays silent below its level', () => {
    const lines: string[] = [];
    createLogger({ service: 'toy', level: 'warn', destination: { write: (line) => lines.push(line) } }).info('no');
    expect(lines).toEqual([]);
  });

  it.each([
    'token',
    'apiKey',
    'api_key',
    'authorization',
    'Authorization',
    'password',
    'secret',
    'clientSecret',
    'auth',
    'cookie',
    'accessToken',
    'encryptHashKey',
    'x-api-key',
  ])('hides the value of %s at any depth', (name) => {
    const output = logged((logger) => {
      logger.info({ [name]: SECRET }, 'top');
      logger.info({ req: { headers: [{ [name]: SECRET }] } }, 'deep');
      logger
        .child({ id: 1 })
        .child({ [name]: SECRET, query: { [name]: SECRET } })
        .warn('bound');
      logger.error(Object.assign(new Error('boom', { cause: { [name]: SECRET } }), { config: { [name]: SECRET } }));
    });
    expect(output).not.toContain(SECRET);
    expect(output.match(/\[redacted\]/g)).toHaveLength(6);
  });

  it.each([
    ['database URL', `connect postgresql://parlance:${SECRET}@db:5432/x failed`],
    ['token without a name in user info', `connect redis://${SECRET}@cache:6379 failed`],
    ['query value', `GET /socket.io/?EIO=4&token=${SECRET}&transport=polling`],
    ['auth query value', `GET /socket.io/?auth=${SECRET}`],
    ['bearer', `Bearer ${SECRET}`],
    ['JSON text', JSON.stringify({ apiKey: SECRET })],
  ])('hides a secret in running text: %s', (_, text) => {
    const output = logged((logger) => {
      logger.info(text);
      logger.info('says %s', text);
      logger.info({ note: text }, 'noted');
      logger.error({ err: new Error(text) }, 'failed');
    });
    expect(output).not.toContain(SECRET);
    expect(
      output
        .trim()
        .split('\n')
        .map((line) => typeof JSON.parse(line)),
    ).toEqual(Array(4).fill('object'));
  });

  it('knows a JWT and an API key by their shape', () => {
    const output = logged((logger) => logger.info({ value: JWT, list: [KEY] }, `${JWT} and ${KEY}`));
    expect(output).not.toContain(JWT);
    expect(output).not.toContain(KEY.slice(30));
  });

  it('keeps what helps: error type, code, message, stack and cause', () => {
    const error = Object.assign(new TypeError('outer', { cause: new Error('inner') }), { code: 'unavailable' });
    const line: unknown = JSON.parse(logged((logger) => logger.error({ err: error }, 'failed')));
    expect(line).toMatchObject({
      err: { type: 'TypeError', message: 'outer', code: 'unavailable', cause: { message: 'inner' } },
    });
    expect(line).toHaveProperty('err.stack', expect.stringContaining('logger.spec'));
  });

  it('survives circular, deep, huge, binary and bigint values', () => {
    const circle: Record<string, unknown> = { big: 10n, bytes: Buffer.alloc(1_000), nothing: null };
    circle['self'] = circle;
    let deep: Record<string, unknown> = {};
    for (let level = 0; level < 1_000; level += 1) deep = { deep };
    const output = logged((logger) =>
      logger.info({ circle, deep, wide: Array(100_000).fill('x'), long: 'y'.repeat(1_000_000) }, 'odd'),
    );
    expect(output).toContain('[circular]');
    expect(output).toContain('[too deep]');
    expect(output).toContain('[1000 bytes]');
    expect(output).toContain('[990000 more]');
    expect(output.length).toBeLessThan(15_000);
  });
});
