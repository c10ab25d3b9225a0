-- As before, but the members of a room are read once: the planner had put the subquery that reads them in each of the three places where
-- they are named.
create or replace function message.shared_rooms(p_tenant text, p_users text[], p_after text, p_limit integer, p_max_members integer)
  returns table (id text, room jsonb, members text[])
  language plpgsql stable
  set plan_cache_mode = force_generic_plan
  set jit = off
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return query
    with shared as materialized (
      select distinct m.room_id
        from unnest(p_users) u (user_id)
       cross join lateral (
         select m.room_id from message.member m
          where m.tenant_id = p_tenant and m.user_id = u.user_id collate "C" and m.left_at = 'infinity'
            and (p_after is null or m.room_id > p_after collate "C")
          offset 0) m
       order by m.room_id limit p_limit
    )
    select s.room_id, case when f.told then message.as_stamp(r) end, case when f.told then p.ids else '{}' end
      from shared s
      join message.room r on r.tenant_id = p_tenant and r.id = s.room_id
     cross join lateral (
       select array(select o.user_id from message.member o
                     where o.tenant_id = p_tenant and o.room_id = s.room_id and o.leave_pos is null
                     limit p_max_members + 1) as ids
       offset 0) p
     cross join lateral (
       select cardinality(p.ids) <= p_max_members and r.kind <> 'broadcast' and r.deleted_at is null as told
       offset 0) f
     order by s.room_id;
end
$$;
