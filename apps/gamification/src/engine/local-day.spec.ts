import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LocalDays } from './local-day.js';

const HOUR_MS = 3_600_000;
const days = new LocalDays();
const iso = (ms: number): string => new Date(ms).toISOString();

describe('a local day', () => {
  it.each([
    ['Asia/Kolkata', '2025-11-08', '2025-11-07T18:30:00.000Z', 24],
    ['UTC', '2025-11-08', '2025-11-08T00:00:00.000Z', 24],
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z', 23],
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z', 25],
    ['America/New_York', '2026-03-08', '2026-03-08T05:00:00.000Z', 23],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z', 25],
    ['Australia/Lord_Howe', '2026-04-05', '2026-04-04T13:00:00.000Z', 24.5],
    ['Australia/Lord_Howe', '2026-10-04', '2026-10-03T13:30:00.000Z', 23.5],
    // midnight comes twice
    ['America/Havana', '2026-11-01', '2026-11-01T04:00:00.000Z', 25],
    // midnight is skipped: the day begins at one
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00.000Z', 23],
    ['Asia/Beirut', '2026-03-29', '2026-03-28T22:00:00.000Z', 23],
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z', 23],
    ['Pacific/Kiritimati', '2026-01-01', '2025-12-31T10:00:00.000Z', 24],
    ['Pacific/Pago_Pago', '2026-01-01', '2026-01-01T11:00:00.000Z', 24],
    ['Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15:00.000Z', 24],
  ])('in %s, %s begins at %s and has %d hours', (zone, day, startsAt, hours) => {
    const found = days.named(zone, day);
    expect([found.day, iso(found.startsAt), (found.endsAt - found.startsAt) / HOUR_MS]).toEqual([day, startsAt, hours]);
    expect(days.at(zone, found.startsAt).day).toBe(day);
    expect(days.at(zone, found.endsAt - 1).day).toBe(day);
    expect(days.at(zone, found.startsAt - 1).day < day).toBe(true);
  });

  it('is UTC’s where the zone is unknown or there is none', () => {
    const at = Date.parse('2026-05-05T23:59:59.999Z');
    for (const zone of [null, 'Nowhere/City', '']) expect(days.at(zone, at).day).toBe('2026-05-05');
  });

  it('ends where the next begins, and holds each moment exactly once', () => {
    const zones = [
      'Europe/Berlin',
      'America/Havana',
      'Africa/Cairo',
      'Asia/Kolkata',
      'America/St_Johns',
      'Pacific/Apia',
    ];
    const moment = fc.integer({ min: Date.parse('2015-01-01T00:00Z'), max: Date.parse('2030-01-01T00:00Z') });
    fc.assert(
      fc.property(fc.constantFrom(...zones), moment, (zone, ms) => {
        const { day, startsAt, endsAt } = days.at(zone, ms);
        expect(startsAt <= ms && ms < endsAt).toBe(true);
        expect(new LocalDays().at(zone, endsAt).startsAt).toBe(endsAt);
        expect(new LocalDays().at(zone, endsAt).day > day).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
