-- A session is claimed as if its user's binds came one after another, whatever happens to their requests and answers on the way: a
-- request may be delivered twice at the same time, a bind may be repeated when its answer was lost, and a save of the session may be
-- under way. Before, a bind passed over a session that another transaction had locked, and so resumed nothing.

-- The session that holds what p_session was owed: itself, or the end of the line of those that took it over. Null when unknown.
create function message.heir_of(p_tenant text, p_session text) returns text language sql stable as $$
  with recursive line as (
    select s.session_id, s.claimed_by, 1 as depth from message.session s where s.tenant_id = p_tenant and s.session_id = p_session
    union all
    select s.session_id, s.claimed_by, l.depth + 1
      from line l
      join message.session s on s.tenant_id = p_tenant and s.session_id = l.claimed_by
     where l.depth < 64
  )
  select l.session_id from line l where l.claimed_by is null
$$;

-- As before, but one bind of a user at a time, and nothing is claimed for a session that is itself taken.
create or replace function message.bind_session(
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
  perform pg_advisory_xact_lock(hashtextextended(p_tenant || E'\n' || p_user, 0));
  if exists (select 1 from message.session s where s.tenant_id = p_tenant and s.session_id = p_session
              and (s.user_id <> p_user or s.claimed_by is not null)) then
    return null;
  end if;

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

-- The session that p_session continues, or null. Asked again for the same p_session it answers the same. To be called with the
-- user's binds locked out; a save of the session is waited for.
-- With p_resume: that session, claimed once; or, where another one took it over, the end of that line, as the client may never have
-- learned of it. Without: the newest abandoned one (closed, or its pod is dead), else one that is open on another pod. What may still have
-- a living connection of its own is copied, and stays with it.
create or replace function message.claim_session(
  p_tenant text, p_user text, p_dialect text, p_session text, p_pod text, p_resume text, p_window interval
) returns message.session language plpgsql volatile as $$
declare
  v_now timestamptz(3) := clock_timestamp();
  v_old message.session;
  v_heir text;
  v_abandoned boolean;
begin
  select s.* into v_old from message.session s
   where s.tenant_id = p_tenant and s.user_id = p_user and (s.claimed_by = p_session or s.copied_by = p_session);
  if found then
    return v_old;
  end if;

  v_heir := message.heir_of(p_tenant, p_resume);
  select s.* into v_old
    from message.session s
    left join message.pod p on p.pod_id = s.pod_id
   where s.tenant_id = p_tenant and s.user_id = p_user and s.dialect = p_dialect and s.session_id <> p_session
     and s.claimed_by is null
     and case s.state when 'closed' then s.saved_at else greatest(s.saved_at, p.last_beat) end > v_now - p_window
     and case when p_resume is not null then s.session_id = v_heir
              else s.state = 'closed' or coalesce(p.last_beat, '-infinity') <= v_now - interval '15 seconds'
                   or (s.pod_id <> p_pod and s.copied_by is null) end
   order by s.state = 'closed' or coalesce(p.last_beat, '-infinity') <= v_now - interval '15 seconds' desc, s.saved_at desc
   limit 1
     for update of s;
  if not found then
    return null;
  end if;

  v_abandoned := coalesce(v_old.session_id = p_resume, false) or v_old.state = 'closed' or not exists (
    select 1 from message.pod p where p.pod_id = v_old.pod_id and p.last_beat > v_now - interval '15 seconds');
  update message.session s
     set claimed_by = case when v_abandoned then p_session end, copied_by = case when not v_abandoned then p_session end
   where s.tenant_id = p_tenant and s.session_id = v_old.session_id;
  return v_old;
end
$$;

-- As before, but a session that was closed stays closed until a bind opens it again: a checkpoint that comes late says nothing new.
create or replace function message.save_sessions(p_pod text, p_sessions jsonb) returns text language plpgsql volatile as $$
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
   where s.claimed_by is null and s.user_id = excluded.user_id and (s.state = 'open' or excluded.state = 'closed');
  return message.iso(v_as_of);
end
$$;
