-- Shows what the model reads at the cursor: which pieces of other files, and why; or all of it as a page.
local place, say, server = require("qwen.place"), require("qwen.say"), require("qwen.server")
local M, api = {}, vim.api

local function lines_of(report)
  local window = report.window
  local lines = {
    ("%d tokens; of other files %d snippets, at most %d tokens"):format(report.tokens, #report.snippets, report.budget),
    "",
    ("%s:%d-%d  %d tokens  this file"):format(report.path, window.first_line, window.last_line, window.tokens),
  }
  for _, one in ipairs(report.snippets) do
    lines[#lines + 1] = ("%s:%d-%d  %d tokens  %s"):format(one.path, one.first_line, one.last_line, one.tokens, one.reason)
  end
  return lines
end

local function show(root, report)
  local buffer = api.nvim_create_buf(false, true)
  api.nvim_buf_set_lines(buffer, 0, -1, false, lines_of(report))
  vim.bo[buffer].bufhidden, vim.bo[buffer].modifiable = "wipe", false
  local before = api.nvim_get_current_win()
  vim.cmd("botright sbuffer " .. buffer)
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = buffer, nowait = true, desc = "Close" })
  vim.keymap.set("n", "<CR>", function()
    local path, line = api.nvim_get_current_line():match("^(.-):(%d+)%-")
    if not path then return end
    if api.nvim_win_is_valid(before) then api.nvim_set_current_win(before) end
    vim.cmd.edit(vim.fn.fnameescape(vim.fs.joinpath(root, path)))
    api.nvim_win_set_cursor(0, { math.min(tonumber(line), api.nvim_buf_line_count(0)), 0 })
  end, { buffer = buffer, desc = "Go to the snippet" })
end

function M.context(call, words)
  local buffer = api.nvim_get_current_buf()
  local client = server.client_of(buffer)
  if not client then return end
  local params = call.range > 0 and place.lines(client, buffer, call.line1, call.line2) or place.cursor(client, buffer)
  params.task = call.range > 0 and "edit" or "complete"
  if words == "page" then
    return client:exec_cmd({ title = "Show context", command = "qwen.context", arguments = { params } }, { bufnr = buffer })
  end
  server.request(client, buffer, "qwen/context", params, function(result, sentence)
    if not result then return sentence and say(sentence, vim.log.levels.ERROR) end
    show(client.root_dir or vim.fn.getcwd(), result)
  end)
end

return M
