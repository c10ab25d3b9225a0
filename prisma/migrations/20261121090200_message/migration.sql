-- The tables of the message service: rooms, members, messages, the room log, sessions. See prisma/schema/message.prisma.
-- Ids compare by bytes (collate "C"): locks are taken in id order, and every session must agree on that order.

create schema if not exists message;

create sequence message.room_number as bigint;
create sequence message.event_id as bigint;

create table message.room (
  tenant_id  text collate "C" not null,
  id         text collate "C" not null,
  number     bigint not null default nextval('message.room_number'),
  uuid       uuid not null default gen_random_uuid(),
  kind       text not null check (kind in ('direct', 'group', 'broadcast')),
  name       text,
  photo      text,
  metadata   jsonb not null default '{}',
  created_by text collate "C",
  created_at timestamptz(3) not null,
  version    integer not null default 1,
  user_a     text collate "C",
  user_b     text collate "C",
  deleted_at timestamptz(3),
  primary key (tenant_id, id),
  unique (tenant_id, number),
  unique (tenant_id, uuid),
  check ((kind = 'direct') = (user_a is not null and user_b is not null and user_a < user_b))
);
-- One living direct room per pair.
create unique index room_direct_pair on message.room (tenant_id, user_a, user_b) where deleted_at is null and kind = 'direct';

-- What every write of a room changes, and what it locks. Narrow and without a second index, so that updates stay HOT.
create table message.room_head (
  tenant_id text collate "C" not null,
  room_id   text collate "C" not null,
  pos       bigint not null,
  seq       bigint not null,
  last_at   timestamptz(3) not null,
  primary key (tenant_id, room_id),
  foreign key (tenant_id, room_id) references message.room (tenant_id, id)
) with (fillfactor = 60);

-- One row per stay. A member's open stay has no leave_pos; left_at is then infinity, so that one range finds who was here since.
create table message.member (
  tenant_id     text collate "C" not null,
  room_id       text collate "C" not null,
  user_id       text collate "C" not null,
  join_pos      bigint not null,
  leave_pos     bigint,
  role          text not null check (role in ('owner', 'admin', 'member')),
  read_seq      bigint not null default 0,
  read_at       timestamptz(3),
  delivered_seq bigint not null default 0,
  delivered_at  timestamptz(3),
  joined_at     timestamptz(3) not null,
  left_at       timestamptz(3) not null default 'infinity',
  primary key (tenant_id, room_id, user_id, join_pos),
  foreign key (tenant_id, room_id) references message.room (tenant_id, id),
  check ((leave_pos is null) = (left_at = 'infinity')),
  check (delivered_seq >= read_seq)
) with (fillfactor = 80);
create unique index member_open_stay on message.member (tenant_id, room_id, user_id) where leave_pos is null;
create index member_of_user on message.member (tenant_id, user_id, left_at);

-- Messages live as long as their room and carry the sender's idempotency key, hence partitions by room, never by time.
create table message.message (
  tenant_id         text collate "C" not null,
  room_id           text collate "C" not null,
  seq               bigint not null,
  pos               bigint not null,
  created_at        timestamptz(3) not null,
  edited_at         timestamptz(3),
  deleted_at        timestamptz(3),
  id                text collate "C" not null,
  sender_id         text collate "C" not null,
  client_message_id text collate "C" not null,
  body_hash         text collate "C" not null,
  type              text not null,
  text              text,
  attachment        jsonb,
  reply_to          text collate "C",
  metadata          jsonb,
  extras            jsonb,
  primary key (tenant_id, room_id, seq),
  unique (tenant_id, room_id, sender_id, client_message_id)
) partition by hash (room_id);
do $$
begin
  for i in 0..7 loop
    execute format('create table message.message_p%s partition of message.message for values with (modulus 8, remainder %s)', i, i);
  end loop;
end
$$;
create index message_by_id on message.message (tenant_id, id);
-- Few, and what has to be left out of a count of a room's visible messages.
create index message_hidden on message.message (tenant_id, room_id) where type = 'info' or deleted_at is not null;

-- The room log, which is the outbox too. A message fact stores only the seq: what was said is in message.message.
-- (xid, id) is the cursor of durable readers, who read only what is older than every running transaction. It orders commits,
-- not a room's facts (an id of a transaction may be older than its lock): inside a room only pos orders.
create table message.room_event (
  tenant_id text collate "C" not null,
  room_id   text collate "C" not null,
  pos       bigint not null,
  at        timestamptz(3) not null,
  prev_at   timestamptz(3),
  id        bigint not null default nextval('message.event_id'),
  xid       xid8 not null default pg_current_xact_id(),
  seq       bigint,
  v         smallint not null default 1,
  type      text not null,
  origin    text,
  actor     jsonb,
  payload   jsonb,
  primary key (tenant_id, room_id, pos, at)
) partition by range (at);
create index room_event_cursor on message.room_event (xid, id);
-- The net for a time that has no partition yet; the partition maker keeps it empty.
create table message.room_event_default partition of message.room_event default;

-- What a reconnecting client is owed. `cursors`: [{roomId, pos}].
create table message.session (
  tenant_id  text collate "C" not null,
  session_id text collate "C" not null,
  user_id    text collate "C" not null,
  dialect    text not null,
  pod_id     text collate "C" not null,
  -- the gateway's own, sealed
  ticket     text,
  state      text not null check (state in ('open', 'closed')),
  open_rooms text[] not null default '{}',
  cursors    jsonb not null default '[]',
  as_of      timestamptz(3) not null,
  saved_at   timestamptz(3) not null,
  -- the session that took this one over; set once
  claimed_by text collate "C",
  -- the session that continued a copy of this checkpoint while its own connection may still live
  copied_by  text collate "C",
  primary key (tenant_id, session_id)
) with (fillfactor = 60);
create index session_by_id on message.session (session_id);
create index session_of_user on message.session (tenant_id, user_id);
create index session_of_pod on message.session (pod_id);

-- Belongs to the installation, not to a tenant: the last sign of life of each gateway process.
create table message.pod (
  pod_id    text collate "C" primary key,
  last_beat timestamptz(3) not null
);

-- Belongs to the installation: which replica repeats heads. One row per job.
create table message.relay_lease (
  job        text collate "C" primary key,
  holder     text collate "C" not null,
  expires_at timestamptz(3) not null,
  -- where a successor starts: as far as the holder had read 40 s ago
  resume_xid xid8 not null default '0'
);

-- The time up to which (inclusive) every fact of every room is committed and visible to the caller's NEXT statement. A fact takes its time
-- before it commits, so the plain clock may already be past a fact that nobody can see yet. A writer that hangs for more than a
-- minute is not waited for: its statement timeout is far below that. Sees the transactions of the caller's own role.
create function message.stable_now() returns timestamptz(3) language plpgsql volatile as $$
declare
  v_now timestamptz := clock_timestamp();
  v_oldest timestamptz;
begin
  select min(xact_start) into v_oldest
    from pg_stat_activity
   where backend_xid is not null and pid <> pg_backend_pid() and datname = current_database();
  return date_trunc('milliseconds', greatest(least(v_now, v_oldest), v_now - interval '60 seconds')) - interval '1 millisecond';
end
$$;

create function message.iso(t timestamptz) returns text language sql immutable as
$$ select to_char(t at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

-- Wire shapes (libs/domain) from rows, in one place.
create function message.as_room(r message.room, last_seq bigint) returns jsonb language sql stable as $$
  select jsonb_build_object('id', r.id, 'number', r.number, 'uuid', r.uuid, 'kind', r.kind, 'name', r.name, 'photo', r.photo,
    'metadata', r.metadata, 'lastSeq', last_seq, 'createdAt', message.iso(r.created_at), 'createdBy', r.created_by, 'version', r.version)
$$;

create function message.as_stamp(r message.room) returns jsonb language sql stable as $$
  select jsonb_build_object('id', r.id, 'number', r.number, 'uuid', r.uuid, 'kind', r.kind, 'version', r.version,
    'pair', case when r.kind = 'direct' then jsonb_build_array(r.user_a, r.user_b) end)
$$;

create function message.as_member(m message.member) returns jsonb language sql stable as $$
  select jsonb_build_object('userId', m.user_id, 'role', m.role, 'readSeq', m.read_seq, 'readAt', message.iso(m.read_at),
    'deliveredSeq', m.delivered_seq, 'deliveredAt', message.iso(m.delivered_at), 'joinedAt', message.iso(m.joined_at))
$$;

-- A deleted message keeps its place; what it said is gone from the row already.
create function message.as_message(m message.message) returns jsonb language sql stable as $$
  select jsonb_build_object('id', m.id, 'seq', m.seq, 'roomId', m.room_id, 'senderId', m.sender_id, 'clientMessageId', m.client_message_id,
    'type', m.type, 'text', m.text, 'attachment', m.attachment, 'replyTo', m.reply_to, 'metadata', coalesce(m.metadata, '{}'),
    'extras', coalesce(m.extras, '{}'), 'createdAt', message.iso(m.created_at), 'editedAt', message.iso(m.edited_at),
    'deletedAt', message.iso(m.deleted_at))
$$;

-- A fact as it is pulled later: the room's stamp and the message are those of now, not of then.
create function message.as_fact(e message.room_event, r message.room, m message.message) returns jsonb language sql stable as $$
  select jsonb_build_object('id', e.id::text, 'v', e.v, 'type', e.type, 'tenantId', e.tenant_id, 'room', message.as_stamp(r), 'pos', e.pos,
    'prevAt', message.iso(e.prev_at), 'at', message.iso(e.at), 'actor', e.actor, 'origin', e.origin)
    || case when e.seq is null then e.payload else jsonb_build_object('message', message.as_message(m)) end
$$;

-- Commits a batch of messages; one row out per item, by its place (1-based). Arrays are parallel.
-- status: ok | repeat (seq names the stored message) | conflict (same client id, other body) | not-found (no room, or no member).
-- The locks come first and in one order for all batches; every later statement of a VOLATILE function sees what was committed before
-- they were granted, so client ids, membership and positions read below cannot change until the end of this transaction.
-- The planner settings: one plan for the life of the connection, always by index, since the tables grow under it.
create function message.send_batch(
  p_tenant text[], p_room text[], p_sender text[], p_client text[], p_hash text[], p_id text[], p_type text[], p_text text[],
  p_attachment text[], p_reply_to text[], p_metadata text[], p_extras text[], p_actor text[], p_origin text[]
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
                  p_extras, p_actor, p_origin) with ordinality
        as u(tenant_id, room_id, sender_id, client_id, hash, id, type, body, attachment, reply_to, metadata, extras, actor, origin, ord)
  ), known as materialized (
    select i.*, h.pos as head_pos, h.seq as head_seq, h.last_at, greatest(h.last_at, v_now) as at, e.seq as stored_seq,
           case
             when h.pos is null or m.here is null then 'not-found'
             when e.seq is null then null
             when e.body_hash = i.hash then 'repeat'
             else 'conflict'
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
                                 attachment, reply_to, metadata, extras)
    select p.tenant_id, p.room_id, p.seq, p.head_pos + p.n, p.at, p.id, p.sender_id, p.client_id, p.hash, p.type, p.body,
           p.attachment::jsonb, p.reply_to, p.metadata::jsonb, p.extras::jsonb
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
         p.event_id::double precision, r.number::double precision, r.uuid, r.kind, r.version, r.user_a, r.user_b
    from placed p
    left join lateral (
      select r0.number, r0.uuid, r0.kind, r0.version, r0.user_a, r0.user_b from message.room r0
       where r0.tenant_id = p.tenant_id and r0.id = p.room_id limit 1) r on p.status in ('ok', 'repeat')
   order by p.ord;
end
$$;

-- Makes a room with its head, its members and its first fact. A taken id or pair is a unique violation.
create function message.create_room(
  p_tenant text, p_id text, p_kind text, p_name text, p_photo text, p_metadata jsonb, p_created_by text, p_members text[],
  p_actor jsonb, p_origin text
) returns jsonb language plpgsql volatile as $$
declare
  v_at timestamptz(3) := date_trunc('milliseconds', clock_timestamp());
  v_room message.room;
  v_state jsonb;
  v_event bigint;
  v_members jsonb;
begin
  insert into message.room (tenant_id, id, kind, name, photo, metadata, created_by, created_at, user_a, user_b)
    values (p_tenant, p_id, p_kind, p_name, p_photo, p_metadata, p_created_by, v_at,
            case when p_kind = 'direct' then p_members[1] end, case when p_kind = 'direct' then p_members[2] end)
    returning * into v_room;
  insert into message.room_head (tenant_id, room_id, pos, seq, last_at) values (p_tenant, p_id, 1, 0, v_at);
  with made as (
    insert into message.member as m (tenant_id, room_id, user_id, join_pos, role, joined_at)
    select p_tenant, p_id, u, 1, case when u = p_created_by then 'owner' else 'member' end, v_at from unnest(p_members) u
    returning m.user_id, message.as_member(m) as shown)
  select jsonb_agg(made.shown order by made.user_id) into v_members from made;
  v_state := message.as_room(v_room, 0);
  insert into message.room_event (tenant_id, room_id, pos, at, type, origin, actor, payload)
    values (p_tenant, p_id, 1, v_at, 'room.created', p_origin, p_actor, jsonb_build_object('state', v_state, 'memberIds', p_members))
    returning id into v_event;
  return jsonb_build_object('room', v_state, 'members', v_members, 'stamp', message.as_stamp(v_room), 'eventId', v_event::text);
end
$$;

-- Takes a connection in (contract message.session.bind): one round trip. The answer's `stays` are what the owed facts are computed
-- from: every stay in the user's rooms that may hold facts the resumed session did not confirm; `seen` is the position at its as_of.
create function message.bind_session(
  p_tenant text, p_user text, p_dialect text, p_session text, p_pod text, p_ticket text, p_resume text, p_latest boolean,
  p_window interval
) returns jsonb language plpgsql volatile as $$
declare
  v_as_of timestamptz(3) := message.stable_now();
  v_now timestamptz(3) := clock_timestamp();
  v_old message.session;
  v_rooms jsonb;
  v_stays jsonb;
begin
  -- Looked at first: even an upsert that changes nothing would lock the row, and make all binds of a pod wait for each other.
  if not exists (select 1 from message.pod p where p.pod_id = p_pod and p.last_beat > v_now - interval '2 seconds') then
    insert into message.pod as p (pod_id, last_beat) values (p_pod, v_now)
      on conflict (pod_id) do update set last_beat = greatest(p.last_beat, excluded.last_beat);
  end if;

  if p_resume is not null or p_latest then
    v_old := message.claim_session(p_tenant, p_user, p_dialect, p_session, p_pod, p_resume, p_window);
  end if;

  insert into message.session as s (tenant_id, session_id, user_id, dialect, pod_id, ticket, state, open_rooms, cursors, as_of, saved_at)
    values (p_tenant, p_session, p_user, p_dialect, p_pod, p_ticket, 'open', coalesce(v_old.open_rooms, '{}'), coalesce(v_old.cursors, '[]'),
            coalesce(v_old.as_of, v_as_of), v_now)
    on conflict (tenant_id, session_id) do update set pod_id = excluded.pod_id, ticket = excluded.ticket, state = 'open', saved_at = excluded.saved_at
      where s.user_id = excluded.user_id and s.claimed_by is null;
  if not found then
    return null;
  end if;

  select jsonb_build_object(
           'groups', coalesce(jsonb_agg(x.head) filter (where x.kind <> 'direct'), '[]'),
           'recent', coalesce(jsonb_agg(x.head) filter (where x.last_at > v_as_of - interval '10 seconds'), '[]'))
    into v_rooms
    from (select r.kind, h.last_at, jsonb_build_object('roomId', m.room_id, 'head', h.pos) as head
            from message.member m
            join message.room r on r.tenant_id = m.tenant_id and r.id = m.room_id
            join message.room_head h on h.tenant_id = m.tenant_id and h.room_id = m.room_id
           where m.tenant_id = p_tenant and m.user_id = p_user and m.left_at = 'infinity') x;

  if v_old.session_id is not null then
    select coalesce(jsonb_agg(jsonb_build_object('roomId', m.room_id, 'joinPos', m.join_pos, 'leavePos', m.leave_pos, 'head', h.pos,
             'seen', message.pos_at(m.tenant_id, m.room_id, v_old.as_of)) order by m.room_id, m.join_pos), '[]')
      into v_stays
      from message.member m
      join message.room_head h on h.tenant_id = m.tenant_id and h.room_id = m.room_id
     where m.tenant_id = p_tenant and m.user_id = p_user
       and ((m.left_at > v_old.as_of and h.last_at > v_old.as_of)
            or m.room_id in (select c->>'roomId' from jsonb_array_elements(v_old.cursors) c));
  end if;

  return v_rooms || jsonb_build_object('asOf', message.iso(v_as_of), 'resumed', case when v_old.session_id is not null then
    jsonb_build_object('sessionId', v_old.session_id, 'openRooms', v_old.open_rooms, 'cursors', v_old.cursors, 'stays', v_stays) end);
end
$$;

-- The newest position at or before a time. Walks back from the head, so it costs what was written since.
create function message.pos_at(p_tenant text, p_room text, p_at timestamptz) returns bigint language sql stable as $$
  select coalesce((select e.pos from message.room_event e
                    where e.tenant_id = p_tenant and e.room_id = p_room and e.at <= p_at order by e.pos desc limit 1), 0)
$$;

-- The session that p_session continues, or null. Asked again for the same p_session it answers the same.
-- With p_resume: that session, claimed once. Without: the newest abandoned one (closed, or its pod is dead); else a copy of one that
-- is still open on another pod, whose death may not be known yet: it stays with its own connection.
create function message.claim_session(
  p_tenant text, p_user text, p_dialect text, p_session text, p_pod text, p_resume text, p_window interval
) returns message.session language plpgsql volatile as $$
declare
  v_now timestamptz(3) := clock_timestamp();
  v_old message.session;
  v_abandoned boolean;
begin
  select s.* into v_old from message.session s
   where s.tenant_id = p_tenant and s.user_id = p_user and (s.claimed_by = p_session or s.copied_by = p_session);
  if found then
    return v_old;
  end if;

  select s.*  into v_old
    from message.session s
    left join message.pod p on p.pod_id = s.pod_id
   where s.tenant_id = p_tenant and s.user_id = p_user and s.dialect = p_dialect and s.session_id <> p_session
     and s.claimed_by is null
     and case s.state when 'closed' then s.saved_at else greatest(s.saved_at, p.last_beat) end > v_now - p_window
     and case when p_resume is not null then s.session_id = p_resume
              else s.state = 'closed' or coalesce(p.last_beat, '-infinity') <= v_now - interval '15 seconds'
                   or (s.pod_id <> p_pod and s.copied_by is null) end
   order by s.state = 'closed' or coalesce(p.last_beat, '-infinity') <= v_now - interval '15 seconds' desc, s.saved_at desc
   limit 1
     for update of s skip locked;
  if not found then
    return null;
  end if;

  v_abandoned := p_resume is not null or v_old.state = 'closed' or not exists (
    select 1 from message.pod p where p.pod_id = v_old.pod_id and p.last_beat > v_now - interval '15 seconds');
  update message.session s
     set claimed_by = case when v_abandoned then p_session end, copied_by = case when not v_abandoned then p_session end
   where s.tenant_id = p_tenant and s.session_id = v_old.session_id;
  return v_old;
end
$$;

-- Checkpoints a pod's sessions and its heartbeat. p_sessions: [{tenantId, sessionId, userId, dialect, openRooms, cursors, asOf, state}].
-- A claimed session belongs to its successor: what its old pod still says about it is dropped.
create function message.save_sessions(p_pod text, p_sessions jsonb) returns text language plpgsql volatile as $$
declare
  v_as_of timestamptz(3) := message.stable_now();
  v_now timestamptz(3) := clock_timestamp();
begin
  insert into message.pod as p (pod_id, last_beat) values (p_pod, v_now)
    on conflict (pod_id) do update set last_beat = greatest(p.last_beat, excluded.last_beat);

  delete from message.session s
   using (select x."tenantId" as tenant_id, x."sessionId" as session_id
            from jsonb_to_recordset(p_sessions) as x("tenantId" text, "sessionId" text, state text) where x.state = 'ended') e
   where s.tenant_id = e.tenant_id and s.session_id = e.session_id;

  insert into message.session as s (tenant_id, session_id, user_id, dialect, pod_id, state, open_rooms, cursors, as_of, saved_at)
  select distinct on (x."tenantId" collate "C", x."sessionId" collate "C") x."tenantId", x."sessionId", x."userId", x.dialect, p_pod, x.state,
         array(select jsonb_array_elements_text(x."openRooms")), x.cursors, x."asOf", v_now
    from jsonb_to_recordset(p_sessions)
      as x("tenantId" text, "sessionId" text, "userId" text, dialect text, "openRooms" jsonb, cursors jsonb, "asOf" timestamptz, state text)
   where x.state <> 'ended'
   order by x."tenantId" collate "C", x."sessionId" collate "C"
      on conflict (tenant_id, session_id) do update
     set pod_id = excluded.pod_id, state = excluded.state, open_rooms = excluded.open_rooms, cursors = excluded.cursors,
         as_of = excluded.as_of, saved_at = excluded.saved_at, copied_by = null
   where s.claimed_by is null and s.user_id = excluded.user_id;
  return message.iso(v_as_of);
end
$$;

-- What the relay has to repeat: the rooms of the next p_limit facts after the cursor, each once, with the users whose membership
-- changed. Never reads past a running transaction, so nothing that commits late is skipped. `waitingMs`: age of the next fact left.
create function message.read_changes(p_xid text, p_id bigint, p_limit integer) returns jsonb language plpgsql volatile
  set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_xmin xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_count integer;
  v_xid xid8 := p_xid::xid8;
  v_id bigint := p_id;
  v_rooms jsonb;
  v_waiting timestamptz;
begin
  with page as materialized (
    select e.xid, e.id, e.tenant_id, e.room_id, e.pos, e.at,
           case e.type when 'room.created' then e.payload->'memberIds' when 'room.deleted' then e.payload->'memberIds'
                       when 'member.removed' then jsonb_build_array(e.payload->'userId')
                       when 'member.added' then jsonb_path_query_array(e.payload, '$.members[*].userId') end as users
      from message.room_event e
     where (e.xid, e.id) > (p_xid::xid8, p_id) and e.xid < v_xmin
     order by e.xid, e.id limit p_limit
  ), room as (
    select p.tenant_id, p.room_id, max(p.pos) as pos, max(p.at) as at from page p group by p.tenant_id, p.room_id
  ), affected as (
    select p.tenant_id, p.room_id, jsonb_agg(distinct u) as users
      from page p cross join lateral jsonb_array_elements(p.users) u where p.users is not null group by p.tenant_id, p.room_id
  )
  select (select count(*) from page),
         coalesce((select l.xid from page l order by l.xid desc, l.id desc limit 1), v_xid),
         coalesce((select l.id from page l order by l.xid desc, l.id desc limit 1), v_id),
         (select coalesce(jsonb_agg(jsonb_build_object('tenantId', c.tenant_id, 'roomId', c.room_id, 'pos', c.pos, 'at', message.iso(c.at),
                   'pair', case when r.kind = 'direct' then jsonb_build_array(r.user_a, r.user_b) end,
                   'users', coalesce(a.users, '[]'))), '[]')
            from room c
            join message.room r on r.tenant_id = c.tenant_id and r.id = c.room_id
            left join affected a on a.tenant_id = c.tenant_id and a.room_id = c.room_id)
    into v_count, v_xid, v_id, v_rooms;

  select e.at into v_waiting from message.room_event e where (e.xid, e.id) > (v_xid, v_id) order by e.xid, e.id limit 1;
  return jsonb_build_object('count', v_count, 'xid', v_xid::text, 'id', v_id, 'rooms', v_rooms,
    'waitingMs', coalesce(greatest(0, date_part('epoch', clock_timestamp() - v_waiting) * 1000), 0));
end
$$;

-- Makes the daily log partitions from `p_from` for `p_days` days; answers how many are new. A day whose facts already sit in the
-- default partition stays there: moving them is not worth a lock. Owner's rights, since a service's role makes no tables.
create function message.make_event_partitions(p_from date, p_days integer) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, message set lock_timeout = '2s' set timezone = 'UTC' as $$
declare
  v_day date;
  v_name text;
  v_made integer := 0;
begin
  for v_day in select p_from + i from generate_series(0, p_days - 1) i loop
    v_name := 'room_event_' || to_char(v_day, 'YYYYMMDD');
    continue when to_regclass('message.' || v_name) is not null;
    continue when exists (select 1 from message.room_event_default where at >= v_day::timestamptz and at < (v_day + 1)::timestamptz);
    execute format('create table message.%I partition of message.room_event for values from (%L) to (%L)',
                   v_name, v_day::timestamptz, (v_day + 1)::timestamptz);
    v_made := v_made + 1;
  end loop;
  return v_made;
end
$$;

-- Drops the daily partitions that end before `p_before`, whole, and the default partition's rows before it, at most 10,000 a call.
create function message.drop_event_partitions(p_before timestamptz) returns integer
  language plpgsql volatile security definer set search_path = pg_catalog, message set lock_timeout = '2s' set timezone = 'UTC' as $$
declare
  v_name text;
  v_dropped integer := 0;
begin
  for v_name in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'message.room_event'::regclass and c.relname ~ '^room_event_\d{8}$'
       and (to_date(right(c.relname, 8), 'YYYYMMDD') + 1)::timestamptz <= p_before
     order by c.relname
  loop
    execute format('drop table message.%I', v_name);
    v_dropped := v_dropped + 1;
  end loop;
  delete from message.room_event_default
   where ctid in (select ctid from message.room_event_default where at < p_before limit 10000);
  return v_dropped;
end
$$;

-- Statistics before the first row. send_batch keeps one plan per connection, made when the tables are still empty; without
-- statistics the planner may then take any index that leads with tenant_id, and read a whole tenant per message until the
-- first autovacuum. So: sample rows, ANALYZE, delete; the statistics stay. One tenant is the case to plan for.
do $$
begin
  insert into message.room (tenant_id, id, kind, created_at)
    select 'sample', 'room-' || i, 'group', now() from generate_series(1, 400) i;
  insert into message.room_head (tenant_id, room_id, pos, seq, last_at)
    select tenant_id, id, 1, 0, now() from message.room;
  insert into message.member (tenant_id, room_id, user_id, join_pos, role, joined_at)
    select 'sample', 'room-' || r, 'user-' || (r + u) % 400, 1, 'member', now()
      from generate_series(1, 400) r, generate_series(1, 4) u;
  insert into message.message (tenant_id, room_id, seq, pos, created_at, id, sender_id, client_message_id, body_hash, type)
    select 'sample', 'room-' || r, m, m, now(), r || '-' || m, 'user-' || m % 4, m::text, '', 'text'
      from generate_series(1, 400) r, generate_series(1, 10) m;
  analyze message.room, message.room_head, message.member, message.message;
  delete from message.message;
  delete from message.member;
  delete from message.room_head;
  delete from message.room;
  perform setval('message.room_number', 1, false);
end
$$;

select message.make_event_partitions((now() at time zone 'UTC')::date - 1, 4);
