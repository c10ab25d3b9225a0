-- The tables of the identity service: tenants, API keys, signing keys, users. See prisma/schema/identity.prisma.
-- Ids compare by bytes (collate "C"): two ids are one only when they are the same text, and rows are locked in one order.

create schema if not exists identity;

-- Numbers for users whose id is none; ids that are numbers up to 2^53-1 keep their own, and mostly lie below.
create sequence identity.user_number as bigint start with 1000000000000;

create table identity.tenant (
  tenant_id        text collate "C" not null primary key,
  name             text not null,
  hosts            text[] not null default '{}',
  origins          text[] not null default '{}',
  payload_identity text not null default 'refuse' check (payload_identity in ('refuse', 'signed', 'trust')),
  dialects         jsonb check (dialects is null or jsonb_typeof(dialects) = 'array'),
  default_dialect  text,
  options          jsonb not null default '{}',
  created_at       timestamptz(3) not null default now()
);
-- A request without a credential is looked up by its host.
create index tenant_hosts on identity.tenant using gin (hosts);

create table identity.tenant_key (
  tenant_id  text collate "C" not null references identity.tenant (tenant_id) on delete cascade,
  id         text collate "C" not null,
  kind       text not null check (kind in ('secret', 'publishable', 'operator')),
  -- SHA-256 of the key's text
  hash       bytea not null check (length(hash) = 32),
  created_at timestamptz(3) not null default now(),
  primary key (tenant_id, id)
);
-- A key's text says its id and not its tenant.
create index tenant_key_id on identity.tenant_key (id);

-- What tokens are judged by: our own keys, and those of the tenant's own JWTs. `material` is sealed with the master key.
create table identity.signing_key (
  tenant_id  text collate "C" not null references identity.tenant (tenant_id) on delete cascade,
  id         text collate "C" not null,
  issuer     text not null check (issuer in ('parlance', 'tenant')),
  material   text not null,
  created_at timestamptz(3) not null default now(),
  primary key (tenant_id, id)
);

-- Last seen changes often and is in no index, so that its updates stay HOT.
create table identity.app_user (
  tenant_id    text collate "C" not null references identity.tenant (tenant_id) on delete cascade,
  id           text collate "C" not null,
  number       bigint not null check (number between 0 and 9007199254740991),
  username     text collate "C" not null,
  identifier   text collate "C" not null,
  name         text not null,
  photo        text,
  is_bot       boolean not null default false,
  verified     boolean not null default true,
  time_zone    text,
  metadata     jsonb not null default '{}',
  last_seen_at timestamptz(3),
  created_at   timestamptz(3) not null default now(),
  primary key (tenant_id, id),
  constraint app_user_number unique (tenant_id, number),
  constraint app_user_username unique (tenant_id, username),
  constraint app_user_identifier unique (tenant_id, identifier)
) with (fillfactor = 85);
