-- Sign-in by a shared secret, ended accounts, revoked tokens, push devices. See prisma/schema/identity.prisma.

-- Sealed with the master key, like the material of signing keys; never read back by anybody.
alter table identity.tenant add column encrypt_hash_key text;

-- An ended account stays, as what it wrote stays; it is told apart by its time.
alter table identity.app_user
  add column terminated_at timestamptz(3),
  add column termination_message text;

-- Users are listed by name; ended ones are left out.
create index app_user_by_name on identity.app_user (tenant_id, lower(name) collate "C", id) where terminated_at is null;

-- What must not be accepted although its signature is good. `token`: the one with this id. `device`: every token of the user's device
-- `ref` that was issued up to `revoked_at`. `user`: every token of the user that was (`ref` is empty). After `expires_at` the token would not be accepted anyhow.
create table identity.revocation (
  tenant_id  text collate "C" not null,
  user_id    text collate "C" not null,
  kind       text not null check (kind in ('token', 'device', 'user')),
  ref        text collate "C" not null,
  revoked_at timestamptz(3) not null,
  expires_at timestamptz(3),
  primary key (tenant_id, user_id, kind, ref),
  constraint revocation_user foreign key (tenant_id, user_id)
    references identity.app_user (tenant_id, id) on delete cascade
);

-- Where a user's devices can be pushed to. `kind` is the provider's word.
create table identity.push_device (
  tenant_id  text collate "C" not null,
  user_id    text collate "C" not null,
  device_id  text collate "C" not null,
  kind       text not null,
  push_token text not null,
  updated_at timestamptz(3) not null default now(),
  primary key (tenant_id, user_id, device_id),
  constraint push_device_user foreign key (tenant_id, user_id)
    references identity.app_user (tenant_id, id) on delete cascade
);
-- A push token belongs to whoever registered it last. It is too long for an index of its own.
create index push_device_token on identity.push_device (tenant_id, md5(push_token));
