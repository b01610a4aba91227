-- Explanations: a scratch window that fills while the answer comes, whose links lead to their places.
local links, place = require("qwen.links"), require("qwen.place")
local say, server = require("qwen.say"), require("qwen.server")
local M, api = {}, vim.api

local SCOPES = { workspace = "workspace", file = "file", problem = "diagnostic" }

-- Goes where the link leads, in the window that was asked from.
local function follow(window)
  local link = links.here()
  if not link then return say("there is no link in this line.") end
  local uri, line = link:match("^(.-)#L(%d+)")
  local position = { line = tonumber(line or 1) - 1, character = 0 }
  if not api.nvim_win_is_valid(window) then
    vim.cmd("aboveleft split")
    window = api.nvim_get_current_win()
  end
  api.nvim_set_current_win(window)
  local location = { uri = uri or link, range = { start = position, ["end"] = position } }
  vim.lsp.util.show_document(location, "utf-8", { focus = true })
end

-- Opens an empty window for the answer; `on_close` is called once it is closed in any way.
local function open_window(on_close)
  local before = api.nvim_get_current_win()
  local answer = api.nvim_create_buf(false, true)
  vim.cmd("botright sbuffer " .. answer)
  vim.bo.bufhidden, vim.bo.filetype = "wipe", "markdown"
  vim.wo.wrap, vim.wo.linebreak, vim.wo.conceallevel, vim.wo.concealcursor = true, true, 2, "nc"
  vim.wo.winfixbuf = true -- what a link opens belongs into the other window
  api.nvim_create_autocmd("BufWipeout", { buffer = answer, callback = on_close })
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = answer, nowait = true, desc = "Close and stop" })
  for _, key in ipairs({ "<CR>", "gf" }) do
    vim.keymap.set("n", key, function() follow(before) end, { buffer = answer, desc = "Go where the link leads" })
  end
  return answer, api.nvim_get_current_win()
end

-- `words` name what is explained (workspace, file, problem), or are a question about the code.
function M.explain(call, words)
  local buffer = api.nvim_get_current_buf()
  local client = server.client_of(buffer)
  if not client then return end
  local params = call.range > 0 and place.lines(client, buffer, call.line1, call.line2) or place.cursor(client, buffer)
  params.scope = SCOPES[words]
  if words ~= "" and not params.scope then params.instruction = words end
  if params.scope == "diagnostic" then
    params.diagnostics = place.reported(buffer, params.range.start.line, params.range["end"].line)
    if #params.diagnostics == 0 then return say("nothing is reported in this line.") end
  end
  local cancel
  local answer, window = open_window(function()
    server.unlisten(params.partialResultToken)
    server.unlisten(params.workDoneToken)
    if cancel then cancel() end
  end)
  local function state(text)
    if api.nvim_win_is_valid(window) then vim.wo[window].winbar = text .. "  (q: close)" end
  end
  params.partialResultToken = server.listen(function(value)
    local last = api.nvim_buf_line_count(answer) - 1
    api.nvim_buf_set_text(answer, -1, -1, -1, -1, vim.split(value.text, "\n"))
    links.take_out(answer, last)
  end)
  params.workDoneToken = server.listen(function(value)
    if value.message then state("Qwen is " .. value.message .. "…") end
  end)
  state("Qwen…")
  cancel = server.request(client, buffer, "qwen/explain", params, function(result, sentence)
    if not api.nvim_buf_is_valid(answer) then return end
    if not result then
      state("Stopped")
      if sentence then
        api.nvim_buf_delete(answer, { force = true })
        say(sentence, vim.log.levels.ERROR)
      end
      return
    end
    api.nvim_buf_set_lines(answer, 0, -1, false, vim.split(result.markdown, "\n"))
    links.take_out(answer, 0)
    vim.bo[answer].modifiable = false
    state("Explanation: <CR> or gf follows a link")
  end)
end

return M
