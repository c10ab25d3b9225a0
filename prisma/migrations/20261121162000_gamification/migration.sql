-- The tables of the gamification service: rule sets, the ledger of facts, score documents, standings, rewards. See prisma/schema/gamification.prisma.
-- Ids compare by bytes (collate "C"): locks are taken in id order, and every session must agree on that order.

create schema if not exists gamification;

-- A version is never changed. `score_action` is the same as rows, a row per weekday (0 = sunday), for the functions below.
create table gamification.score_rules (
  tenant_id  text collate "C" not null,
  version    integer not null check (version > 0),
  rules      jsonb not null,
  created_at timestamptz(3) not null default clock_timestamp(),
  primary key (tenant_id, version)
);
create table gamification.score_action (
  tenant_id   text collate "C" not null,
  version     integer not null,
  weekday     smallint not null check (weekday between 0 and 6),
  type        text collate "C" not null,
  points      integer not null check (points > 0),
  max_per_day integer not null check (max_per_day > 0),
  start_at    integer not null default 0 check (start_at >= 0),
  primary key (tenant_id, version, weekday, type),
  foreign key (tenant_id, version) references gamification.score_rules (tenant_id, version)
);

-- What every writer of a user's facts locks first: all of one user's facts are then counted one after another.
create table gamification.score_user (
  tenant_id text collate "C" not null,
  user_id   text collate "C" not null,
  primary key (tenant_id, user_id)
);

-- The ledger: what happened, once per fact id, never changed. What a fact is worth is not kept here: that follows from the day's other
-- facts. `at` is when it happened by whoever tells it, `day` that user's local day then.
create table gamification.fact (
  tenant_id   text collate "C" not null,
  user_id     text collate "C" not null,
  fact_id     text collate "C" not null,
  day         date not null,
  type        text collate "C" not null,
  ref         text collate "C",
  at          timestamptz(6) not null,
  received_at timestamptz(3) not null default clock_timestamp(),
  source      text not null check (source in ('server', 'client', 'message')),
  primary key (tenant_id, user_id, fact_id),
  check ((type = 'reel-seen') <= (ref is not null))
);
create index fact_of_day on gamification.fact (tenant_id, user_id, day, type, at, fact_id);

create function gamification.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is append-only' using errcode = 'restrict_violation';
end
$$;
create trigger fact_append_only before update on gamification.fact for each row execute function gamification.refuse_change();

-- The distinct reels of a day, each with the fact that saw it first.
create table gamification.score_reel (
  tenant_id  text collate "C" not null,
  user_id    text collate "C" not null,
  day        date not null,
  ref        text collate "C" not null,
  first_at   timestamptz(6) not null,
  first_fact text collate "C" not null,
  primary key (tenant_id, user_id, day, ref)
);
create index score_reel_in_time on gamification.score_reel (tenant_id, user_id, day, first_at);

-- The document of a user's local day. `counts`: counted facts by action type. `version` grows with every change; what the user's
-- devices were told last is `told_version`, so that a change nobody was told of is found again by whichever replica looks next.
create table gamification.score_day (
  tenant_id     text collate "C" not null,
  user_id       text collate "C" not null,
  day           date not null,
  starts_at     timestamptz(3) not null,
  rules_version integer not null,
  facts         integer not null default 0,
  reels_seen    integer not null default 0,
  counts        jsonb not null default '{}',
  total         bigint not null default 0,
  version       integer not null default 0,
  told_version  integer not null default 0,
  told_at       timestamptz(3) not null default '-infinity',
  primary key (tenant_id, user_id, day),
  foreign key (tenant_id, rules_version) references gamification.score_rules (tenant_id, version)
) with (fillfactor = 70);
create index score_day_untold on gamification.score_day (told_at) where told_version < version;

-- Sums of `score_day.total`: of a day, of a week (from its monday), of all time (starts_on 0001-01-01).
create table gamification.score_standing (
  tenant_id text collate "C" not null,
  period    text collate "C" not null check (period in ('day', 'week', 'all')),
  starts_on date not null,
  user_id   text collate "C" not null,
  total     bigint not null,
  primary key (tenant_id, period, starts_on, user_id)
) with (fillfactor = 70);
create index score_standing_order on gamification.score_standing (tenant_id, period, starts_on, total desc, user_id);

-- `version`, `told_version`, `told_at`: as in score_day. `ended`: everybody was told, or is about to be, that its time is over.
create table gamification.reward (
  tenant_id    text collate "C" not null,
  id           text collate "C" not null,
  stock        integer not null check (stock > 0),
  consumed     integer not null default 0,
  starts_at    timestamptz(3) not null,
  expires_at   timestamptz(3) not null,
  min_score    bigint check (min_score >= 0),
  room_id      text collate "C",
  created_at   timestamptz(3) not null default clock_timestamp(),
  ended        boolean not null default false,
  version      integer not null default 0,
  told_version integer not null default 0,
  told_at      timestamptz(3) not null default '-infinity',
  primary key (tenant_id, id),
  check (consumed between 0 and stock),
  check (starts_at < expires_at)
) with (fillfactor = 60);
create index reward_untold on gamification.reward (told_at) where told_version < version;
create index reward_to_end on gamification.reward (expires_at) where not ended;

-- One grant per user.
create table gamification.reward_grant (
  tenant_id       text collate "C" not null,
  reward_id       text collate "C" not null,
  user_id         text collate "C" not null,
  id              text collate "C" not null,
  idempotency_key text collate "C" not null,
  granted_at      timestamptz(3) not null default clock_timestamp(),
  primary key (tenant_id, reward_id, user_id),
  unique (tenant_id, id),
  foreign key (tenant_id, reward_id) references gamification.reward (tenant_id, id)
);

-- Belongs to the installation: how far the message log was read, moved in the transaction of what was read; and which replica reads.
create table gamification.feed (
  job        text collate "C" primary key,
  xid        xid8 not null default '0',
  id         bigint not null default 0,
  holder     text collate "C",
  expires_at timestamptz(3) not null default '-infinity'
);
insert into gamification.feed (job) values ('messages');

-- Times of facts cross as whole microseconds since 1970. As volatile as what they call, so that they are inlined; a double tells
-- microseconds apart until the year 2250.
create function gamification.micros(t timestamptz) returns bigint language sql stable as
$$ select (extract(epoch from t) * 1000000)::bigint $$;
create function gamification.at_micros(us bigint) returns timestamptz language sql immutable as
$$ select to_timestamp(us / 1000000::double precision) $$;
create function gamification.iso(t timestamptz) returns text language sql stable as
$$ select to_char(t at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

-- What an action's facts of one day come to: `counted` of them count, the last of these is (last_at, last_fact); those before
-- unlock_at (null: all) are locked.
create type gamification.tally as (
  tenant_id text, user_id text, day date, type text, points integer, counted integer,
  unlock_at timestamptz, last_at timestamptz, last_fact text
);

-- Reads the tallies of a day's actions from the ledger: those of these types (null: all), and, with p_gated, all that reels unlock.
-- An action that starts at n reels is open from the moment the n-th distinct reel was seen; of the facts since, the first max_per_day
-- count. Both are read off an index, so this costs what the rules bound, not what the ledger holds, and its result does not depend on
-- the order in which the facts came in.
create function gamification.tallies(
  p_tenant text, p_user text, p_day date, p_version integer, p_types text[], p_gated boolean
) returns setof gamification.tally language sql stable rows 6 as $$
  select p_tenant, p_user, p_day, a.type, a.points, c.counted, o.unlock_at, c.last_at, c.last_fact
    from gamification.score_action a
    cross join lateral (
      select case when a.start_at = 0 then '-infinity' else (
        select r.first_at from gamification.score_reel r
         where r.tenant_id = p_tenant and r.user_id = p_user and r.day = p_day
         order by r.first_at offset greatest(a.start_at - 1, 0) limit 1) end as unlock_at) o
    cross join lateral (
      select count(*)::integer as counted, max(x.at) as last_at, (array_agg(x.fact_id order by x.at desc, x.fact_id desc))[1] as last_fact
        from (select f.at, f.fact_id from gamification.fact f
               where f.tenant_id = p_tenant and f.user_id = p_user and f.day = p_day and f.type = a.type and f.at >= o.unlock_at
               order by f.at, f.fact_id limit a.max_per_day) x) c
   where a.tenant_id = p_tenant and a.version = p_version and a.weekday = extract(dow from p_day)::smallint
     and (p_types is null or a.type = any (p_types) or (p_gated and a.start_at > 0))
$$;

create function gamification.as_tally(t gamification.tally) returns jsonb language sql stable as $$
  select jsonb_build_object('tenantId', t.tenant_id, 'userId', t.user_id, 'day', t.day, 'type', t.type, 'points', t.points,
    'counted', t.counted, 'unlockAt', case when t.unlock_at = '-infinity' then 0 else gamification.micros(t.unlock_at) end,
    'lastAt', gamification.micros(t.last_at), 'lastFact', t.last_fact)
$$;

-- What a batch changes of one day: facts and distinct reels that are new, the tallies that may have changed.
create type gamification.day_change as (
  tenant_id text, user_id text, day date, facts integer, reels integer, tallies gamification.tally[]
);

-- Writes a batch of facts into the ledger and brings documents and standings up to date. Arrays are parallel; p_starts is the
-- local midnight of p_day; facts of one p_request are stored all or none. Answers, by place in the arrays (1-based):
-- `fresh`: stored now; `refused`: of requests that claim reels less than p_reel_gap apart; `full`: of requests for a day that holds
-- p_day_limit facts; the rest was stored before. `firstReels`: those of `fresh` that count as the first of their reel.
-- `tallies`: of the actions that may have changed.
-- The users are locked first and in one order for all batches, and nobody writes a user's rows without that lock: what a later statement
-- of this VOLATILE function reads of them cannot change until the end of the transaction, and plain INSERTs cannot collide.
-- The planner settings: one plan for the life of the connection, always by index, since the tables grow under it.
create function gamification.apply_facts(
  p_request integer[], p_tenant text[], p_user text[], p_fact text[], p_type text[], p_ref text[], p_at bigint[],
  p_day date[], p_starts bigint[], p_source text[], p_reel_gap interval, p_day_limit integer
) returns jsonb language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  set jit = off
  set enable_seqscan = off
  set enable_hashjoin = off
as $$
declare
  v_fresh integer[];
  v_refused integer[] := '{}';
  v_full integer[];
  v_unseen integer[];
  v_first integer[];
  v_changes gamification.day_change[];
begin
  insert into gamification.score_user (tenant_id, user_id)
  select distinct i.tenant_id, i.user_id from unnest(p_tenant, p_user) as i(tenant_id, user_id)
   where (select true from gamification.score_user u where u.tenant_id = i.tenant_id and u.user_id = i.user_id limit 1) is null
   order by i.tenant_id, i.user_id
      on conflict do nothing;
  perform 1 from gamification.score_user u
   where (u.tenant_id, u.user_id) in (select i.tenant_id, i.user_id from unnest(p_tenant, p_user) as i(tenant_id, user_id))
   order by u.tenant_id, u.user_id for no key update of u;

  select coalesce(array_agg(i.ord order by i.ord), '{}') into v_fresh
    from (select distinct on (x.tenant_id collate "C", x.user_id collate "C", x.fact_id collate "C") x.*
            from unnest(p_tenant, p_user, p_fact) with ordinality as x(tenant_id, user_id, fact_id, ord)
           order by x.tenant_id collate "C", x.user_id collate "C", x.fact_id collate "C", x.ord) i
   where (select true from gamification.fact f
           where f.tenant_id = i.tenant_id and f.user_id = i.user_id and f.fact_id = i.fact_id limit 1) is null;

  if 'client' = any (p_source) then
    v_refused := gamification.too_fast(v_fresh, p_request, p_tenant, p_user, p_type, p_at, p_day, p_source, p_reel_gap);
  end if;
  v_full := array(
    select distinct p_request[i.ord] from unnest(v_fresh) as i(ord)
     where (select d.facts from gamification.score_day d
             where d.tenant_id = p_tenant[i.ord] and d.user_id = p_user[i.ord] and d.day = p_day[i.ord] limit 1) >= p_day_limit);
  v_fresh := array(
    select i.ord from unnest(v_fresh) as i(ord)
     where p_request[i.ord] <> all (v_refused) and p_request[i.ord] <> all (v_full) order by i.ord);

  insert into gamification.score_day (tenant_id, user_id, day, starts_at, rules_version)
  select distinct on (p_tenant[i.ord], p_user[i.ord], p_day[i.ord])
         p_tenant[i.ord], p_user[i.ord], p_day[i.ord], gamification.at_micros(p_starts[i.ord]),
         (select r.version from gamification.score_rules r where r.tenant_id = p_tenant[i.ord] order by r.version desc limit 1)
    from unnest(v_fresh) as i(ord)
   where (select true from gamification.score_day d
           where d.tenant_id = p_tenant[i.ord] and d.user_id = p_user[i.ord] and d.day = p_day[i.ord] limit 1) is null
   order by p_tenant[i.ord], p_user[i.ord], p_day[i.ord], i.ord;

  insert into gamification.fact (tenant_id, user_id, fact_id, day, type, ref, at, source)
  select p_tenant[i.ord], p_user[i.ord], p_fact[i.ord], p_day[i.ord], p_type[i.ord], p_ref[i.ord], gamification.at_micros(p_at[i.ord]), p_source[i.ord]
    from unnest(v_fresh) as i(ord);

  -- Of each reel the earliest fact of this batch, and which of these reels the day did not have.
  v_first := array(
    select distinct on (p_tenant[i.ord], p_user[i.ord], p_day[i.ord], p_ref[i.ord]) i.ord from unnest(v_fresh) as i(ord)
     where p_type[i.ord] = 'reel-seen'
     order by p_tenant[i.ord], p_user[i.ord], p_day[i.ord], p_ref[i.ord], p_at[i.ord], p_fact[i.ord] collate "C");
  v_unseen := array(
    select i.ord from unnest(v_first) as i(ord)
     where (select true from gamification.score_reel s
             where s.tenant_id = p_tenant[i.ord] and s.user_id = p_user[i.ord] and s.day = p_day[i.ord] and s.ref = p_ref[i.ord] limit 1) is null);
  insert into gamification.score_reel as s (tenant_id, user_id, day, ref, first_at, first_fact)
  select p_tenant[i.ord], p_user[i.ord], p_day[i.ord], p_ref[i.ord], gamification.at_micros(p_at[i.ord]), p_fact[i.ord] from unnest(v_first) as i(ord)
      on conflict (tenant_id, user_id, day, ref) do update set first_at = excluded.first_at, first_fact = excluded.first_fact
   where (excluded.first_at, excluded.first_fact) < (s.first_at, s.first_fact);
  v_first := array(
    select i.ord from unnest(v_first) as i(ord)
     where p_fact[i.ord] = (
       select s.first_fact from gamification.score_reel s
        where s.tenant_id = p_tenant[i.ord] and s.user_id = p_user[i.ord] and s.day = p_day[i.ord] and s.ref = p_ref[i.ord] limit 1));

  v_changes := array(
    select row(c.tenant_id, c.user_id, c.day, c.facts, c.reels, t.tallies)::gamification.day_change from (
      select p_tenant[i.ord] as tenant_id, p_user[i.ord] as user_id, p_day[i.ord] as day, count(*)::integer as facts,
             array_agg(distinct p_type[i.ord]) as types, bool_or(i.ord = any (v_first)) as gated,
             count(*) filter (where i.ord = any (v_unseen))::integer as reels
        from unnest(v_fresh) as i(ord) group by 1, 2, 3) c
    cross join lateral (select d.rules_version from gamification.score_day d
                         where d.tenant_id = c.tenant_id and d.user_id = c.user_id and d.day = c.day limit 1) d
    cross join lateral (
      select array(select x from gamification.tallies(c.tenant_id, c.user_id, c.day, d.rules_version, c.types, c.gated) x) as tallies) t);

  perform gamification.settle(v_changes);
  return jsonb_build_object('fresh', to_jsonb(v_fresh), 'firstReels', to_jsonb(v_first),
    'refused', to_jsonb(array(select i.ord from generate_subscripts(p_request, 1) as i(ord) where p_request[i.ord] = any (v_refused))),
    'full', to_jsonb(array(select i.ord from generate_subscripts(p_request, 1) as i(ord) where p_request[i.ord] = any (v_full))),
    'tallies', (select coalesce(jsonb_agg(gamification.as_tally(t)), '[]') from unnest(v_changes) c cross join lateral unnest(c.tallies) t));
end
$$;

-- The requests among those of p_fresh in which a client claims reels closer together than p_gap, to each other or to what is stored.
create function gamification.too_fast(
  p_fresh integer[], p_request integer[], p_tenant text[], p_user text[], p_type text[], p_at bigint[], p_day date[], p_source text[], p_gap interval
) returns integer[] language sql stable as $$
  select coalesce(array_agg(distinct c.request), '{}') from (
    select p_request[i.ord] as request, p_tenant[i.ord] as tenant_id, p_user[i.ord] as user_id, p_day[i.ord] as day, gamification.at_micros(p_at[i.ord]) as at,
           gamification.at_micros(lag(p_at[i.ord]) over (partition by p_tenant[i.ord], p_user[i.ord] order by p_at[i.ord], i.ord)) as before
      from unnest(p_fresh) as i(ord)
     where p_source[i.ord] = 'client' and p_type[i.ord] = 'reel-seen') c
   where c.before > c.at - p_gap
      or (select true from gamification.fact f
           where f.tenant_id = c.tenant_id and f.user_id = c.user_id and f.day = c.day and f.type = 'reel-seen'
             and f.at > c.at - p_gap and f.at < c.at + p_gap limit 1)
$$;

-- Second half of apply_facts: the documents of the days that changed, and the standings that follow from them.
create function gamification.settle(p_changes gamification.day_change[]) returns void language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  set jit = off
  set enable_seqscan = off
  set enable_hashjoin = off
as $$
begin
  with changed as materialized (
    select c.tenant_id, c.user_id, c.day, c.facts, c.reels, d.total as old_total, d.counts as old_counts,
           d.counts || coalesce(t.counts, '{}') as counts, d.total + coalesce(t.gain, 0) as total
      from unnest(p_changes) c
      cross join lateral (select x.total, x.counts from gamification.score_day x
                           where x.tenant_id = c.tenant_id and x.user_id = c.user_id and x.day = c.day limit 1) d
      cross join lateral (
        select jsonb_object_agg(y.type, y.counted) filter (where y.counted > 0) as counts,
               sum(y.points::bigint * (y.counted - coalesce((d.counts->>y.type)::integer, 0)))::bigint as gain
          from unnest(c.tallies) y) t
  ), written as (
    update gamification.score_day d
       set facts = d.facts + c.facts, reels_seen = d.reels_seen + c.reels, counts = c.counts, total = c.total,
           version = d.version + (c.reels > 0 or c.counts <> c.old_counts)::integer
      from changed c
     where d.tenant_id = c.tenant_id and d.user_id = c.user_id and d.day = c.day
  )
  insert into gamification.score_standing as s (tenant_id, period, starts_on, user_id, total)
  select c.tenant_id, p.period, p.starts_on, c.user_id, sum(c.total - c.old_total)::bigint
    from changed c
    cross join lateral (values ('day', c.day), ('week', date_trunc('week', c.day::timestamp)::date), ('all', date '0001-01-01')) as p(period, starts_on)
   where c.total <> c.old_total
   group by c.tenant_id, p.period, p.starts_on, c.user_id
   order by 1, 2, 3, 4
      on conflict (tenant_id, period, starts_on, user_id) do update set total = s.total + excluded.total;
end
$$;

-- The facts of a page of the message log, and the cursor behind it, in one transaction. Null: another replica has read this page.
create function gamification.take_page(
  p_xid text, p_id bigint, p_next_xid text, p_next_id bigint,
  p_tenant text[], p_user text[], p_fact text[], p_type text[], p_at bigint[], p_day date[], p_starts bigint[], p_day_limit integer
) returns jsonb language plpgsql volatile as $$
declare
  v_count integer := cardinality(p_fact);
begin
  update gamification.feed set xid = p_next_xid::xid8, id = p_next_id where job = 'messages' and xid = p_xid::xid8 and id = p_id;
  if not found then
    return null;
  end if;
  return gamification.apply_facts(array(select generate_series(1, v_count)), p_tenant, p_user, p_fact, p_type, array_fill(null::text, array[v_count]),
    p_at, p_day, p_starts, array_fill('message'::text, array[v_count]), interval '0', p_day_limit);
end
$$;

-- Grants rewards, one row out per request, by its place (1-based). The rewards are locked first and in one order for all batches; what is
-- decided under the lock cannot change until the end of the transaction, so nothing is counted that is not granted.
create function gamification.consume_batch(p_tenant text[], p_reward text[], p_user text[], p_key text[], p_grant text[])
returns table (ord integer, outcome text, remaining integer, grant_id text, is_expired boolean) language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  set jit = off
  set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_reward gamification.reward;
  v_grant gamification.reward_grant;
begin
  perform 1 from gamification.reward r
   where (r.tenant_id, r.id) in (select i.tenant_id, i.id from unnest(p_tenant, p_reward) as i(tenant_id, id))
   order by r.tenant_id, r.id for no key update of r;
  v_now := clock_timestamp();
  for i in 1 .. cardinality(p_reward) loop
    ord := i;
    grant_id := null;
    select r.* into v_reward from gamification.reward r where r.tenant_id = p_tenant[i] and r.id = p_reward[i];
    if not found then
      outcome := 'not-found'; remaining := 0; is_expired := true;
      return next;
      continue;
    end if;
    select g.* into v_grant from gamification.reward_grant g
     where g.tenant_id = p_tenant[i] and g.reward_id = p_reward[i] and g.user_id = p_user[i];
    if found then
      grant_id := v_grant.id;
      -- The same request again gets the same answer again.
      outcome := case when v_grant.idempotency_key = p_key[i] then 'consumed' else 'already_consumed' end;
    elsif v_now >= v_reward.expires_at then
      outcome := 'expired';
    elsif v_now < v_reward.starts_at or coalesce(v_reward.min_score, 0) > coalesce(
        (select s.total from gamification.score_standing s
          where s.tenant_id = p_tenant[i] and s.period = 'all' and s.starts_on = date '0001-01-01' and s.user_id = p_user[i]), 0) then
      outcome := 'not_eligible';
    elsif v_reward.consumed >= v_reward.stock then
      outcome := 'exhausted';
    else
      insert into gamification.reward_grant (tenant_id, reward_id, user_id, id, idempotency_key)
        values (p_tenant[i], p_reward[i], p_user[i], p_grant[i], p_key[i]);
      update gamification.reward r set consumed = r.consumed + 1, version = r.version + 1
       where r.tenant_id = p_tenant[i] and r.id = p_reward[i] returning r.* into v_reward;
      grant_id := p_grant[i];
      outcome := 'consumed';
    end if;
    remaining := v_reward.stock - v_reward.consumed;
    is_expired := remaining = 0 or v_now >= v_reward.expires_at;
    return next;
  end loop;
end
$$;

-- Statistics before the first row: the functions keep one plan per connection, made when the tables are still empty. So: sample rows,
-- ANALYZE, delete; the statistics stay.
do $$
begin
  insert into gamification.score_rules (tenant_id, version, rules) values ('sample', 1, '{}');
  insert into gamification.score_user select 'sample', 'user-' || i from generate_series(1, 400) i;
  insert into gamification.fact (tenant_id, user_id, fact_id, day, type, ref, at, source)
    select 'sample', 'user-' || u, 'fact-' || f, date '2026-01-01' + f % 4, 'reel-seen', 'reel-' || f, now() - f * interval '1 minute', 'server'
      from generate_series(1, 400) u, generate_series(1, 20) f;
  insert into gamification.score_reel select tenant_id, user_id, day, ref, at, fact_id from gamification.fact;
  insert into gamification.score_day (tenant_id, user_id, day, starts_at, rules_version)
    select distinct tenant_id, user_id, day, day::timestamptz, 1 from gamification.fact;
  insert into gamification.score_standing select tenant_id, 'day', day, user_id, 1 from gamification.score_day;
  insert into gamification.reward (tenant_id, id, stock, starts_at, expires_at)
    select 'sample', 'reward-' || i, 1, now(), now() + interval '1 day' from generate_series(1, 400) i;
  insert into gamification.reward_grant (tenant_id, reward_id, user_id, id, idempotency_key)
    select 'sample', 'reward-' || i, 'user', 'grant-' || i, '' from generate_series(1, 400) i;
  analyze gamification.score_user, gamification.fact, gamification.score_reel, gamification.score_day, gamification.score_standing,
          gamification.reward, gamification.reward_grant;
  delete from gamification.reward_grant;
  delete from gamification.reward;
  delete from gamification.score_standing;
  delete from gamification.score_day;
  delete from gamification.score_reel;
  delete from gamification.fact;
  delete from gamification.score_user;
  delete from gamification.score_rules;
end
$$;
