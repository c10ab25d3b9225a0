import { describe, expect, it } from 'vitest';
import { costsOf, type CpuProfile } from './profile.js';

const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber });

const PROFILE: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3, 6] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('send', 'file:///x/apps/gateway/dist/send.js', 9), children: [4, 5] },
    { id: 4, callFrame: frame('parse', 'file:///x/node_modules/@scope/name/index.js', 1) },
    { id: 5, callFrame: frame('send', 'file:///x/apps/gateway/dist/send.js', 9) },
    { id: 6, callFrame: frame('writev') },
  ],
  samples: [2, 3, 4, 4, 5, 6],
  timeDeltas: [90_000, 1_000, 2_000, 3_000, 1_000, 3_000],
};

describe('costsOf', () => {
  it('sums own time by function and by package, idle time aside', () => {
    const { busyMs, functions, packages } = costsOf(PROFILE, 2);
    expect(busyMs).toBe(10);
    expect(functions).toEqual([
      { what: 'parse @scope/name/index.js:2', share: 0.5 },
      { what: 'writev', share: 0.3 },
    ]);
    expect(packages).toEqual([
      { what: '@scope/name', share: 0.5 },
      { what: '(native)', share: 0.3 },
    ]);
  });

  it('counts a function that calls itself once', () => {
    expect(costsOf(PROFILE, 5).inclusive).toEqual([{ what: 'send apps/gateway/dist/send.js:10', share: 0.7 }]);
  });
});
