-- The rooms that these users are in now, by id from p_after on, and who is in each. room is null where there is nobody to be told of
-- it: a room with more than p_max_members, a broadcast, a deleted one. No more members are read than tell that a room is large.
-- The planner settings: a plan by index, user by user, whatever is known of the tables. Rooms that were made in bulk a moment ago are
-- unknown to the planner until they are analysed; a plan made for empty tables took seconds where this one takes milliseconds.
create function message.shared_rooms(p_tenant text, p_users text[], p_after text, p_limit integer, p_max_members integer)
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
                     limit p_max_members + 1) as ids) p
     cross join lateral (
       select cardinality(p.ids) <= p_max_members and r.kind <> 'broadcast' and r.deleted_at is null as told) f
     order by s.room_id;
end
$$;
