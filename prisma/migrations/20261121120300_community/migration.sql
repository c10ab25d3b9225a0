-- People in rooms beside messages: what describes a room, bans, blocks, invitations, the recipients of broadcast rooms.
-- See prisma/schema/message.prisma.

alter table message.room
  add column description text,
  -- nobody writes into it until it is thawed
  add column frozen boolean not null default false,
  add column extras jsonb not null default '{}';

alter table message.member add column nickname text;

-- One user wants to hear nothing of another: neither of the two writes into their direct room. Looked up by key, in both directions.
create table message.block (
  tenant_id  text collate "C" not null,
  blocker_id text collate "C" not null,
  blocked_id text collate "C" not null,
  created_at timestamptz(3) not null,
  primary key (tenant_id, blocker_id, blocked_id),
  check (blocker_id <> blocked_id)
);

-- Who may not come back into a group.
create table message.room_ban (
  tenant_id  text collate "C" not null,
  room_id    text collate "C" not null,
  user_id    text collate "C" not null,
  by_id      text collate "C",
  created_at timestamptz(3) not null,
  primary key (tenant_id, room_id, user_id),
  foreign key (tenant_id, room_id) references message.room (tenant_id, id)
);

-- `inviter` and `invitee`: as they were then, for those who are told.
create table message.invitation (
  tenant_id  text collate "C" not null,
  id         text collate "C" not null,
  room_id    text collate "C" not null,
  inviter_id text collate "C",
  invitee_id text collate "C" not null,
  inviter    jsonb,
  invitee    jsonb not null,
  state      text not null check (state in ('open', 'accepted', 'rejected', 'canceled')),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, room_id) references message.room (tenant_id, id)
);
create unique index invitation_open on message.invitation (tenant_id, room_id, invitee_id) where state = 'open';
create index invitation_of_user on message.invitation (tenant_id, invitee_id, created_at);

-- Who gets a copy of what is written into a broadcast room. They are no members: nothing of the room itself reaches them, by any way.
create table message.recipient (
  tenant_id text collate "C" not null,
  room_id   text collate "C" not null,
  user_id   text collate "C" not null,
  -- messages after this position are copied
  added_pos bigint not null,
  added_at  timestamptz(3) not null,
  primary key (tenant_id, room_id, user_id),
  foreign key (tenant_id, room_id) references message.room (tenant_id, id)
);

-- How far the copying of a broadcast room's messages is: all up to done_seq, and of the next one the recipients up to after_user.
create table message.broadcast (
  tenant_id  text collate "C" not null,
  room_id    text collate "C" not null,
  done_seq   bigint not null default 0,
  after_user text collate "C",
  primary key (tenant_id, room_id),
  foreign key (tenant_id, room_id) references message.room (tenant_id, id)
);
