-- The tables of the call service. See prisma/schema/call.prisma. Every change of a call is a compare-and-set on its version; the two
-- unique indexes below are what keeps a room to one live call and a user to one call at a time, whatever races.

create schema if not exists call;

create table call.call (
  tenant_id    text collate "C" not null,
  id           text collate "C" not null,
  uuid         uuid not null default gen_random_uuid(),
  room         jsonb not null,
  room_id      text collate "C" not null,
  caller_id    text collate "C" not null,
  callee_id    text collate "C",
  request_id   text collate "C" not null,
  with_video   boolean not null,
  -- JSON as it came, type unchanged: text, since jsonb would change the order of keys and refuses some characters
  payload      text not null default 'null',
  answer       text not null default 'null',
  glare        boolean not null default false,
  state        text not null check (state in ('ringing', 'accepted', 'connected', 'ended')),
  reason       text,
  version      integer not null default 1,
  told_version integer not null default 0,
  started_at   timestamptz(3) not null,
  accepted_at  timestamptz(3),
  ended_at     timestamptz(3),
  deadline_at  timestamptz(3),
  changed_at   timestamptz(3) not null,
  checked_at   timestamptz(3) not null,
  -- since when its room's log has the message about it
  recorded_at  timestamptz(3),
  primary key (tenant_id, id),
  check ((state = 'ended') = (reason is not null)),
  check ((state = 'ended') = (ended_at is not null))
) with (fillfactor = 70);

create unique index call_uuid on call.call (tenant_id, uuid);
create unique index call_request on call.call (tenant_id, caller_id, request_id);
create unique index call_live_room on call.call (tenant_id, room_id) where state <> 'ended';
create index call_live on call.call (tenant_id, id) where state <> 'ended';
create index call_deadline on call.call (deadline_at) where state <> 'ended';
create index call_checked on call.call (checked_at) where state <> 'ended';
create index call_untold on call.call (changed_at) where told_version < version;
create index call_unrecorded on call.call (changed_at) where state = 'ended' and recorded_at is null;
create index call_recent on call.call (tenant_id, caller_id, started_at);

create table call.participant (
  tenant_id     text collate "C" not null,
  call_id       text collate "C" not null,
  user_id       text collate "C" not null,
  snapshot      jsonb not null,
  state         text not null check (state in ('invited', 'joined', 'left')),
  device        text collate "C",
  settled       boolean not null default false,
  signaled_from text collate "C",
  described     boolean not null default false,
  gone_at       timestamptz(3),
  -- the call lasts
  live          boolean not null,
  -- it keeps the user from being in another call
  engaged       boolean not null,
  -- it has ended, and nobody has heard yet that this one was told
  untold        boolean not null default false,
  forgotten     boolean not null default false,
  started_at    timestamptz(3) not null,
  primary key (tenant_id, call_id, user_id),
  foreign key (tenant_id, call_id) references call.call (tenant_id, id)
) with (fillfactor = 70);

create unique index participant_engaged on call.participant (tenant_id, user_id) where engaged;
create index participant_live on call.participant (tenant_id, user_id) where live or untold;
create index participant_gone on call.participant (gone_at) where live and gone_at is not null;
create index participant_history on call.participant (tenant_id, user_id, started_at desc) where not forgotten;

create sequence call.signal_number;

-- What is said to a participant that cannot hear it yet. Nothing stays when the call ends.
create table call.signal (
  tenant_id   text collate "C" not null,
  call_id     text collate "C" not null,
  n           bigint not null default nextval('call.signal_number'),
  user_id     text collate "C" not null,
  device      text collate "C" not null,
  data        text not null,
  primary key (tenant_id, call_id, n),
  foreign key (tenant_id, call_id) references call.call (tenant_id, id)
);

-- The gateways' own starts, by their last beat: they belong to the installation, not to a tenant.
create table call.pod (
  pod_id    text primary key,
  last_beat timestamptz(3) not null
) with (fillfactor = 50);

-- The open sockets of people in calls, none of anybody else.
create table call.socket (
  tenant_id     text collate "C" not null,
  user_id       text collate "C" not null,
  connection_id text collate "C" not null,
  device        text collate "C" not null,
  pod_id        text not null,
  primary key (tenant_id, user_id, connection_id)
);

create index socket_pod on call.socket (pod_id);
