import { describe, expect, it } from 'vitest';
import { Ledger } from './ledger.js';

describe('Ledger', () => {
  it('finds nothing wrong when every message arrives once and in order', () => {
    const ledger = new Ledger(2);
    for (const pair of [0, 1, 0]) expect(ledger.deliver(pair, ledger.send(pair))).toBe(true);
    expect(ledger).toMatchObject({ sent: 3, delivered: 3, missing: 0 });
    expect(ledger.faults('ordered')).toEqual([]);
  });

  it('names what was lost, repeated, disordered, refused and never sent', () => {
    const ledger = new Ledger(1);
    const [one, two, three, four] = [1, 2, 3, 4].map(() => ledger.send(0)) as [number, number, number, number];
    ledger.send(0);
    ledger.acknowledge(0, one);
    ledger.acknowledge(0, three);
    ledger.deliver(0, two);
    ledger.deliver(0, one);
    expect(ledger.deliver(0, one)).toBe(false);
    ledger.refuse(0, four);
    expect(ledger.deliver(0, 99)).toBe(false);
    expect(ledger.deliver(7, 1)).toBe(false);
    expect(ledger.faults('ordered')).toEqual([
      '1 lost, acknowledged',
      '1 lost, unanswered',
      '1 refused',
      '1 repeated',
      '1 out of order',
      '2 never sent',
    ]);
    expect(ledger.faults('unordered')).not.toContain('1 out of order');
  });

  it('does not take a refused message for delivered', () => {
    const ledger = new Ledger(1);
    ledger.refuse(0, ledger.send(0));
    expect(ledger.deliver(0, 1)).toBe(false);
    expect(ledger.faults('ordered')).toEqual(['1 refused', '1 repeated']);
  });
});
