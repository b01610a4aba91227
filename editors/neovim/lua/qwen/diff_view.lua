-- Shows an edit of another file, such as one that adds tests, as a diff; `a` applies it, `q` discards it.
local say = require("qwen.say")
local M, api = {}, vim.api

function M.show(result, client)
  if result.warning ~= "" then say(result.warning, vim.log.levels.WARN) end
  local lines = vim.split(vim.trim(result.diff), "\n")
  local look = { border = "rounded", title = " a: apply   q: discard ", wrap = false, close_events = { "BufHidden" } }
  local buffer, window = vim.lsp.util.open_floating_preview(lines, "diff", look)
  api.nvim_set_current_win(window)
  vim.keymap.set("n", "a", function()
    api.nvim_win_close(window, true)
    vim.lsp.util.apply_workspace_edit(result.edit, client.offset_encoding)
  end, { buffer = buffer, nowait = true, desc = "Apply the edit" })
end

return M
