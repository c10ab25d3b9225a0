import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { shipReport, STEPS } from './steps.js';

const packageSchema = z.object({ scripts: z.record(z.string(), z.string()) });

describe('what is verified before it ships', () => {
  it('says how long each step took and which failed', () => {
    const fine = { name: 'checks', seconds: 61.4, exitCode: 0 };
    expect(shipReport([fine])).toEqual({ text: 'ok         61 s  checks\n\n1.0 minutes. It ships.', exitCode: 0 });
    const { text, exitCode } = shipReport([fine, { name: 'fuzz', seconds: 3, exitCode: null }]);
    expect(text).toContain('FAILED      3 s  fuzz');
    expect(text).toContain('It does not ship: fuzz.');
    expect(exitCode).toBe(1);
  });

  it('runs scripts that there are', () => {
    const { scripts } = packageSchema.parse(
      JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')),
    );
    const named = STEPS.map(({ command }) => command.filter((part) => !part.startsWith('-')))
      .filter(([file]) => file === 'npm')
      .map(([, first = '', second = '']) => (first === 'run' ? second : first));
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(named).toContain('test');
  });
});
