import { createLogger } from '@parlance/observability';
import { describe, expect, it } from 'vitest';
import { NestLogger } from './nest.logger.js';

function nestLog(write: (logger: NestLogger) => void, isStarting = false): unknown[] {
  const lines: string[] = [];
  const logger = createLogger({ service: 'toy', level: 'trace', destination: { write: (line) => lines.push(line) } });
  write(new NestLogger(logger, () => isStarting));
  return lines.map((line): unknown => JSON.parse(line));
}

describe('NestLogger', () => {
  it('keeps the context, the stack and what is no text', () => {
    const entries = nestLog((logger) => {
      logger.log('Mapped {/x, GET} route', 'RouterExplorer');
      logger.warn({ odd: 1, token: 'hunter2' }, 'Thing');
      logger.error('broken', 'Error: broken\n at x', 'Thing');
      logger.fatal(new TypeError('lost'));
    });
    expect(entries).toMatchObject([
      { level: 'debug', msg: 'Mapped {/x, GET} route', context: 'RouterExplorer' },
      { level: 'warn', context: 'Thing', details: { odd: 1, token: '[redacted]' } },
      { level: 'error', msg: 'broken', context: 'Thing', stack: 'Error: broken\n at x' },
      { level: 'error', msg: 'lost', code: 'nest-error', err: { type: 'TypeError' } },
    ]);
  });

  it('leaves the errors of a start to whoever reports that start', () => {
    expect(nestLog((logger) => logger.error('broken'), true)).toMatchObject([{ level: 'debug', msg: 'broken' }]);
  });
});
