-- Takes a lease for ARGV[2] milliseconds: ARGV[1], and the fence unless it is held.
-- KEYS[1] holds ARGV[1] while the lease lasts, KEYS[2] the last fence for a day more. A fence is
-- the server's time in microseconds, so that it still rises where the last one was flushed.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return {ARGV[1], false}
end
local time = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[2])) or 0
local fence = math.max(time[1] * 1000000 + time[2], last + 1)
local written = string.format('%.0f', fence)
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], written, 'EX', 86400)
return {ARGV[1], fence}
