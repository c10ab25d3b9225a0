// needs: promtool
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ALERTS_FILE, ALERT_TESTS_FILE, alerts } from './files.js';

function promtool(...args: readonly string[]): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

describe('the alert rules, by promtool', () => {
  it('are rules, all of them', () => {
    const { status, said } = promtool('check', 'rules', ALERTS_FILE);
    expect(said).toContain(`SUCCESS: ${alerts().length} rules found`);
    expect(status).toBe(0);
  });

  it('fire when they should, and only then', () => {
    const { status, said } = promtool('test', 'rules', ALERT_TESTS_FILE);
    expect(said).toContain('SUCCESS');
    expect([status, said]).toEqual([0, said]);
  });
});
