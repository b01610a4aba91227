-- One sentence for the user, on one line.
return function(text, level)
  vim.cmd.redraw() -- takes the message before off the screen; two at once would ask for Enter
  vim.notify("Qwen: " .. text, level or vim.log.levels.INFO)
end
