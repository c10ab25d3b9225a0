-- The table of the presence service: what was last told of each user. See prisma/schema/presence.prisma.
-- Who is online now is known by leases alone; this is what peers were told, and when a user was last seen.

create schema if not exists presence;

create table presence.user_presence (
  tenant_id    text collate "C" not null,
  user_id      text collate "C" not null,
  online       boolean not null,
  changed_at   timestamptz(3) not null,
  last_seen_at timestamptz(3),
  primary key (tenant_id, user_id)
) with (fillfactor = 80);

-- After the store of leases forgot everything, those who were told to be online are looked at again, page by page.
create index user_presence_online on presence.user_presence (tenant_id, user_id) where online;
