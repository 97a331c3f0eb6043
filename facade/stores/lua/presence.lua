-- Says that the process ARGV[3] is here: ARGV[1], and how many were in the last ARGV[2] seconds.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('EXPIRE', KEYS[1], 60)
return {ARGV[1], redis.call('ZCARD', KEYS[1])}
