import { describe, expect, it } from 'vitest';
import { parenthesised, splitList, statementsOf } from './sql.js';

describe('statements of a script', () => {
  it('end at semicolons that stand for themselves', () => {
    const sql = `-- a; comment
create table a (x text default 'it''s; so');
/* another;
   one */ CREATE   FUNCTION f() returns text as $$ begin; end $$;
create function g() as $x$ select '$$;' $x$;`;
    expect(statementsOf(sql)).toEqual([
      { text: `create table a (x text default 'it''s; so')`, line: 2 },
      { text: 'create function f() returns text as $$ begin; end $$', line: 4 },
      { text: `create function g() as $x$ select '$$;' $x$`, line: 5 },
    ]);
  });

  it('need no semicolon at the end, and are none where there is only a comment', () => {
    expect(statementsOf('select 1;\n-- the end\n')).toEqual([{ text: 'select 1', line: 1 }]);
    expect(statementsOf('select "A b"')).toEqual([{ text: 'select "A b"', line: 1 }]);
  });
});

describe('lists', () => {
  it('are split where no parenthesis and no quote is open', () => {
    expect(splitList(`a numeric(1, 2), b text default 'x,y', c`)).toEqual([
      'a numeric(1, 2)',
      `b text default 'x,y'`,
      'c',
    ]);
  });

  it('are what stands between parentheses that belong together', () => {
    expect(parenthesised('f(a (b), c) returns x (d)', 0)).toEqual({ inside: 'a (b), c', rest: 'returns x (d)' });
    expect(parenthesised('nothing', 0)).toBeNull();
    expect(parenthesised('(open', 0)).toBeNull();
  });
});
