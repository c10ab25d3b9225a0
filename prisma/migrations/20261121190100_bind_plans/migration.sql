-- Many connections are taken in at once: after a gateway's end thousands come back within seconds. So binds come in batches, one
-- transaction each, and all that binds and checkpoints run is planned by index, whatever is known of the tables: plans made while they
-- were small read them whole, at each bind.

-- Takes connections in, in the order of the arrays; null for a session id that belongs to somebody else, or was taken over. As
-- bind_session (which an earlier version still calls) does for one. All that can be waited for is locked first and in one order, the
-- users, the pods and then the sessions, so that batches and checkpoints do not wait for each other in a circle. What is visible (as_of) is read
-- once, before anything else: for each of them it is at most too early.
create function message.bind_sessions(
  p_tenant text[], p_user text[], p_dialect text[], p_session text[], p_pod text[], p_ticket text[], p_resume text[], p_latest boolean[],
  p_window interval
) returns table (ord integer, bound jsonb) language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  set jit = off
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
declare
  v_as_of timestamptz(3) := message.stable_now();
  i integer;
begin
  perform pg_advisory_xact_lock(k.key)
     from (select distinct hashtextextended(u.tenant_id || E'\n' || u.user_id, 0) as key
             from unnest(p_tenant, p_user) as u (tenant_id, user_id) order by 1) k;
  insert into message.pod as p (pod_id, last_beat)
  select n.pod_id, clock_timestamp()
    from (select distinct u.pod_id collate "C" as pod_id from unnest(p_pod) as u (pod_id)) n
   where not exists (select 1 from message.pod k where k.pod_id = n.pod_id and k.last_beat > clock_timestamp() - interval '2 seconds')
   order by 1
      on conflict (pod_id) do update set last_beat = greatest(p.last_beat, excluded.last_beat);
  perform 1
     from (select distinct u.tenant_id collate "C" as tenant_id, u.user_id collate "C" as user_id
             from unnest(p_tenant, p_user, p_resume, p_latest) as u (tenant_id, user_id, resume, latest)
            where u.latest or u.resume is not null) u
     join message.session s on s.tenant_id = u.tenant_id and s.user_id = u.user_id
    order by s.tenant_id, s.session_id
      for update of s;
  for i in 1 .. cardinality(p_session) loop
    ord := i;
    bound := message.bind_one(p_tenant[i], p_user[i], p_dialect[i], p_session[i], p_pod[i], p_ticket[i], p_resume[i], p_latest[i], p_window, v_as_of);
    return next;
  end loop;
end
$$;

-- One of a batch: the caller has locked the user's binds and its sessions, and noted that the pod lives. The answer's `stays` are what
-- the owed facts are computed from: every stay in the user's rooms that may hold facts the resumed session did not confirm; `seen` is the
-- position at its as_of.
create function message.bind_one(
  p_tenant text, p_user text, p_dialect text, p_session text, p_pod text, p_ticket text, p_resume text, p_latest boolean,
  p_window interval, p_as_of timestamptz
) returns jsonb language plpgsql volatile as $$
declare
  v_old message.session;
  v_rooms jsonb;
  v_stays jsonb;
begin
  if p_resume is not null or p_latest then
    if exists (select 1 from message.session s where s.tenant_id = p_tenant and s.session_id = p_session
                and (s.user_id <> p_user or s.claimed_by is not null)) then
      return null;
    end if;
    v_old := message.claim_session(p_tenant, p_user, p_dialect, p_session, p_pod, p_resume, p_window);
  end if;

  insert into message.session as s (tenant_id, session_id, user_id, dialect, pod_id, ticket, state, open_rooms, cursors, as_of, saved_at)
    values (p_tenant, p_session, p_user, p_dialect, p_pod, p_ticket, 'open', coalesce(v_old.open_rooms, '{}'), coalesce(v_old.cursors, '[]'),
            coalesce(v_old.as_of, p_as_of), clock_timestamp())
    on conflict (tenant_id, session_id) do update set pod_id = excluded.pod_id, ticket = excluded.ticket, state = 'open', saved_at = excluded.saved_at
      where s.user_id = excluded.user_id and s.claimed_by is null;
  if not found then
    return null;
  end if;

  select jsonb_build_object(
           'groups', coalesce(jsonb_agg(x.head) filter (where x.kind <> 'direct'), '[]'),
           'recent', coalesce(jsonb_agg(x.head) filter (where x.last_at > p_as_of - interval '10 seconds'), '[]'))
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

  return v_rooms || jsonb_build_object('asOf', message.iso(p_as_of), 'resumed', case when v_old.session_id is not null then
    jsonb_build_object('sessionId', v_old.session_id, 'openRooms', v_old.open_rooms, 'cursors', v_old.cursors, 'stays', v_stays) end);
end
$$;

alter function message.bind_session(text, text, text, text, text, text, text, boolean, interval)
  set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off;
alter function message.save_sessions(text, jsonb)
  set plan_cache_mode = force_generic_plan set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off;
