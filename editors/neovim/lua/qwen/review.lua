-- An edit in review: its changes are shown in the buffer as they come, and each is kept or dropped by the user.
-- Nothing is put into the text before the whole edit is there; what was decided by then is done at that moment.
local Hunk, Note, say = require("qwen.hunk"), require("qwen.note"), require("qwen.say")
local M, api, levels = {}, vim.api, vim.log.levels

local Review = {}
Review.__index = Review
local open = {} -- buffer -> its review
local keys = {} -- what is done -> key for it, while a review is open

function M.set_keys(chosen) keys = chosen end

-- The review of the current buffer; says so if there is none.
function M.current()
  local review = open[api.nvim_get_current_buf()]
  if not review then say("there is no edit to review here.", levels.WARN) end
  return review
end

-- Opens the review of an edit that is asked for. `place` is what the request says of the code, `cancel` ends it.
function M.open(buffer, client, place, cancel)
  if open[buffer] then open[buffer]:close() end
  local self = setmetatable({ buffer = buffer, client = client, place = place, cancel = cancel, hunks = {} }, Review)
  self.lines = api.nvim_buf_get_lines(buffer, 0, -1, false)
  self.lines[#self.lines + 1] = "" -- the server's text ends with a line end
  local first, last = place.range.start.line, place.range["end"].line
  last = math.min(last, api.nvim_buf_line_count(buffer) - 1)
  self.region = api.nvim_buf_set_extmark(buffer, Hunk.space, first, 0, { end_row = last })
  self.note = Note.open()
  self:map_keys()
  open[buffer] = self
  self.leaving = api.nvim_create_autocmd({ "BufUnload", "BufWipeout" }, {
    buffer = buffer,
    callback = function() self:close() end,
  })
  self:tell()
  return self
end

-- First and last line of the code now, 1-based.
function Review:code()
  local mark = api.nvim_buf_get_extmark_by_id(self.buffer, Hunk.space, self.region, { details = true })
  return mark[1] + 1, math.max(mark[1], mark[3].end_row) + 1
end

-- Takes what came under the request's token.
function Review:stream(value)
  if self.is_closed then return end
  if value.replaces then self:hide() end
  local shift = self:code() - 1 - self.place.range.start.line
  for _, edit in ipairs(value.hunks or {}) do
    self.hunks[#self.hunks + 1] = Hunk.draw(self.buffer, self.lines, edit, self.client.offset_encoding, shift)
  end
  self:tell()
end

-- Takes that the whole edit is there.
function Review:finish(result)
  self.result = result
  if result.warning ~= "" then say(result.warning, levels.WARN) end
  if self.keeps_all then return self:accept_all() end
  for _, hunk in ipairs(vim.list_slice(self.hunks)) do
    if hunk.is_kept then self:keep(hunk) end
  end
  self:go_on()
end

function Review:tell()
  local count = #self.hunks == 1 and "1 change" or ("%d changes"):format(#self.hunks)
  if #self.hunks == 0 then return self.note:show(("Qwen works on it…  %s stop"):format(keys.discard_all)) end
  local state = self.result and "" or " so far"
  self.note:show(("Qwen: %s%s  keep %s, all %s  drop %s, all %s  next %s"):format(
    count, state, keys.accept, keys.accept_all, keys.discard, keys.discard_all, keys.next))
end

-- The change under the cursor, else the next one, else the last.
function Review:here()
  local line = api.nvim_win_get_cursor(0)[1] - 1
  for _, hunk in ipairs(self.hunks) do
    local row, stop = hunk:rows()
    if hunk:holds(line) or math.max(row, stop - 1) >= line then return hunk end
  end
  return self.hunks[#self.hunks]
end

-- Puts one change into the text, in one undo step with those before, unless its lines are not what they were.
function Review:keep(hunk)
  if not hunk:fits() then
    return say("the lines of this change are not what they were, so it is not applied; ask again.", levels.WARN)
  end
  api.nvim_buf_call(self.buffer, function()
    if self.tick == vim.b.changedtick then pcall(vim.cmd.undojoin) end
    hunk:apply()
    self.tick = vim.b.changedtick
  end)
  self:forget(hunk)
  return true
end

function Review:forget(hunk)
  self.hunks = vim.tbl_filter(function(one) return one ~= hunk end, self.hunks)
end

-- The review is over when nothing is left to decide.
function Review:go_on()
  if self.result and #self.hunks == 0 then return self:close() end
  self:tell()
end

function Review:accept()
  local hunk = self:here()
  if not hunk then return say("there is no change yet.") end
  if self.result then
    self:keep(hunk)
    return self:go_on()
  end
  hunk.is_kept = true
  hunk:draw_new("kept when the edit is complete")
end

function Review:accept_all()
  if not self.result then
    self.keeps_all = true
    return self.note:show("Qwen: all changes are kept when the edit is complete")
  end
  for _, hunk in ipairs(vim.list_slice(self.hunks)) do
    if not self:keep(hunk) then return self:go_on() end
  end
  self:close()
end

function Review:discard()
  local hunk = self:here()
  if not hunk then return say("there is no change yet.") end
  hunk:hide()
  self:forget(hunk)
  self:go_on()
end

function Review:discard_all() self:close() end

function Review:move(step)
  local line, target = api.nvim_win_get_cursor(0)[1] - 1, nil
  for _, hunk in ipairs(self.hunks) do
    local row = math.min(hunk:rows(), api.nvim_buf_line_count(self.buffer) - 1)
    if step > 0 and row > line and not target then target = row end
    if step < 0 and row < line then target = row end
  end
  if target then api.nvim_win_set_cursor(0, { target + 1, 0 }) end
end

function Review:hide()
  for _, hunk in ipairs(self.hunks) do hunk:hide() end
  self.hunks = {}
end

function Review:close()
  if self.is_closed then return end
  self.is_closed, open[self.buffer] = true, nil
  self.cancel()
  pcall(api.nvim_del_autocmd, self.leaving)
  self.note:close()
  if not api.nvim_buf_is_valid(self.buffer) then return end
  self:hide()
  api.nvim_buf_del_extmark(self.buffer, Hunk.space, self.region)
  for _, map in ipairs(self.maps) do
    pcall(vim.keymap.del, "n", map.lhs, { buffer = self.buffer })
    if map.before then api.nvim_buf_call(self.buffer, function() vim.fn.mapset("n", false, map.before) end) end
  end
end

function Review:map_keys()
  local actions = {
    accept = function() self:accept() end,
    accept_all = function() self:accept_all() end,
    discard = function() self:discard() end,
    discard_all = function() self:discard_all() end,
    next = function() self:move(1) end,
    previous = function() self:move(-1) end,
  }
  self.maps = {}
  for name, lhs in pairs(keys) do
    local before = api.nvim_buf_call(self.buffer, function() return vim.fn.maparg(lhs, "n", false, true) end)
    self.maps[#self.maps + 1] = { lhs = lhs, before = before.buffer == 1 and before or nil }
    vim.keymap.set("n", lhs, actions[name], { buffer = self.buffer, nowait = true, desc = "Qwen: " .. name })
  end
end

return M
