-- One sentence for the user. What is longer than the command line is cut there, since Neovim would ask for Enter; the
-- whole of it is in `:messages`.
return function(text, level)
  text = "Qwen: " .. text
  vim.cmd.redraw() -- takes the message before off the screen; two at once would ask for Enter
  local room = vim.v.echospace
  if vim.api.nvim_strwidth(text) <= room then return vim.notify(text, level or vim.log.levels.INFO) end
  local highlight = level == vim.log.levels.ERROR and "ErrorMsg" or level == vim.log.levels.WARN and "WarningMsg" or nil
  local cut = vim.fn.strcharpart(text, 0, room - #"… :messages") .. "… :messages"
  vim.cmd("silent lua vim.api.nvim_echo({ { " .. vim.inspect(text) .. " } }, true, {})")
  vim.api.nvim_echo({ { cut, highlight } }, false, {})
end
