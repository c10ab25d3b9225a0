-- What durable readers of the whole log ask for (contract message.events.after; ADR 0016 says why it skips nothing): of the next p_limit
-- facts after the cursor those of these types in rooms of these kinds, and the cursor behind all of them. Reads only facts of
-- transactions older than every running one. A cursor beyond the newest transaction comes from another server (a restored dump):
-- reading then begins anew, which is harmless, since readers know what they have read.
create function message.events_after(p_xid text, p_id bigint, p_limit integer, p_types text[], p_kinds text[]) returns jsonb
  language plpgsql volatile set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
declare
  v_snapshot pg_snapshot := pg_current_snapshot();
  v_xid xid8 := p_xid::xid8;
  v_id bigint := p_id;
  v_count integer;
  v_events jsonb;
  v_waiting timestamptz;
begin
  if v_xid > pg_snapshot_xmax(v_snapshot) then
    v_xid := '0';
    v_id := 0;
  end if;
  with page as materialized (
    select e.xid, e.id, e.tenant_id, e.room_id, e.type, e.at, e.seq
      from message.room_event e
     where (e.xid, e.id) > (v_xid, v_id) and e.xid < pg_snapshot_xmin(v_snapshot)
     order by e.xid, e.id limit p_limit
  )
  select (select count(*) from page),
         coalesce((select l.xid from page l order by l.xid desc, l.id desc limit 1), v_xid),
         coalesce((select l.id from page l order by l.xid desc, l.id desc limit 1), v_id),
         (select coalesce(jsonb_agg(jsonb_build_object('type', p.type, 'tenantId', p.tenant_id, 'roomId', p.room_id, 'roomKind', r.kind,
                   'at', message.iso(p.at), 'message', case when m.id is not null then jsonb_build_object('id', m.id, 'senderId', m.sender_id,
                   'type', m.type, 'isCopy', m.broadcast_of is not null) end) order by p.xid, p.id), '[]')
            from page p
            join message.room r on r.tenant_id = p.tenant_id and r.id = p.room_id and r.kind = any (p_kinds)
            left join message.message m on m.tenant_id = p.tenant_id and m.room_id = p.room_id and m.seq = p.seq
           where p.type = any (p_types))
    into v_count, v_xid, v_id, v_events;

  select e.at into v_waiting from message.room_event e where (e.xid, e.id) > (v_xid, v_id) order by e.xid, e.id limit 1;
  return jsonb_build_object('events', v_events, 'cursor', jsonb_build_object('xid', v_xid::text, 'id', v_id), 'more', v_count = p_limit,
    'waitingMs', coalesce(greatest(0, floor(date_part('epoch', clock_timestamp() - v_waiting) * 1000)), 0));
end
$$;
