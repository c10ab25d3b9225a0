import { startStandalone, type StandaloneStack } from '@parlance/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDemo } from './demo.js';

let stack: StandaloneStack;
beforeAll(async () => {
  stack = await startStandalone();
});
afterAll(async () => stack.stop());

async function demo(url: string): Promise<{ readonly code: number; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const code = await runDemo({ urls: [url], width: 120, paceMs: 1, print: (line) => lines.push(...line.split('\n')) });
  return { code, lines };
}

const left = (line: string): string => line.slice(0, line.indexOf(' | '));
const right = (line: string): string => line.slice(line.indexOf(' | '));

describe('demo', () => {
  it('shows both clients talking in one room, each in its own words', async () => {
    const { code, lines } = await demo(stack.url);
    expect(code, lines.join('\n')).toBe(0);
    expect(lines.at(-1)).toMatch(/^Both clients saw all \d+ messages/);
    const said = lines.find((line) => left(line).includes('> message {text:"Hello! I am a MinChat widget.'));
    const heard = lines.find((line) => right(line).includes('< receive {message:"Hello! I am a MinChat widget.'));
    const answered = lines.find((line) => left(line).includes('< message {text:"Hi! I am a Socket.IO 2 client'));
    for (const line of [said, heard, answered]) expect(line, lines.join('\n')).toBeDefined();
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(120);
  });

  it('can be repeated', async () => {
    expect((await demo(stack.url)).code).toBe(0);
  });

  it('says in one line what to do when nothing runs there', async () => {
    const { code, lines } = await demo('http://127.0.0.1:9');
    expect(code).toBe(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('npm start');
  });
});
