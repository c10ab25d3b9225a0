/**
 * What must happen as one in Redis. All keys begin with KEYS[1], which is a hash tag: one slot, so that a Redis Cluster serves them too.
 * Time is Redis' own, in ms (ARGV[1] is added: 0 outside tests), so that replicas whose clocks differ agree.
 *
 * `leases`: lease -> when it runs out. `lease:<id>`: connection -> user. `seq:<id>`: the newest report. `user:<key>`: the
 * user's connections, each with its lease. `due`: user -> when to look at it. `busy`: user -> the claim that holds it, 0 when it
 * was released. `told`: users who were told to be online.
 */
const PRELUDE = `
local base = KEYS[1] .. ':'
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000) + tonumber(ARGV[1])
local function num(n) return string.format('%.1f', n) end
local function leave(lease, conn, user, due)
  if redis.call('HGET', base .. 'lease:' .. lease, conn) == user then redis.call('HDEL', base .. 'lease:' .. lease, conn) end
  redis.call('SREM', base .. 'user:' .. user, lease .. ' ' .. conn)
  if redis.call('EXISTS', base .. 'user:' .. user) == 0 then redis.call('ZADD', base .. 'due', num(due), user) end
end
local alive = {}
local function lives(lease)
  if alive[lease] == nil then
    local till = redis.call('ZSCORE', base .. 'leases', lease)
    alive[lease] = till ~= false and tonumber(till) > now
  end
  return alive[lease]
end
local function online(user)
  for _, member in ipairs(redis.call('SMEMBERS', base .. 'user:' .. user)) do
    if lives(string.sub(member, 1, string.find(member, ' ', 1, true) - 1)) then return true end
  end
  return false
end
`;

/** ARGV: offset, lease, seq, begins, lease ms, grace ms, how many left, then (connection, user) of those and of the joined. */
const REPORT = `${PRELUDE}
local lease, seq = ARGV[2], tonumber(ARGV[3])
local till = redis.call('ZSCORE', base .. 'leases', lease)
if (not till or tonumber(till) <= now) and ARGV[4] == '0' then return 0 end
if seq <= tonumber(redis.call('GET', base .. 'seq:' .. lease) or '0') then return 1 end
redis.call('SET', base .. 'seq:' .. lease, seq, 'EX', 86400)
redis.call('ZADD', base .. 'leases', num(now + tonumber(ARGV[5])), lease)
local gone = 8 + 2 * tonumber(ARGV[7])
for i = 8, gone - 1, 2 do leave(lease, ARGV[i], ARGV[i + 1], now + tonumber(ARGV[6])) end
for i = gone, #ARGV, 2 do
  redis.call('HSET', base .. 'lease:' .. lease, ARGV[i], ARGV[i + 1])
  redis.call('SADD', base .. 'user:' .. ARGV[i + 1], lease .. ' ' .. ARGV[i])
  redis.call('ZADD', base .. 'due', num(now), ARGV[i + 1])
end
return 1`;

/** ARGV: offset, lease. */
const END = `${PRELUDE}
local till = redis.call('ZSCORE', base .. 'leases', ARGV[2])
if till and tonumber(till) > now then redis.call('ZADD', base .. 'leases', num(now), ARGV[2]) end
return 1`;

/** ARGV: offset, limit, grace ms. Answers how many connections it let go of; -1: no lease ran out. */
const SWEEP = `${PRELUDE}
local over = redis.call('ZRANGEBYSCORE', base .. 'leases', '-inf', num(now), 'WITHSCORES', 'LIMIT', 0, 1)
if #over == 0 then return -1 end
local lease, due = over[1], math.max(now, tonumber(over[2]) + tonumber(ARGV[3]))
local members = redis.call('HRANDFIELD', base .. 'lease:' .. lease, tonumber(ARGV[2]), 'WITHVALUES')
for i = 1, #members, 2 do leave(lease, members[i], members[i + 1], due) end
if redis.call('EXISTS', base .. 'lease:' .. lease) == 0 then
  redis.call('ZREM', base .. 'leases', lease)
  redis.call('DEL', base .. 'seq:' .. lease)
end
return #members / 2`;

/** ARGV: offset, users. Answers 1 or 0 for each. */
const ONLINE = `${PRELUDE}
local found = {}
for i = 2, #ARGV do found[i - 1] = online(ARGV[i]) and 1 or 0 end
return found`;

/** ARGV: offset, limit, ahead ms, claim ms, grace ms. Answers user, online, told, at and token of each. */
const TAKE = `${PRELUDE}
local taken, limit, till = {}, tonumber(ARGV[2]), num(now + tonumber(ARGV[4]) + 0.5)
local ripe = redis.call('ZRANGEBYSCORE', base .. 'due', '-inf', num(now + tonumber(ARGV[3])), 'WITHSCORES', 'LIMIT', 0, 2 * limit)
for i = 1, #ripe, 2 do
  local user, due = ripe[i], tonumber(ripe[i + 1])
  local busy = redis.call('HGET', base .. 'busy', user)
  if #taken < 5 * limit and not (busy and tonumber(busy) > now) then
    local here = online(user)
    local told = busy and '' or tostring(redis.call('SISMEMBER', base .. 'told', user))
    if here and told == '1' then
      redis.call('ZREM', base .. 'due', user)
    else
      redis.call('HSET', base .. 'busy', user, till)
      redis.call('ZADD', base .. 'due', till, user)
      taken[#taken + 1] = user
      taken[#taken + 1] = here and '1' or '0'
      taken[#taken + 1] = told
      taken[#taken + 1] = num(here and now or math.min(now, due - tonumber(ARGV[5])))
      taken[#taken + 1] = till
    end
  end
end
return taken`;

/** ARGV: offset, then user, online and token of each. */
const SETTLE = `${PRELUDE}
for i = 2, #ARGV, 3 do
  local user, till = ARGV[i], ARGV[i + 2]
  if redis.call('HGET', base .. 'busy', user) == till then
    redis.call('HDEL', base .. 'busy', user)
    redis.call(ARGV[i + 1] == '1' and 'SADD' or 'SREM', base .. 'told', user)
    local due = redis.call('ZSCORE', base .. 'due', user)
    if due and tonumber(due) == tonumber(till) then redis.call('ZREM', base .. 'due', user) end
  end
end
return 1`;

/** ARGV: offset, wait ms, then user and token of each. */
const RELEASE = `${PRELUDE}
for i = 3, #ARGV, 2 do
  if redis.call('HGET', base .. 'busy', ARGV[i]) == ARGV[i + 1] then
    redis.call('HSET', base .. 'busy', ARGV[i], '0')
    redis.call('ZADD', base .. 'due', 'LT', num(now + tonumber(ARGV[2])), ARGV[i])
  end
end
return 1`;

/** ARGV: offset, users. */
const CHECK = `${PRELUDE}
for i = 2, #ARGV do redis.call('ZADD', base .. 'due', num(now), ARGV[i]) end
return 1`;

/** ARGV: offset, lease ms. `epoch`: since when an empty store waits for its gateways, or that it did. */
const RECOVERY = `${PRELUDE}
redis.call('SET', base .. 'epoch', num(now), 'NX')
local epoch = redis.call('GET', base .. 'epoch')
if epoch == 'done' then return 'done' end
return now >= tonumber(epoch) + tonumber(ARGV[2]) and 'due' or 'waiting'`;

export const SCRIPTS = {
  report: REPORT,
  end: END,
  sweep: SWEEP,
  online: ONLINE,
  take: TAKE,
  settle: SETTLE,
  release: RELEASE,
  check: CHECK,
  recovery: RECOVERY,
} as const;

export type ScriptName = keyof typeof SCRIPTS;
