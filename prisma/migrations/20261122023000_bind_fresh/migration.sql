-- Most who come continue nothing: a batch opens their sessions with one statement, and reads their rooms with it. Those who resume are taken
-- one by one, as before. What is answered is the same.
create or replace function message.bind_sessions(
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
    if p_resume[i] is not null or p_latest[i] then
      ord := i;
      bound := message.bind_one(p_tenant[i], p_user[i], p_dialect[i], p_session[i], p_pod[i], p_ticket[i], p_resume[i], p_latest[i], p_window, v_as_of);
      return next;
    end if;
  end loop;
  return query
    with fresh as materialized (
      select u.ord::integer as ord, u.tenant_id collate "C" as tenant_id, u.user_id collate "C" as user_id, u.dialect,
             u.session_id collate "C" as session_id, u.pod_id, u.ticket
        from unnest(p_tenant, p_user, p_dialect, p_session, p_pod, p_ticket, p_resume, p_latest)
             with ordinality as u (tenant_id, user_id, dialect, session_id, pod_id, ticket, resume, latest, ord)
       where u.resume is null and not u.latest),
    opened as (
      insert into message.session as s (tenant_id, session_id, user_id, dialect, pod_id, ticket, state, open_rooms, cursors, as_of, saved_at)
      select distinct on (f.tenant_id, f.session_id)
             f.tenant_id, f.session_id, f.user_id, f.dialect, f.pod_id, f.ticket, 'open', '{}'::text[], '[]'::jsonb, v_as_of, clock_timestamp()
        from fresh f
       order by f.tenant_id, f.session_id, f.ord
          on conflict (tenant_id, session_id) do update set pod_id = excluded.pod_id, ticket = excluded.ticket, state = 'open', saved_at = excluded.saved_at
             where s.user_id = excluded.user_id and s.claimed_by is null
      returning s.tenant_id, s.session_id, s.user_id)
    select f.ord, case when o.session_id is not null then
             (select jsonb_build_object(
                       'asOf', message.iso(v_as_of), 'resumed', null,
                       'groups', coalesce(jsonb_agg(x.head) filter (where x.kind <> 'direct'), '[]'),
                       'recent', coalesce(jsonb_agg(x.head) filter (where x.last_at > v_as_of - interval '10 seconds'), '[]'))
                from (select r.kind, h.last_at, jsonb_build_object('roomId', m.room_id, 'head', h.pos) as head
                        from message.member m
                        join message.room r on r.tenant_id = m.tenant_id and r.id = m.room_id
                        join message.room_head h on h.tenant_id = m.tenant_id and h.room_id = m.room_id
                       where m.tenant_id = f.tenant_id and m.user_id = f.user_id and m.left_at = 'infinity') x) end
      from fresh f
      left join opened o on o.tenant_id = f.tenant_id and o.session_id = f.session_id and o.user_id = f.user_id;
end
$$;
