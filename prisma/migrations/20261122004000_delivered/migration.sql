-- Moves what members got forward, mark by mark in one order, so that two batches cannot wait for each other. Answers those that moved.
-- Rooms with more than p_max_members tell nobody who got what. One statement for all marks was planned for the tables as they were last
-- counted: in a server filled a minute ago it took minutes, holding the members' rows meanwhile.
create function message.advance_delivered(p_tenant text, p_rooms text[], p_users text[], p_seqs bigint[], p_max_members integer)
  returns table (user_id text, read_seq double precision, delivered_seq double precision, at text, room jsonb, message_id text)
  language plpgsql
  set plan_cache_mode = force_generic_plan
  set jit = off
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  mark record;
  v_until bigint;
  v_members bigint;
  v_moved message.member;
begin
  for mark in
    select i.room_id collate "C" as room_id, i.user_id collate "C" as user_id, max(i.seq) as seq
      from unnest(p_rooms, p_users, p_seqs) as i (room_id, user_id, seq)
     group by 1, 2 order by 1, 2
  loop
    select least(mark.seq, h.seq) into v_until from message.room_head h
     where h.tenant_id = p_tenant and h.room_id = mark.room_id;
    continue when not found;
    select count(*) into v_members from (
      select 1 from message.member o
       where o.tenant_id = p_tenant and o.room_id = mark.room_id and o.leave_pos is null
       limit p_max_members + 1) x;
    continue when v_members > p_max_members;
    update message.member m
       set delivered_seq = v_until, delivered_at = date_trunc('milliseconds', clock_timestamp())
     where m.tenant_id = p_tenant and m.room_id = mark.room_id and m.user_id = mark.user_id and m.leave_pos is null
       and m.delivered_seq < v_until
    returning * into v_moved;
    continue when not found;
    user_id := v_moved.user_id;
    read_seq := v_moved.read_seq;
    delivered_seq := v_moved.delivered_seq;
    at := message.iso(v_moved.delivered_at);
    select message.as_stamp(r) into room from message.room r where r.tenant_id = p_tenant and r.id = mark.room_id;
    message_id := (select c.id from message.message c
                    where c.tenant_id = p_tenant and c.room_id = mark.room_id and c.seq = v_until);
    return next;
  end loop;
end
$$;
