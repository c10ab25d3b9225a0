-- What one user keeps for itself, and what hangs on messages: reactions, stars, hidden messages, preferences, streams, files.
-- See prisma/schema/message.prisma.

alter table message.message
  -- the message this one repeats
  add column forward_of text collate "C",
  -- the broadcast message this one is a recipient's copy of
  add column broadcast_of text collate "C",
  add column pinned_at timestamptz(3);

-- Which messages are pinned, by room: an index on message.message would be one more for every message sent.
create table message.pin (
  tenant_id text collate "C" not null,
  room_id   text collate "C" not null,
  seq       bigint not null,
  primary key (tenant_id, room_id, seq)
);

create table message.reaction (
  tenant_id  text collate "C" not null,
  room_id    text collate "C" not null,
  seq        bigint not null,
  user_id    text collate "C" not null,
  value      text collate "C" not null,
  created_at timestamptz(3) not null,
  primary key (tenant_id, room_id, seq, user_id, value)
);

create table message.star (
  tenant_id  text collate "C" not null,
  user_id    text collate "C" not null,
  room_id    text collate "C" not null,
  seq        bigint not null,
  created_at timestamptz(3) not null,
  primary key (tenant_id, user_id, room_id, seq)
);

-- Deleted for one user alone: single messages, and everything up to a seq.
create table message.hidden_message (
  tenant_id text collate "C" not null,
  user_id   text collate "C" not null,
  room_id   text collate "C" not null,
  seq       bigint not null,
  hidden_at timestamptz(3) not null,
  primary key (tenant_id, user_id, room_id, seq)
);
create table message.hidden_range (
  tenant_id text collate "C" not null,
  user_id   text collate "C" not null,
  room_id   text collate "C" not null,
  up_to_seq bigint not null,
  primary key (tenant_id, user_id, room_id)
);

create table message.preference (
  tenant_id  text collate "C" not null,
  user_id    text collate "C" not null,
  key        text collate "C" not null,
  value      jsonb not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, user_id, key)
);

-- `hidden_seq`: the newest message when the member hid the room; a later one shows it again, and no send has to know of it.
create table message.room_preferences (
  tenant_id    text collate "C" not null,
  user_id      text collate "C" not null,
  room_id      text collate "C" not null,
  muted        boolean not null default false,
  archived     boolean not null default false,
  hidden_seq   bigint,
  pinned       boolean not null default false,
  folder       text,
  tags         text[] not null default '{}',
  nickname     text,
  translate_to text,
  extras       jsonb not null default '{}',
  updated_at   timestamptz(3) not null,
  primary key (tenant_id, user_id, room_id)
);

-- A message that is still being written. `units`: length of `body` in UTF-16 units. `ending`: the text it ends with, once that is
-- decided; the row goes when the message is stored, and a sweep ends what nobody ended.
create table message.stream (
  tenant_id  text collate "C" not null,
  message_id text collate "C" not null,
  room_id    text collate "C" not null,
  sender_id  text collate "C" not null,
  sender     jsonb not null,
  origin     text,
  reply_to   text collate "C",
  body       text not null default '',
  units      integer not null default 0,
  next_index integer not null default 0,
  ending     text,
  opened_at  timestamptz(3) not null,
  touched_at timestamptz(3) not null,
  primary key (tenant_id, message_id)
);
create index stream_of_sender on message.stream (tenant_id, sender_id);
create index stream_of_room on message.stream (tenant_id, room_id);
create index stream_idle on message.stream (touched_at);

-- `key`: where the storage keeps it. No room: a public picture of the tenant.
create table message.file (
  tenant_id  text collate "C" not null,
  id         text collate "C" not null,
  room_id    text collate "C",
  owner_id   text collate "C",
  name       text not null,
  mime_type  text not null,
  size       bigint not null,
  width      integer,
  height     integer,
  key        text not null,
  created_at timestamptz(3) not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, room_id) references message.room (tenant_id, id)
);

-- A deleted message keeps its place; what it said is gone from the row already.
create or replace function message.as_message(m message.message) returns jsonb language sql stable as $$
  select jsonb_build_object('id', m.id, 'seq', m.seq, 'roomId', m.room_id, 'senderId', m.sender_id, 'clientMessageId', m.client_message_id,
    'type', m.type, 'text', m.text, 'attachment', m.attachment, 'replyTo', m.reply_to, 'forwardOf', m.forward_of,
    'broadcastOf', m.broadcast_of, 'metadata', coalesce(m.metadata, '{}'), 'extras', coalesce(m.extras, '{}'),
    'createdAt', message.iso(m.created_at), 'editedAt', message.iso(m.edited_at), 'deletedAt', message.iso(m.deleted_at))
    || case when m.pinned_at is null then '{}' else jsonb_build_object('pinnedAt', message.iso(m.pinned_at)) end
$$;

-- A message as it is shown to somebody who asks: with what members put beside it.
create function message.as_shown(m message.message) returns jsonb language sql stable as $$
  select message.as_message(m) || coalesce((
    select jsonb_build_object('reactions', jsonb_agg(jsonb_build_object('userId', r.user_id, 'value', r.value)
             order by r.created_at, r.user_id, r.value))
      from message.reaction r
     where r.tenant_id = m.tenant_id and r.room_id = m.room_id and r.seq = m.seq
    having count(*) > 0), '{}')
$$;

-- Whether a room is out of a member's list: hidden, and nobody wrote since.
create function message.is_hidden(p message.room_preferences) returns boolean language sql stable as $$
  select p.hidden_seq is not null and not exists (
    select 1 from message.message m
     where m.tenant_id = p.tenant_id and m.room_id = p.room_id and m.seq > p.hidden_seq and m.type <> 'info')
$$;

create function message.as_preferences(p message.room_preferences) returns jsonb language sql stable as $$
  select jsonb_build_object('muted', coalesce(p.muted, false), 'archived', coalesce(p.archived, false),
    'hidden', coalesce(message.is_hidden(p), false), 'pinned', coalesce(p.pinned, false), 'folder', p.folder,
    'tags', to_jsonb(coalesce(p.tags, '{}')), 'nickname', p.nickname, 'translateTo', p.translate_to, 'extras', coalesce(p.extras, '{}'))
$$;

-- Up to which seq a user deleted everything for itself.
create function message.hidden_up_to(p_tenant text, p_user text, p_room text) returns bigint language sql stable as $$
  select coalesce((select g.up_to_seq from message.hidden_range g
                    where g.tenant_id = p_tenant and g.user_id = p_user and g.room_id = p_room), 0)
$$;

-- What a member has not read after a seq: not its own, not told by the room, not deleted, not hidden. Counted up to p_max, among the
-- newest p_depth messages: who never reads must not make a list slow.
create function message.unread(m message.member, p_after bigint, p_max integer, p_depth integer) returns integer language sql stable as $$
  select count(*)::integer
    from (select 1
            from (select u.seq, u.sender_id, u.type, u.deleted_at from message.message u
                   where u.tenant_id = m.tenant_id and u.room_id = m.room_id and u.seq > p_after
                   order by u.seq desc limit p_depth) u
           where u.sender_id <> m.user_id and u.type <> 'info' and u.deleted_at is null
             and not exists (select 1 from message.hidden_message x
                              where x.tenant_id = m.tenant_id and x.user_id = m.user_id and x.room_id = m.room_id and x.seq = u.seq)
           limit p_max) c
$$;

-- The newest message that a member's list shows, or null; looked for among the newest 10,000.
create function message.last_shown(m message.member) returns jsonb language sql stable as $$
  select message.as_message(l.found)
    from (select u as found, u.seq, u.type, u.deleted_at from message.message u
           where u.tenant_id = m.tenant_id and u.room_id = m.room_id
             and u.seq > message.hidden_up_to(m.tenant_id, m.user_id, m.room_id)
           order by u.seq desc limit 10000) l
   where l.type <> 'info' and l.deleted_at is null
     and not exists (select 1 from message.hidden_message x
                      where x.tenant_id = m.tenant_id and x.user_id = m.user_id and x.room_id = m.room_id and x.seq = l.seq)
   order by l.seq desc limit 1
$$;

-- Members take turns where a bound is counted before a row is added. Equal hashes only wait for each other.
create function message.take_turn(p_tenant text, p_user text, p_what text) returns void language sql volatile as $$
  select pg_advisory_xact_lock(hashtextextended(jsonb_build_array(p_tenant, p_user, p_what)::text, 0))
$$;

-- Whether one of two users blocks the other.
create function message.is_blocked(t text, a text, b text) returns boolean language sql stable as $$
  select exists (select 1 from message.block x
                  where x.tenant_id = t and x.blocker_id in (a, b) and x.blocked_id in (a, b))
$$;

drop function message.send_batch(text[], text[], text[], text[], text[], text[], text[], text[], text[], text[], text[], text[],
  text[], text[]);

-- Commits a batch of messages; one row out per item, by its place (1-based). Arrays are parallel.
-- status: ok | repeat (seq names the stored message) | conflict (same client id, other body) | not-found (no room, or no member)
-- | denied (frozen room, or one of a direct room's users blocks the other; what was stored before that is a repeat all the same).
-- The locks come first and in one order for all batches; every later statement of a VOLATILE function sees what was committed before
-- they were granted, so client ids, membership and positions read below cannot change until the end of this transaction.
-- The planner settings: one plan for the life of the connection, always by index, since the tables grow under it.
create function message.send_batch(
  p_tenant text[], p_room text[], p_sender text[], p_client text[], p_hash text[], p_id text[], p_type text[], p_text text[],
  p_attachment text[], p_reply_to text[], p_metadata text[], p_extras text[], p_actor text[], p_origin text[],
  p_forward_of text[], p_broadcast_of text[]
) returns table (
  ord integer, status text, seq double precision, pos double precision, at_ms double precision, prev_at_ms double precision,
  event_id double precision, number double precision, uuid uuid, kind text, version integer, user_a text, user_b text
) language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  set jit = off
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  v_now timestamptz(3);
begin
  perform 1
    from (select distinct t collate "C" as t, r collate "C" as r from unnest(p_tenant, p_room) as u(t, r)) k
    join message.room_head h on h.tenant_id = k.t and h.room_id = k.r
   order by h.tenant_id, h.room_id
     for no key update of h;

  v_now := date_trunc('milliseconds', clock_timestamp());

  return query
  with item as materialized (
    select u.*
      from unnest(p_tenant, p_room, p_sender, p_client, p_hash, p_id, p_type, p_text, p_attachment, p_reply_to, p_metadata,
                  p_extras, p_actor, p_origin, p_forward_of, p_broadcast_of) with ordinality
        as u(tenant_id, room_id, sender_id, client_id, hash, id, type, body, attachment, reply_to, metadata, extras, actor, origin,
             forward_of, broadcast_of, ord)
  ), known as materialized (
    select i.*, h.pos as head_pos, h.seq as head_seq, h.last_at, greatest(h.last_at, v_now) as at, e.seq as stored_seq,
           r.number, r.uuid, r.kind, r.version, r.user_a, r.user_b,
           case
             when h.pos is null or m.here is null then 'not-found'
             when e.body_hash = i.hash then 'repeat'
             when e.seq is not null then 'conflict'
             when r.frozen then 'denied'
             when b.found then 'denied'
           end as verdict,
           first_value(i.ord) over same_key as first_ord,
           first_value(i.hash) over same_key as first_hash
      from item i
      left join lateral (
        select h0.pos, h0.seq, h0.last_at from message.room_head h0
         where h0.tenant_id = i.tenant_id and h0.room_id = i.room_id limit 1) h on true
      left join lateral (
        select true as here from message.member m0
         where m0.tenant_id = i.tenant_id and m0.room_id = i.room_id and m0.user_id = i.sender_id and m0.leave_pos is null
         limit 1) m on true
      left join lateral (
        select e0.seq, e0.body_hash from message.message e0
         where e0.tenant_id = i.tenant_id and e0.room_id = i.room_id and e0.sender_id = i.sender_id
           and e0.client_message_id = i.client_id
         limit 1) e on true
      left join lateral (
        select r0.number, r0.uuid, r0.kind, r0.version, r0.user_a, r0.user_b, r0.frozen from message.room r0
         where r0.tenant_id = i.tenant_id and r0.id = i.room_id limit 1) r on true
      -- A join and no EXISTS: of that the planner made a hash of the whole table, for every send.
      left join lateral (
        select true as found from message.block b0
         where b0.tenant_id = i.tenant_id and b0.blocker_id in (r.user_a, r.user_b) and b0.blocked_id in (r.user_a, r.user_b)
         limit 1) b on r.kind = 'direct'
    window same_key as (partition by i.tenant_id, i.room_id, i.sender_id, i.client_id order by i.ord)
  ), judged as materialized (
    select k.*, coalesce(k.verdict, case
             when k.first_ord = k.ord then 'ok'
             when k.first_hash = k.hash then 'repeat'
             else 'conflict'
           end) as status
      from known k
  ), counted as materialized (
    select j.*, count(*) filter (where j.status = 'ok') over (partition by j.tenant_id, j.room_id order by j.ord) as n
      from judged j
  ), placed as materialized (
    select c.*, case when c.status = 'ok' then nextval('message.event_id') end as event_id,
           coalesce(c.stored_seq, c.head_seq + first_value(c.n) over (
             partition by c.tenant_id, c.room_id, c.sender_id, c.client_id order by c.ord)) as seq
      from counted c
  ), inserted as (
    insert into message.message (tenant_id, room_id, seq, pos, created_at, id, sender_id, client_message_id, body_hash, type, text,
                                 attachment, reply_to, metadata, extras, forward_of, broadcast_of)
    select p.tenant_id, p.room_id, p.seq, p.head_pos + p.n, p.at, p.id, p.sender_id, p.client_id, p.hash, p.type, p.body,
           p.attachment::jsonb, p.reply_to, p.metadata::jsonb, p.extras::jsonb, p.forward_of, p.broadcast_of
      from placed p where p.status = 'ok'
  ), logged as (
    insert into message.room_event (tenant_id, room_id, pos, at, prev_at, id, seq, type, origin, actor)
    select p.tenant_id, p.room_id, p.head_pos + p.n, p.at, case when p.n = 1 then p.last_at else p.at end, p.event_id, p.seq,
           'message.created', p.origin, p.actor::jsonb
      from placed p where p.status = 'ok'
  ), moved as (
    update message.room_head h
       set pos = h.pos + c.n, seq = h.seq + c.n, last_at = c.at
      from (select p.tenant_id, p.room_id, count(*) as n, max(p.at) as at
              from placed p where p.status = 'ok' group by p.tenant_id, p.room_id) c
     where h.tenant_id = c.tenant_id and h.room_id = c.room_id
  )
  select p.ord::integer, p.status, p.seq::double precision, (p.head_pos + p.n)::double precision, date_part('epoch', p.at) * 1000,
         date_part('epoch', case when p.n = 1 then p.last_at else p.at end) * 1000,
         p.event_id::double precision, p.number::double precision, p.uuid, p.kind, p.version, p.user_a, p.user_b
    from placed p
   order by p.ord;
end
$$;
