import { describe, expect, it } from 'vitest';
import { migrationProblems } from './migration-rules.js';

const BEFORE = {
  version: '1.2.0',
  migrations: [
    {
      name: '1_first',
      sql: `create table chat.message (id text primary key, body text);
create function chat.send(p_room text, p_text text, p_at timestamptz default now()) returns table (id text) language sql as $$ select p_room $$;`,
    },
  ],
};

const problemsOf = (sql: string): readonly string[] => migrationProblems(BEFORE, [{ name: '2_next', sql }]);

describe('a migration that only adds', () => {
  it.each([
    'create table chat.poll (id text primary key, closed boolean not null)',
    'alter table chat.message add column mood text',
    "alter table chat.message add column mood text not null default 'fine', add column rank integer",
    "alter table chat.message alter column body set default '', alter column body set not null",
    'create index message_body on chat.message (body)',
    'create table chat.poll (id text); create unique index poll_id on chat.poll (id); alter table chat.poll add constraint x check (true)',
    'create table chat.tmp (id text); insert into chat.tmp values (1); delete from chat.tmp; drop table if exists chat.tmp',
    'update chat.message set body = lower(body) where body is not null',
    'create function chat.send_many(p_rooms text[]) returns text language sql as $$ select 1 $$',
    'create function chat.send(p_all jsonb) returns text language sql as $$ select 1 $$',
    'create or replace function chat.send(p_room text, p_text text, p_at timestamptz default now()) returns table (id text) language plpgsql as $$ begin drop_it(); end $$',
    "create function chat.words() returns text language sql as $$ select 'drop table chat.message; alter table x rename to y' $$",
    '-- drop table chat.message\nselect 1',
    'do $$ begin perform 1; end $$',
  ])('is good: %s', (sql) => {
    expect(problemsOf(sql)).toEqual([]);
  });
});

describe('what the version before could not stand', () => {
  it.each([
    ['drop table chat.message', 'chat.message: takes away'],
    ['drop table if exists chat.message cascade', 'chat.message: takes away'],
    ['DROP FUNCTION chat.send(text, text)', 'chat.send: takes away'],
    ['drop index concurrently if exists chat.message_body', 'chat.message_body: takes away'],
    ['alter table chat.message drop column body', '"drop column body" takes away'],
    ['alter table if exists only chat.message add column a text, drop constraint b', '"drop constraint b" takes away'],
    ['alter table chat.message rename column body to text', 'the name'],
    ['alter table chat.message rename to note', 'the name'],
    ['alter table chat.message set schema other', 'the name'],
    ['alter table chat.message alter column body type jsonb using body::jsonb', 'changes the type'],
    ['alter table chat.message alter body set data type jsonb', 'changes the type'],
    ['alter table chat.message alter column body set not null', 'give it a default'],
    ['alter table chat.message alter column id drop not null', 'does not expect'],
    ['alter table chat.message add column mood text not null', 'give it a default'],
    ['alter table chat.message add constraint short check (length(body) < 10)', 'refuses rows'],
    ['alter table chat.message add unique (body)', 'refuses rows'],
    ['create unique index once on chat.message (body)', 'chat.message: refuses rows'],
    ['create unique index concurrently if not exists once on only chat.message (body)', 'refuses rows'],
    ['alter table chat.message enable row level security', 'which rows'],
    ["alter type chat.mood rename value 'a' to 'b'", 'chat.mood: changes'],
    ['alter function chat.send(text, text) rename to chat_send', 'chat.send: changes'],
    ['truncate table chat.message', 'takes away rows'],
    ['delete from chat.message where body is null', 'takes away rows'],
    ['revoke select on table chat.message from reader', 'takes away a right'],
    ["do $$ begin execute 'DROP TABLE chat.message'; end $$", 'a block hides'],
    [
      'create or replace function chat.send(p_room text, p_text text, p_at timestamptz default now()) returns table (id text, at text) language sql as $$ $$',
      'chat.send returns',
    ],
    [
      'create function chat.send(p_room text, p_text text, p_mood text default null) returns text language sql as $$ $$',
      'can be taken for',
    ],
  ])('%s', (sql, told) => {
    expect(problemsOf(sql)).toEqual([expect.stringContaining(told)]);
  });

  it('is told with its place', () => {
    expect(problemsOf('create table a (x text);\n\ndrop table b;')).toEqual([
      '2_next:3: b: takes away what the version before may use',
    ]);
  });
});

describe('a migration that contracts', () => {
  const contracting = (version: string): string =>
    `-- What was left of bodies.\n-- contract: ${version}\n\ndrop table chat.message;`;

  it('may take away what versions older than the one before were the last to use', () => {
    expect(problemsOf(contracting('1.1.9'))).toEqual([]);
  });

  it.each(['1.2.0', '1.3.0', '2.0.0'])('may not while %s can be at work', (version) => {
    expect(problemsOf(contracting(version))).toEqual([expect.stringContaining('wait for the version after')]);
  });

  it('must name a version', () => {
    expect(problemsOf(contracting('soon'))).toEqual(["2_next: 'soon' is no version"]);
  });
});
