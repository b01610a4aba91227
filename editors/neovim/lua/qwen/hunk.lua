-- One change of an edit in a buffer: where it is, how it is drawn, and putting it into the text.
-- A change keeps the lines it was made for; where they are not there any more it is never applied.
local api = vim.api
local M = {}

local space = api.nvim_create_namespace("qwen.edit")
M.space = space

local Hunk = {}
Hunk.__index = Hunk

-- Reads a text edit of a buffer that had `lines`; returns which lines (0-based) become which.
local function in_whole_lines(lines, edit, encoding)
  local from, to = edit.range.start, edit.range["end"]
  local first, last = lines[from.line + 1] or "", lines[to.line + 1] or ""
  local head = first:sub(1, vim.str_byteindex(first, encoding, from.character, false))
  local tail = last:sub(vim.str_byteindex(last, encoding, to.character, false) + 1)
  local old = vim.list_slice(lines, from.line + 1, to.line + 1)
  local new = vim.split(head .. edit.newText:gsub("\r\n?", "\n") .. tail, "\n", { plain = true })
  local row = from.line
  while #old > 0 and #new > 0 and old[1] == new[1] do
    row = row + 1
    table.remove(old, 1)
    table.remove(new, 1)
  end
  while #old > 0 and #new > 0 and old[#old] == new[#new] do
    old[#old], new[#new] = nil, nil
  end
  return row, old, new
end

-- Draws a change. `lines` is what the request saw, `shift` how many lines its code has moved down since.
function M.draw(buffer, lines, edit, encoding, shift)
  local row, old, new = in_whole_lines(lines, edit, encoding)
  local hunk = setmetatable({ buffer = buffer, old = old, new = new, above = lines[row] }, Hunk)
  row = math.min(row + shift, api.nvim_buf_line_count(buffer))
  local stop = math.min(row + #old, api.nvim_buf_line_count(buffer))
  local removed = #old > 0 and "QwenRemoved" or nil
  hunk.mark = api.nvim_buf_set_extmark(buffer, space, row, 0, { end_row = stop, hl_group = removed, hl_eol = true })
  hunk:draw_new()
  return hunk
end

function Hunk:rows()
  local mark = api.nvim_buf_get_extmark_by_id(self.buffer, space, self.mark, { details = true })
  return mark[1], #self.old > 0 and mark[3].end_row or mark[1]
end

-- Draws the new lines below the old ones; `note` stands behind the last of them.
function Hunk:draw_new(note)
  local row, stop = self:rows()
  local tab = (" "):rep(vim.bo[self.buffer].tabstop)
  local drawn = {}
  for _, line in ipairs(self.new) do
    local text = line:gsub("\t", tab)
    -- Blank to the end of the screen, so that an empty line is seen too.
    drawn[#drawn + 1] = { { text .. (" "):rep(vim.o.columns - vim.api.nvim_strwidth(text)), "QwenAdded" } }
  end
  if note then drawn[#drawn + 1] = { { note, "QwenNote" } } end
  local at = math.max(stop, row) - 1
  self.drawn = api.nvim_buf_set_extmark(self.buffer, space, math.max(at, 0), 0, {
    id = self.drawn,
    virt_lines = drawn,
    virt_lines_above = at < 0,
  })
  if at < 0 and api.nvim_get_current_buf() == self.buffer and vim.fn.line("w0") == 1 then
    vim.fn.winrestview({ topfill = #drawn }) -- lines above the first one are not in the window otherwise
  end
end

-- Whether the lines it was made for are there.
function Hunk:fits()
  local row, stop = self:rows()
  local there = api.nvim_buf_get_lines(self.buffer, row, stop, false)
  local above = row > 0 and api.nvim_buf_get_lines(self.buffer, row - 1, row, false)[1] or nil
  return vim.deep_equal(there, self.old) and (#self.old > 0 or above == self.above)
end

-- Puts it into the text, which is one change to undo.
function Hunk:apply()
  local row, stop = self:rows()
  self:hide()
  api.nvim_buf_set_lines(self.buffer, row, stop, false, self.new)
end

function Hunk:hide()
  api.nvim_buf_del_extmark(self.buffer, space, self.mark)
  api.nvim_buf_del_extmark(self.buffer, space, self.drawn)
end

-- Whether a line of the buffer (0-based) is in it, or right above a place where lines come in.
function Hunk:holds(line)
  local row, stop = self:rows()
  return line == row or (line >= row and line < stop) or (row == stop and line == row - 1)
end

return M
