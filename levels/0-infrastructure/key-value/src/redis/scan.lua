-- A page of keys with their values, of one moment.
-- KEYS: the sorted set of all keys. ARGV: the prefix of values, the first and the last key as a sorted set has
-- them, how many keys to look at. Gives how many were seen, the last of them, and those that have a value.
local seen = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[2], ARGV[3], 'LIMIT', 0, ARGV[4])
local found = {}
for _, key in ipairs(seen) do
  local value = redis.call('GET', ARGV[1] .. key)
  if value then found[#found + 1] = { key, value } end
end
return { #seen, seen[#seen] or '', found }
