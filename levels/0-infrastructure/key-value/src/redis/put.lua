-- Puts entries of which nothing newer is stored.
-- KEYS: the sorted set of all keys, that of the keys that expire. ARGV: the prefix of values, then for each
-- entry its key, its version (eight bytes that compare as numbers do), its value, and when it expires
-- (milliseconds) or nothing.
local keys, expiring, prefix = KEYS[1], KEYS[2], ARGV[1]

-- Not `<`: Lua compares strings as the server's locale does.
local function is_less(a, b)
  for i = 1, 8 do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return false
end

for i = 2, #ARGV, 4 do
  local key, version, value, expires = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local stored = redis.call('GETRANGE', prefix .. key, 0, 7)
  if #stored < 8 or not is_less(version, stored) then
    if expires == '' then
      redis.call('SET', prefix .. key, version .. value)
      redis.call('ZREM', expiring, key)
    else
      redis.call('SET', prefix .. key, version .. value, 'PXAT', expires)
      redis.call('ZADD', expiring, expires, key)
    end
    redis.call('ZADD', keys, 0, key)
  end
end

-- As many as were put, and some more, so that what has expired shrinks.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local gone = redis.call('ZRANGEBYSCORE', expiring, '-inf', string.format('%.0f', now), 'LIMIT', 0, math.floor(#ARGV / 4) + 16)
for _, key in ipairs(gone) do
  -- The server's own expiry may be a moment behind the time.
  redis.call('DEL', prefix .. key)
  redis.call('ZREM', expiring, key)
  redis.call('ZREM', keys, key)
end
