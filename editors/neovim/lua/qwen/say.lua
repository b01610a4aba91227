-- One sentence for the user. What is longer than the command line is cut there, since Neovim would ask for Enter; the
-- whole of it is in `:messages`.
local levels = vim.log.levels

-- Puts a text into `:messages` and nowhere else.
local function note(text)
  local before = vim.o.messagesopt
  vim.o.messagesopt = "wait:0,history:500"
  vim.api.nvim_echo({ { text } }, true, {})
  vim.o.messagesopt = before
end

-- Scheduled, so that it comes after what the command that led to it says of itself.
return vim.schedule_wrap(function(text, level)
  text = "Qwen: " .. text
  vim.cmd.redraw() -- takes the message before off the screen; two at once would ask for Enter
  local room = vim.v.echospace
  if vim.api.nvim_strwidth(text) <= room then return vim.notify(text, level or levels.INFO) end
  note(text)
  vim.cmd.redraw()
  local highlight = level == levels.ERROR and "ErrorMsg" or level == levels.WARN and "WarningMsg" or nil
  local end_of_it = "… :messages"
  local cut = vim.fn.strcharpart(text, 0, room - vim.api.nvim_strwidth(end_of_it)) .. end_of_it
  vim.api.nvim_echo({ { cut, highlight } }, false, {})
end)
