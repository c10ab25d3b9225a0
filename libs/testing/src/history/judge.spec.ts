import { describe, expect, it } from 'vitest';
import { History } from './history.js';
import { keyed, keyOf } from './message-key.js';
import { judge } from './judge.js';
import { Script } from './script.fixture.js';
import { describeVerdict } from './verdict.js';

const annAndBob = (): Script => new Script().client('ann').client('bob');

describe('a history that keeps every promise', () => {
  it.each<[string, Script]>([
    ['everybody gets everything', annAndBob().says('ann', 'a', 'b').gets('bob', 'a', 'b').gets('ann', 'a', 'b')],
    ['nobody said anything', annAndBob()],
    [
      'a sender whose dialect tells it nothing of its own',
      new Script()
        .client('ann', { hearsOwn: false })
        .client('bob')
        .says('ann', 'a')
        .says('bob', 'b')
        .gets('bob', 'a', 'b')
        .gets('ann', 'b'),
    ],
    [
      'a client that was told its own although it need not be',
      new Script().client('ann', { hearsOwn: false }).says('ann', 'a').gets('ann', 'a'),
    ],
    [
      'a repeat across connections',
      annAndBob()
        .says('ann', 'a', 'b')
        .gets('ann', 'a', 'b')
        .gets('bob', 'a', 'b')
        .disconnects('bob')
        .connects('bob')
        .gets('bob', 'b'),
    ],
    [
      'what was missed comes after the reconnect',
      annAndBob().disconnects('bob').says('ann', 'a').gets('ann', 'a').connects('bob').gets('bob', 'a'),
    ],
    ['a client that is away at the end', annAndBob().disconnects('bob').says('ann', 'a').gets('ann', 'a')],
    [
      'a client that never opened the room',
      new Script().client('ann').client('bob', { opens: false }).says('ann', 'a').gets('ann', 'a'),
    ],
    [
      'a client that opened the room late',
      new Script().client('ann').says('ann', 'a').client('bob').says('ann', 'b').gets('ann', 'a', 'b').gets('bob', 'b'),
    ],
    [
      'an unacknowledged send that was stored',
      annAndBob().sends('ann', 'a').failed('ann', 'a', true).stored('a').gets('ann', 'a').gets('bob', 'a'),
    ],
    ['an unacknowledged send that was not', annAndBob().sends('ann', 'a').failed('ann', 'a', true)],
    ['a refusal for good', annAndBob().sends('ann', 'a').failed('ann', 'a', false)],
    [
      'the same answer to a repeated send',
      annAndBob().says('ann', 'a').sends('ann', 'a').acked('ann', 'a').gets('ann', 'a').gets('bob', 'a'),
    ],
    [
      'a repeated send that was overtaken',
      annAndBob()
        .sends('ann', 'a')
        .failed('ann', 'a', true)
        .says('ann', 'b')
        .sends('ann', 'a')
        .stored('a')
        .acked('ann', 'a')
        .gets('ann', 'b', 'a')
        .gets('bob', 'b', 'a'),
    ],
    [
      'a deleted message that never came',
      annAndBob().sends('ann', 'a').stored('a', { key: null, deleted: true }).acked('ann', 'a'),
    ],
    [
      'a deleted message that came before',
      annAndBob().sends('ann', 'a').stored('a', { key: null, deleted: true }).acked('ann', 'a').gets('bob', 'a'),
    ],
    [
      'a deleted message of a dialect without ids',
      annAndBob()
        .sends('ann', 'a')
        .acked('ann', 'a', null)
        .deletes('bob', 'a')
        .stored('a', { key: null, deleted: true })
        .getsAs('bob', 'a', null),
    ],
    [
      'an info message, which chat clients are not sent',
      annAndBob().stored('i', { quiet: true }).says('ann', 'a').gets('ann', 'a').gets('bob', 'a'),
    ],
    [
      'a removed member who hears no more',
      annAndBob().member('bob', 'leaving').member('bob', 'left').says('ann', 'a').gets('ann', 'a'),
    ],
    [
      'a message under way while its reader is removed',
      annAndBob()
        .sends('ann', 'a')
        .member('bob', 'leaving')
        .stored('a')
        .acked('ann', 'a')
        .gets('ann', 'a')
        .gets('bob', 'a')
        .member('bob', 'left'),
    ],
  ])('%s', (_, script) => {
    expect(script.problems()).toEqual([]);
    expect(script.missing()).toEqual([]);
    expect(describeVerdict(script.verdict())).toContain('nothing lost');
  });
});

describe('a broken promise is named', () => {
  it.each<[string, Script, readonly string[]]>([
    ['acknowledged and lost', annAndBob().sends('ann', 'a').acked('ann', 'a'), ['P1 acked-not-stored ann a']],
    ['stored and never shown to a member', annAndBob().says('ann', 'a').gets('ann', 'a'), ['P1 not-delivered bob a']],
    [
      'never shown to the other device of its sender',
      new Script().client('ann-1', { hearsOwn: false }).client('ann-2', { hearsOwn: false }).says('ann-1', 'a'),
      ['P1 not-delivered ann-2 a'],
    ],
    [
      'the last message of a room',
      annAndBob().says('ann', 'a', 'b').gets('ann', 'a', 'b').gets('bob', 'a'),
      ['P1 not-delivered bob b'],
    ],
    [
      'lost over a reconnect',
      annAndBob().disconnects('bob').says('ann', 'a').gets('ann', 'a').connects('bob'),
      ['P1 not-delivered bob a'],
    ],
    [
      'a gap',
      annAndBob().says('ann', 'a', 'b', 'c').gets('ann', 'a', 'b', 'c').gets('bob', 'a', 'c'),
      ['P2 gap bob b,c', 'P1 not-delivered bob b'],
    ],
    [
      'a gap of a client that is away at the end',
      annAndBob().says('ann', 'a', 'b', 'c').gets('ann', 'a', 'b', 'c').gets('bob', 'a', 'c').disconnects('bob'),
      ['P2 gap bob b,c'],
    ],
    [
      'a gap at a reconnect',
      annAndBob()
        .says('ann', 'a', 'b', 'c')
        .gets('ann', 'a', 'b', 'c')
        .gets('bob', 'a')
        .connects('bob')
        .gets('bob', 'c')
        .disconnects('bob'),
      ['P2 gap bob b,c'],
    ],
    [
      'another order than the log',
      annAndBob().says('ann', 'a', 'b').gets('ann', 'a', 'b').gets('bob', 'b', 'a'),
      ['P2 out-of-order bob b,a'],
    ],
    [
      'twice on one connection',
      annAndBob().says('ann', 'a', 'b').gets('ann', 'a', 'b').gets('bob', 'a', 'b', 'a'),
      ['P2 repeated bob a'],
    ],
    [
      'one connection’s messages swapped',
      annAndBob()
        .sends('ann', 'a')
        .sends('ann', 'b')
        .stored('b')
        .stored('a')
        .gets('ann', 'b', 'a')
        .gets('bob', 'b', 'a'),
      ['P2 send-order ann a,b'],
    ],
    [
      'a hole in seq',
      annAndBob().sends('ann', 'a').stored('a', { seq: 2 }).acked('ann', 'a').gets('ann', 'a').gets('bob', 'a'),
      ['P2 log-seq - a'],
    ],
    [
      'time going back',
      annAndBob()
        .says('ann', 'a')
        .sends('ann', 'b')
        .stored('b', { createdAt: '1960-01-01T00:00:00.000Z' })
        .gets('ann', 'a', 'b')
        .gets('bob', 'a', 'b'),
      ['P2 log-time - b'],
    ],
    [
      'a repeated send stored twice',
      annAndBob()
        .sends('ann', 'a')
        .sends('ann', 'a')
        .stored('a')
        .stored('a', { id: 'other' })
        .acked('ann', 'a')
        .gets('ann', 'a')
        .gets('bob', 'a')
        .disconnects('ann')
        .disconnects('bob'),
      ['P3 stored-twice ann a'],
    ],
    [
      'two answers to one message',
      annAndBob().says('ann', 'a').sends('ann', 'a').acked('ann', 'a', 'id-2').gets('ann', 'a').gets('bob', 'a'),
      ['P3 answers-differ ann a'],
    ],
    [
      'an answer that is not the stored one',
      annAndBob().sends('ann', 'a').stored('a').acked('ann', 'a', 'id-2').gets('ann', 'a').gets('bob', 'a'),
      ['P3 answers-differ ann a'],
    ],
    [
      'received under another id',
      annAndBob().says('ann', 'a').gets('ann', 'a').getsAs('bob', 'a', 'id-2'),
      ['P3 answers-differ bob a'],
    ],
    [
      'refused for good and stored',
      annAndBob().sends('ann', 'a').failed('ann', 'a', false).stored('a').gets('ann', 'a').gets('bob', 'a'),
      ['P3 refused-but-stored ann a'],
    ],
    ['out of nowhere', annAndBob().gets('bob', 'x'), ['P3 phantom bob x']],
    [
      'shown though it was never stored',
      annAndBob().sends('ann', 'a').failed('ann', 'a', true).gets('bob', 'a'),
      ['P3 phantom bob a'],
    ],
    [
      'reaches a removed member',
      annAndBob().member('bob', 'leaving').member('bob', 'left').says('ann', 'a').gets('ann', 'a').gets('bob', 'a'),
      ['P10 not-a-member bob a'],
    ],
    [
      'reaches one who never was a member',
      new Script().client('ann').client('eve', { joins: false }).says('ann', 'a').gets('ann', 'a').gets('eve', 'a'),
      ['P10 not-a-member eve a'],
    ],
    ['a frame nobody could read', annAndBob().garbled('bob'), ['wire malformed bob ']],
  ])('%s', (_, script, problems) => {
    expect(script.problems()).toEqual(problems);
    expect(describeVerdict(script.verdict()).split('\n')).toHaveLength(problems.length);
  });

  it('tells what connected clients still wait for', () => {
    const script = annAndBob().says('ann', 'a', 'b').gets('ann', 'a').gets('bob', 'a', 'b');
    expect(script.missing()).toEqual(['ann b']);
  });

  it('tells a bounded number of problems and counts the rest', () => {
    const script = annAndBob();
    for (let n = 0; n < 20; n += 1) script.gets('bob', `x${n}`);
    const verdict = judge(script.history.events, { logOf: () => [], maxProblems: 5 });
    expect(verdict).toMatchObject({ ok: false, found: 20 });
    expect(verdict.problems).toHaveLength(5);
    expect(describeVerdict(verdict)).toContain('and 15 more');
  });
});

describe('a history', () => {
  it('that contradicts itself is refused instead of judged', () => {
    const logOf = () => [];
    const unsent = new Script().client('ann').acked('ann', 'a').history;
    expect(() => judge(unsent.events, { logOf })).toThrow('not that it was sent');
    const stranger = new Script().gets('ann', 'a').history;
    expect(() => judge(stranger.events, { logOf })).toThrow("no 'client' event for ann");
  });

  it('holds a bounded number of events, and says so instead of forgetting', () => {
    const history = new History({ maxEvents: 1 });
    const event = { type: 'member', user: 'ann', room: 'r', change: 'joined' } as const;
    history.record(event);
    expect(() => history.record(event)).toThrow('holds 1 events');
  });

  it('waits until something has happened in it, or says what is missing', async () => {
    const history = new History();
    const waiting = history.until(() => history.events.length === 2, 60_000);
    history.record({ type: 'member', user: 'ann', room: 'r', change: 'joined' });
    history.record({ type: 'member', user: 'ann', room: 'r', change: 'leaving' });
    await waiting;
    await expect(
      history.until(
        () => false,
        1,
        () => 'Bob lacks a.',
      ),
    ).rejects.toThrow('Bob lacks a.');
  });

  it('finds the key of a message in its text, also after an edit', () => {
    expect(keyOf(keyed('ann-1', 'hello'))).toBe('ann-1');
    expect(keyOf(`${keyed('ann-1', 'hello')} (edited)`)).toBe('ann-1');
    expect(keyOf('from elsewhere')).toBe('from elsewhere');
  });
});
