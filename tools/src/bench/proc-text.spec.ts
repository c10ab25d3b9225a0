import { describe, expect, it } from 'vitest';
import { busyMsOfMachine, cpuMsOfStat, kilobytesOf, pidsOfChildren } from './proc-text.js';

describe('proc-text', () => {
  it('reads the CPU time of a process, whatever it is called', () => {
    const numbers = '1 2 3 4 5 6 7 8 9 10 250 125 30 12 20 0 11 0 99 100 200';
    const times = { own: 3_750, ofEndedChildren: 420 };
    expect(cpuMsOfStat(`42 (node) S ${numbers}`)).toEqual(times);
    expect(cpuMsOfStat(`42 (a) b (c) 9 9) S ${numbers}`)).toEqual(times);
    expect(cpuMsOfStat('')).toEqual({ own: 0, ofEndedChildren: 0 });
  });

  it('reads the children of a process', () => {
    expect(pidsOfChildren('12 345 6 ')).toEqual([12, 345, 6]);
    expect(pidsOfChildren('')).toEqual([]);
  });

  it('counts what the machine did, without idling, waiting and what was stolen from it', () => {
    const text = 'cpu  100 10 50 9000 800 3 7 600 0 0\ncpu0 50 5 25 4500 400 1 3 300 0 0\n';
    expect(busyMsOfMachine(text)).toBe(1_700);
  });

  it('reads memory by name', () => {
    const status = 'Name:\tnode\nVmPeak:\t  900 kB\nVmRSS:\t  81234 kB\n';
    expect(kilobytesOf('VmRSS', status)).toBe(81_234);
    expect(kilobytesOf('Pss', 'Rss: 10 kB\nPss: 7 kB\nPss_Dirty: 5 kB\n')).toBe(7);
    expect(kilobytesOf('VmRSS', 'Name: kthreadd\n')).toBe(0);
  });
});
