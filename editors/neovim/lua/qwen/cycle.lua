-- Goes to the next or previous suggestion. Neovim (0.12.4) goes through the items it was sent but never asks for
-- more than one; the server answers a request made by hand, where ghost text is shown, with the others too.
local api = vim.api

local function completor_of(buffer)
  local found, capability = pcall(require, "vim.lsp._capability") -- Neovim's own, and free to change
  local kind = found and capability.all and capability.all.inline_completion
  local completor = kind and kind.active and kind.active[buffer]
  return completor and completor.current and completor.handler and completor
end

return function(count)
  local buffer, ghost = api.nvim_get_current_buf(), vim.lsp.inline_completion
  local client = vim.lsp.get_clients({ name = "qwen", bufnr = buffer })[1]
  local completor = completor_of(buffer)
  if not client or not completor or completor:count_items() ~= 1 then return ghost.select({ count = count }) end
  local tick, place = vim.b.changedtick, api.nvim_win_get_cursor(0)
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = vim.lsp.protocol.InlineCompletionTriggerKind.Invoked }
  client:request("textDocument/inlineCompletion", params, function(err, result, context)
    local is_there = api.nvim_get_current_buf() == buffer and vim.deep_equal(api.nvim_win_get_cursor(0), place)
    if err or not is_there or vim.b.changedtick ~= tick then return end
    completor:handler(err, result, context)
    ghost.select({ count = count })
  end, buffer)
end
