-- The copies of broadcast messages. Runs after 20261121120400, which gives messages `broadcast_of` and send_batch its parameter.

-- The living direct room of two users, made if there is none, with its first fact. Null room: one of them blocks the other.
create function message.pair_room(p_tenant text, p_user text, p_other text, p_actor jsonb, out room_id text, out fact jsonb)
  language plpgsql volatile as $$
declare
  v_a text collate "C" := least(p_user collate "C", p_other collate "C");
  v_b text collate "C" := greatest(p_user collate "C", p_other collate "C");
begin
  if message.is_blocked(p_tenant, v_a, v_b) then
    return;
  end if;
  select r.id into room_id from message.room r
   where r.tenant_id = p_tenant and r.user_a = v_a and r.user_b = v_b and r.deleted_at is null and r.kind = 'direct';
  if room_id is not null then
    return;
  end if;
  room_id := message.new_id(clock_timestamp());
  fact := message.create_room(p_tenant, room_id, 'direct', null, null, '{}', null, '{}', p_user, array[v_a, v_b], '{}', p_actor, null, null)
            ->'facts'->0;
exception when unique_violation then
  -- Somebody made it just now.
  fact := null;
  select r.id into room_id from message.room r
   where r.tenant_id = p_tenant and r.user_a = v_a and r.user_b = v_b and r.deleted_at is null and r.kind = 'direct';
end
$$;

-- Copies the next message of some broadcast room that waits to its next p_limit recipients, in one transaction with the note of how far it
-- is. Answers the facts; null: nothing waits, or others are at it. A copy's client id is made of its parent's id, so that one who has
-- got it gets no second one, whatever happened before. What was deleted before its turn is not copied any more; edits and later
-- deletions of the parent do not reach the copies, which are messages of their own. Blocked pairs are left out.
create function message.copy_broadcast(p_limit integer) returns jsonb language plpgsql volatile as $$
declare
  v_job message.broadcast;
  v_head bigint;
  v_parent message.message;
  v_actor jsonb;
  v_users text[];
  v_rooms text[] := '{}';
  v_pair record;
  v_facts jsonb := '[]';
  v_user text;
  v_n integer;
  v_sent jsonb;
begin
  select b.* into v_job
    from message.broadcast b
    join message.room_head h on h.tenant_id = b.tenant_id and h.room_id = b.room_id
   where h.seq > b.done_seq
   order by random() limit 1
     for update of b skip locked;
  if not found then
    return null;
  end if;

  select h.seq into v_head from message.room_head h where h.tenant_id = v_job.tenant_id and h.room_id = v_job.room_id;
  select m.* into v_parent
    from message.message m
   where m.tenant_id = v_job.tenant_id and m.room_id = v_job.room_id and m.seq > v_job.done_seq and m.seq <= v_head
     and m.type <> 'info' and m.deleted_at is null
   order by m.seq limit 1;
  if not found then
    update message.broadcast b set done_seq = v_head, copying_seq = null, after_user = null
     where b.tenant_id = v_job.tenant_id and b.room_id = v_job.room_id;
    return '[]';
  end if;

  v_users := array(
    select c.user_id from message.recipient c
     where c.tenant_id = v_job.tenant_id and c.room_id = v_job.room_id and c.added_pos < v_parent.pos
       and (v_job.copying_seq is distinct from v_parent.seq or v_job.after_user is null or c.user_id > v_job.after_user)
       and c.user_id <> v_parent.sender_id
     order by c.user_id limit p_limit);
  select e.actor into v_actor from message.room_event e
   where e.tenant_id = v_parent.tenant_id and e.room_id = v_parent.room_id and e.pos = v_parent.pos;

  foreach v_user in array v_users loop
    select * into v_pair from message.pair_room(v_parent.tenant_id, v_parent.sender_id, v_user, v_actor);
    if v_pair.room_id is not null then
      v_rooms := v_rooms || v_pair.room_id;
      v_facts := v_facts || case when v_pair.fact is null then '[]'::jsonb else jsonb_build_array(v_pair.fact) end;
    end if;
  end loop;

  v_n := cardinality(v_rooms);
  if v_n > 0 then
    select jsonb_agg(jsonb_build_object('room', v_rooms[s.ord], 'pos', s.pos) order by s.ord) into v_sent
      from message.send_batch(
        array_fill(v_parent.tenant_id, array[v_n]), v_rooms, array_fill(v_parent.sender_id, array[v_n]),
        array_fill('broadcast:' || v_parent.id, array[v_n]), array_fill(v_parent.body_hash, array[v_n]),
        array(select message.new_id(clock_timestamp()) from generate_series(1, v_n)), array_fill(v_parent.type, array[v_n]),
        array_fill(v_parent.text, array[v_n]), array_fill(v_parent.attachment::text, array[v_n]), array_fill(null::text, array[v_n]),
        array_fill(v_parent.metadata::text, array[v_n]), array_fill(v_parent.extras::text, array[v_n]),
        array_fill(v_actor::text, array[v_n]), array_fill(null::text, array[v_n]), array_fill(v_parent.forward_of, array[v_n]),
        array_fill(v_parent.id, array[v_n])) s
     where s.status = 'ok';
    -- A statement of its own, which sees what the batch wrote.
    select v_facts || coalesce(jsonb_agg(message.as_fact(e, r, m) order by x.ord), '[]') into v_facts
      from jsonb_array_elements(v_sent) with ordinality as x(place, ord)
      join message.room r on r.tenant_id = v_parent.tenant_id and r.id = x.place->>'room'
      join message.room_event e
        on e.tenant_id = r.tenant_id and e.room_id = r.id and e.pos = (x.place->>'pos')::bigint
      join message.message m on m.tenant_id = e.tenant_id and m.room_id = e.room_id and m.seq = e.seq;
  end if;

  update message.broadcast b
     set done_seq = case when cardinality(v_users) < p_limit then v_parent.seq else b.done_seq end,
         copying_seq = case when cardinality(v_users) < p_limit then null else v_parent.seq end,
         after_user = case when cardinality(v_users) < p_limit then null else v_users[p_limit] end
   where b.tenant_id = v_job.tenant_id and b.room_id = v_job.room_id;
  return v_facts;
end
$$;
