import { describe, expect, it } from 'vitest';
import { Ledger } from './ledger.js';

describe('Ledger', () => {
  it('finds nothing wrong when every message arrives once and in order', () => {
    const ledger = new Ledger(2);
    for (const pair of [0, 1, 0]) expect(ledger.deliver(pair, ledger.send(pair))).toBe(true);
    expect(ledger).toMatchObject({ sent: 3, delivered: 3, missing: 0, faults: [] });
  });

  it('names what was lost, repeated, disordered, refused and never sent', () => {
    const ledger = new Ledger(1);
    const [one, two, , four] = [ledger.send(0), ledger.send(0), ledger.send(0), ledger.send(0)];
    ledger.deliver(0, two);
    ledger.deliver(0, one);
    expect(ledger.deliver(0, one)).toBe(false);
    ledger.refuse(0, four);
    expect(ledger.deliver(0, 99)).toBe(false);
    expect(ledger.deliver(7, 1)).toBe(false);
    expect(ledger.faults).toEqual(['1 lost', '1 refused', '1 repeated', '1 out of order', '2 never sent']);
  });

  it('does not take a refused message for delivered', () => {
    const ledger = new Ledger(1);
    ledger.refuse(0, ledger.send(0));
    expect(ledger.deliver(0, 1)).toBe(false);
    expect(ledger.faults).toEqual(['1 refused', '1 repeated']);
  });
});
