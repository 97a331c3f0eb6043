-- Takes a call from every limit, or from none of them.
-- KEYS: the limits. ARGV: a nonce, then five figures for each limit: its calls in a period, what
-- the call adds to the lead, and how far the lead may come. Leads are in whole microseconds and
-- what is left of one in 1/calls: two numbers each, exact in a double.
-- Answers the nonce, 1 or 0, and the lead of each limit.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local reply, after = {ARGV[1], 1}, {}

local function beyond(whole, part, most, most_part)
  return whole > most or (whole == most and part > most_part)
end

local function keep(key, whole, part)
  local arrival = string.format('%.0f:%.0f', now + whole, part)
  redis.call('SET', key, arrival, 'PX', string.format('%.0f', math.floor(whole / 1000) + 2))
end

for i, key in ipairs(KEYS) do
  local calls, step, step_part, most, most_part = unpack(ARGV, 5 * i - 3, 5 * i + 1)
  calls, most, most_part = tonumber(calls), tonumber(most), tonumber(most_part)
  local seen = redis.pcall('GET', key)
  local whole, part = string.match(type(seen) == 'string' and seen or '0:0', '^(%d+):(%d+)$')
  whole, part = tonumber(whole or 0) - now, tonumber(part or 0)
  if whole < 0 or part >= calls then
    whole, part = math.max(whole, 0), 0
  end
  if beyond(whole, part, most, most_part) then
    whole, part = most, most_part -- the server's clock was set back, or the value is not ours
    keep(key, whole, part)
  end
  reply[2 * i + 1], reply[2 * i + 2] = whole, part
  whole, part = whole + step, part + step_part
  if part >= calls then
    whole, part = whole + 1, part - calls
  end
  after[2 * i + 1], after[2 * i + 2] = whole, part
  if beyond(whole, part, most, most_part) then
    reply[2] = 0
  end
end

if reply[2] == 1 then
  for i, key in ipairs(KEYS) do
    local whole, part = after[2 * i + 1], after[2 * i + 2]
    keep(key, whole, part)
    reply[2 * i + 1], reply[2 * i + 2] = whole, part
  end
end
return reply
