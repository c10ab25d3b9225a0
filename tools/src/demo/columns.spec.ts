import { describe, expect, it } from 'vitest';
import { Columns } from './columns.js';
import { compact } from './compact.js';

const LONG = 'x'.repeat(300);

describe('Columns', () => {
  it('keeps every line within the terminal, from 80 to 160 columns', () => {
    for (const [terminal, limit] of [
      [20, 80],
      [80, 80],
      [121, 121],
      [160, 160],
      [400, 160],
    ] as const) {
      const columns = new Columns(terminal);
      const text = [columns.heading(LONG, LONG), columns.event(12_345, 'left', LONG), columns.event(0, 'right', LONG)];
      for (const line of text.join('\n').split('\n')) expect(line.length).toBeLessThanOrEqual(limit);
    }
  });

  it('shows each client in its own column', () => {
    const columns = new Columns(80);
    expect(columns.event(1_500, 'left', 'here')).toMatch(/^ {2}1\.50 {2}here +\|$/);
    expect(columns.event(1_500, 'right', 'there')).toMatch(/^ {2}1\.50 +\| there$/);
  });
});

describe('compact', () => {
  it('shows what was said first, ids by their end and deep objects as a hint', () => {
    const id = '65f0c0ffee65f0c0ffee1234';
    const payload = { chat_id: id, user: { id, likes: { tea: true } }, text: 'Hello', seen: false, n: null };
    expect(compact([payload])).toBe(
      '{text:"Hello", chat_id:…ee1234, user:{id:…ee1234, likes:{…}}, seen:false, n:null}',
    );
    expect(compact([id])).toBe('…ee1234');
    expect(compact([[1, [2, [3]]], 7])).toBe('[1, [2, […]]], 7');
    expect(compact([])).toBe('');
  });

  it('lets nothing reach the terminal that moves its cursor', () => {
    expect(compact([{ text: 'a\u001b[2Jb\r\n' }, 'c\u0007'])).not.toMatch(/[\u0000-\u001f]/);
  });

  it('shortens long strings', () => {
    expect(compact([{ text: LONG }]).length).toBeLessThan(60);
    expect(compact([LONG]).length).toBeLessThan(60);
  });
});
