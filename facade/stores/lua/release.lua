-- Gives the lease KEYS[1] back, if ARGV[1] is what it was taken under or its fence, which is the
-- last one in KEYS[2] unless another has taken it since.
if redis.call('GET', KEYS[1]) == ARGV[1] or redis.call('GET', KEYS[2]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
