-- A line in the upper right corner of a window that says how far an edit is and which keys there are.
local api = vim.api
local Note = {}
Note.__index = Note

function Note.open() return setmetatable({ anchor = api.nvim_get_current_win() }, Note) end

function Note:show(text)
  if not api.nvim_win_is_valid(self.anchor) then return end
  self.buffer = self.buffer or api.nvim_create_buf(false, true)
  vim.bo[self.buffer].bufhidden = "wipe"
  api.nvim_buf_set_lines(self.buffer, 0, -1, false, { " " .. text .. " " })
  local width = math.min(api.nvim_strwidth(text) + 2, api.nvim_win_get_width(self.anchor))
  local look = { relative = "win", win = self.anchor, anchor = "NE", row = 0, width = width, height = 1 }
  look.col, look.style, look.focusable = api.nvim_win_get_width(self.anchor), "minimal", false
  if self.window and api.nvim_win_is_valid(self.window) then return api.nvim_win_set_config(self.window, look) end
  look.noautocmd = true
  self.window = api.nvim_open_win(self.buffer, false, look)
  vim.wo[self.window].winhighlight = "NormalFloat:QwenNote"
end

function Note:close()
  if self.window and api.nvim_win_is_valid(self.window) then api.nvim_win_close(self.window, true) end
  self.window, self.buffer = nil, nil
end

return Note
