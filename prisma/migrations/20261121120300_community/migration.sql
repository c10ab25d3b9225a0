-- People in rooms beside messages: what describes a room, bans, blocks, invitations, the recipients of broadcast rooms.
-- See prisma/schema/message.prisma.

alter table message.room
  add column description text,
  -- nobody writes into it until it is thawed
  add column frozen boolean not null default false,
  add column extras jsonb not null default '{}';

alter table message.member add column nickname text;

-- One user wants to hear nothing of another: neither of the two writes into their direct room. Looked up by key, in both directions.
create table message.block (
  tenant_id  text collate "C" not null,
  blocker_id text collate "C" not null,
  blocked_id text collate "C" not null,
  created_at timestamptz(3) not null,
  primary key (tenant_id, blocker_id, blocked_id),
  check (blocker_id <> blocked_id)
);

-- Who may not come back into a group.
create table message.room_ban (
  tenant_id  text collate "C" not null,
  room_id    text collate "C" not null,
  user_id    text collate "C" not null,
  by_id      text collate "C",
  created_at timestamptz(3) not null,
  primary key (tenant_id, room_id, user_id),
  foreign key (tenant_id, room_id) references message.room (tenant_id, id)
);

-- `inviter` and `invitee`: as they were then, for those who are told.
create table message.invitation (
  tenant_id  text collate "C" not null,
  id         text collate "C" not null,
  room_id    text collate "C" not null,
  inviter_id text collate "C",
  invitee_id text collate "C" not null,
  inviter    jsonb,
  invitee    jsonb not null,
  state      text not null check (state in ('open', 'accepted', 'rejected', 'canceled')),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, room_id) references message.room (tenant_id, id)
);
create unique index invitation_open on message.invitation (tenant_id, room_id, invitee_id) where state = 'open';
create index invitation_of_user on message.invitation (tenant_id, invitee_id, created_at);

-- Who gets a copy of what is written into a broadcast room. They are no members: nothing of the room itself reaches them, by any way.
create table message.recipient (
  tenant_id text collate "C" not null,
  room_id   text collate "C" not null,
  user_id   text collate "C" not null,
  -- messages after this position are copied
  added_pos bigint not null,
  added_at  timestamptz(3) not null,
  primary key (tenant_id, room_id, user_id),
  foreign key (tenant_id, room_id) references message.room (tenant_id, id)
);

-- How far the copying of a broadcast room's messages is: all up to done_seq, and copying_seq for the recipients up to after_user.
create table message.broadcast (
  tenant_id   text collate "C" not null,
  room_id     text collate "C" not null,
  done_seq    bigint not null default 0,
  copying_seq bigint,
  after_user  text collate "C",
  primary key (tenant_id, room_id),
  foreign key (tenant_id, room_id) references message.room (tenant_id, id)
);

-- Wire shapes (libs/domain) with what rooms and members have now.
create or replace function message.as_room(r message.room, last_seq bigint) returns jsonb language sql stable as $$
  select jsonb_build_object('id', r.id, 'number', r.number, 'uuid', r.uuid, 'kind', r.kind, 'name', r.name, 'photo', r.photo,
    'metadata', r.metadata, 'lastSeq', last_seq, 'createdAt', message.iso(r.created_at), 'createdBy', r.created_by,
    'description', r.description, 'frozen', r.frozen, 'extras', r.extras, 'version', r.version)
$$;

create or replace function message.as_member(m message.member) returns jsonb language sql stable as $$
  select jsonb_build_object('userId', m.user_id, 'role', m.role, 'readSeq', m.read_seq, 'readAt', message.iso(m.read_at),
    'deliveredSeq', m.delivered_seq, 'deliveredAt', message.iso(m.delivered_at), 'joinedAt', message.iso(m.joined_at),
    'nickname', m.nickname)
$$;

-- To the owner and admins of a broadcast room, who alone see it, its recipients look like members.
create function message.as_recipient(c message.recipient) returns jsonb language sql stable as $$
  select jsonb_build_object('userId', c.user_id, 'role', 'member', 'readSeq', 0, 'readAt', null, 'deliveredSeq', 0, 'deliveredAt', null,
    'joinedAt', message.iso(c.added_at), 'nickname', null)
$$;

-- The members of a room, the longest ones first, at most so many; then, of a broadcast room, its recipients.
create function message.as_members(r message.room, p_limit integer) returns jsonb language sql stable as $$
  select coalesce(jsonb_agg(x.shown order by x.place, x.since, x.user_id), '[]')
    from (select * from (
            (select 1 as place, m.join_pos as since, m.user_id, message.as_member(m) as shown
               from message.member m
              where m.tenant_id = r.tenant_id and m.room_id = r.id and m.leave_pos is null
              order by m.join_pos, m.user_id limit p_limit)
            union all
            (select 2, c.added_pos, c.user_id, message.as_recipient(c)
               from message.recipient c
              where r.kind = 'broadcast' and c.tenant_id = r.tenant_id and c.room_id = r.id
              order by c.added_pos, c.user_id limit p_limit)) u
           order by u.place, u.since, u.user_id limit p_limit) x
$$;

-- An id in the shape of the service's own (objectIdMaker): seconds, then 60 random bits.
create function message.new_id(p_at timestamptz) returns text language sql volatile as $$
  select lpad(to_hex(date_part('epoch', p_at)::bigint), 8, '0') || left(replace(gen_random_uuid()::text, '-', ''), 16)
$$;

-- Tells a room what happened to it: an `info` message with the next seq, as the next fact of the log, which is answered. p_info: infoSchema
-- of libs/domain. Its sender is who did it, else the room's creator, else whom it happened to, else the longest member; null when
-- there is nobody at all. The room's head stays locked until the end of the transaction.
create function message.add_info(p_tenant text, p_room text, p_info jsonb, p_actor jsonb, p_origin text)
  returns jsonb language plpgsql volatile as $$
declare
  v_head message.room_head;
  v_room message.room;
  v_message message.message;
  v_event message.room_event;
  v_at timestamptz(3);
  v_sender text;
  v_id text;
begin
  select * into v_head from message.room_head h where h.tenant_id = p_tenant and h.room_id = p_room for no key update;
  select * into v_room from message.room r where r.tenant_id = p_tenant and r.id = p_room;
  v_sender := coalesce(p_actor->>'id', v_room.created_by, p_info->'targets'->0->>'id', (
    select m.user_id from message.member m where m.tenant_id = p_tenant and m.room_id = p_room and m.leave_pos is null
     order by m.join_pos, m.user_id limit 1));
  if v_sender is null then
    return null;
  end if;
  v_at := greatest(v_head.last_at, date_trunc('milliseconds', clock_timestamp()));
  v_id := message.new_id(v_at);
  insert into message.message (tenant_id, room_id, seq, pos, created_at, id, sender_id, client_message_id, body_hash, type, attachment)
    values (p_tenant, p_room, v_head.seq + 1, v_head.pos + 1, v_at, v_id, v_sender, 'info:' || v_id, '', 'info',
            jsonb_build_object('data', p_info))
    returning * into v_message;
  insert into message.room_event (tenant_id, room_id, pos, at, prev_at, seq, type, origin, actor)
    values (p_tenant, p_room, v_head.pos + 1, v_at, v_head.last_at, v_head.seq + 1, 'message.created', p_origin, p_actor)
    returning * into v_event;
  update message.room_head h set pos = h.pos + 1, seq = h.seq + 1, last_at = v_at
   where h.tenant_id = p_tenant and h.room_id = p_room;
  return message.as_fact(v_event, v_room, v_message);
end
$$;

-- Makes a room with its head, its members and its first facts. A taken id or pair is a unique violation. p_recipients: of a broadcast room,
-- beside its members. p_info: what its info message says; null: none. The function without recipients stays for older processes.
create function message.create_room(
  p_tenant text, p_id text, p_kind text, p_name text, p_photo text, p_metadata jsonb, p_description text, p_extras jsonb,
  p_created_by text, p_members text[], p_recipients text[], p_actor jsonb, p_origin text, p_info jsonb
) returns jsonb language plpgsql volatile as $$
declare
  v_at timestamptz(3) := date_trunc('milliseconds', clock_timestamp());
  v_room message.room;
  v_event message.room_event;
  v_facts jsonb;
  v_info jsonb;
begin
  insert into message.room (tenant_id, id, kind, name, photo, metadata, description, extras, created_by, created_at, user_a, user_b)
    values (p_tenant, p_id, p_kind, p_name, p_photo, p_metadata, p_description, p_extras, p_created_by, v_at,
            case when p_kind = 'direct' then p_members[1] end, case when p_kind = 'direct' then p_members[2] end)
    returning * into v_room;
  insert into message.room_head (tenant_id, room_id, pos, seq, last_at) values (p_tenant, p_id, 1, 0, v_at);
  insert into message.member (tenant_id, room_id, user_id, join_pos, role, joined_at)
    select p_tenant, p_id, u, 1, case when u = p_created_by then 'owner' else 'member' end, v_at from unnest(p_members) u;
  if p_kind = 'broadcast' then
    insert into message.broadcast (tenant_id, room_id) values (p_tenant, p_id);
    insert into message.recipient (tenant_id, room_id, user_id, added_pos, added_at)
      select p_tenant, p_id, u, 1, v_at from unnest(p_recipients) u;
  end if;
  insert into message.room_event (tenant_id, room_id, pos, at, type, origin, actor, payload)
    values (p_tenant, p_id, 1, v_at, 'room.created', p_origin, p_actor,
            jsonb_build_object('state', message.as_room(v_room, 0), 'memberIds', p_members))
    returning * into v_event;
  v_facts := jsonb_build_array(message.as_fact(v_event, v_room, null));
  if p_info is not null then
    v_info := message.add_info(p_tenant, p_id, p_info, p_actor, p_origin);
    v_facts := v_facts || case when v_info is null then '[]' else jsonb_build_array(v_info) end;
  end if;
  return jsonb_build_object('facts', v_facts, 'room', message.as_room(v_room, (
      select h.seq from message.room_head h where h.tenant_id = p_tenant and h.room_id = p_id)),
    'members', message.as_members(v_room, null));
end
$$;

-- As before, but who is or was a broadcast room's recipient (role `member`) is not among the users to whom its heads are told.
create or replace function message.read_changes(p_xid text, p_id bigint, p_limit integer) returns jsonb language plpgsql volatile
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
    select e.xid, e.id, e.tenant_id, e.room_id, e.pos, e.at, r.kind, r.user_a, r.user_b,
           case e.type when 'room.created' then e.payload->'memberIds' when 'room.deleted' then e.payload->'memberIds'
                       when 'member.removed' then case when r.kind <> 'broadcast' then jsonb_build_array(e.payload->'userId') end
                       when 'member.added' then case when r.kind <> 'broadcast'
                         then jsonb_path_query_array(e.payload, '$.members[*].userId')
                         else jsonb_path_query_array(e.payload, '$.members[*] ? (@.role != "member").userId') end end as users
      from message.room_event e
      left join message.room r on r.tenant_id = e.tenant_id and r.id = e.room_id
     where (e.xid, e.id) > (p_xid::xid8, p_id) and e.xid < v_xmin
     order by e.xid, e.id limit p_limit
  ), room as (
    select p.tenant_id, p.room_id, p.kind, p.user_a, p.user_b, max(p.pos) as pos, max(p.at) as at
      from page p where p.kind is not null group by p.tenant_id, p.room_id, p.kind, p.user_a, p.user_b
  ), affected as (
    select p.tenant_id, p.room_id, jsonb_agg(distinct u) as users
      from page p cross join lateral jsonb_array_elements(p.users) u where p.users is not null group by p.tenant_id, p.room_id
  )
  select (select count(*) from page),
         coalesce((select l.xid from page l order by l.xid desc, l.id desc limit 1), v_xid),
         coalesce((select l.id from page l order by l.xid desc, l.id desc limit 1), v_id),
         (select coalesce(jsonb_agg(jsonb_build_object('tenantId', c.tenant_id, 'roomId', c.room_id, 'pos', c.pos, 'at', message.iso(c.at),
                   'pair', case when c.kind = 'direct' then jsonb_build_array(c.user_a, c.user_b) end,
                   'users', coalesce(a.users, '[]'))), '[]')
            from room c
            left join affected a on a.tenant_id = c.tenant_id and a.room_id = c.room_id)
    into v_count, v_xid, v_id, v_rooms;

  select e.at into v_waiting from message.room_event e where (e.xid, e.id) > (v_xid, v_id) order by e.xid, e.id limit 1;
  return jsonb_build_object('count', v_count, 'xid', v_xid::text, 'id', v_id, 'rooms', v_rooms,
    'waitingMs', coalesce(greatest(0, date_part('epoch', clock_timestamp() - v_waiting) * 1000), 0));
end
$$;

create function message.as_invitation(i message.invitation) returns jsonb language sql stable as $$
  select jsonb_build_object('id', i.id, 'roomId', i.room_id, 'inviterId', i.inviter_id, 'inviteeId', i.invitee_id, 'state', i.state,
    'createdAt', message.iso(i.created_at), 'updatedAt', message.iso(i.updated_at))
$$;
