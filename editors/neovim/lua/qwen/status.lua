-- What the statusline shows: how the server says it is, and whether a request of this editor is under way.
local say, server = require("qwen.say"), require("qwen.server")
local M, api = {}, vim.api

local known = {} -- client id -> the last answer of `qwen/status`
local notes = {} -- client id -> the last `didChangeStatus`: what the model does right now

local function redraw() vim.cmd.redrawstatus({ bang = true }) end

local function ask(client)
  client:request("qwen/status", vim.empty_dict(), function(_, result)
    known[client.id] = result
    redraw()
  end)
end

-- Takes `didChangeStatus`. It says what to show at once; what it does not say is asked for.
function M.on_change(_, note, context)
  local client = vim.lsp.get_client_by_id(context.client_id)
  if not client then return end
  notes[client.id] = note
  ask(client)
  redraw()
end

-- A few words on the server of the current buffer; "" where it has none.
function M.component()
  local client = vim.lsp.get_clients({ name = "qwen", bufnr = api.nvim_get_current_buf() })[1]
  if not client then return "" end
  local status, note = known[client.id], notes[client.id] or {}
  local state = status and status.engine.state or "starting"
  if note.kind == "Error" or state == "failed" then return "Qwen: problem, see :Qwen status" end
  if server.given(note.percent) then return ("Qwen: loading %d%%"):format(note.percent) end
  if state == "loading" then return "Qwen: loading" end
  if note.busy then return "Qwen: thinking" end
  if note.kind == "Inactive" or (status and status.paused) then return "Qwen: paused" end
  return "Qwen: " .. state
end

-- One line about the engine, its model, where it runs, and the index.
function M.show()
  local buffer = api.nvim_get_current_buf()
  local client = server.client_of(buffer)
  if not client then return end
  server.request(client, buffer, "qwen/status", vim.empty_dict(), function(result, sentence)
    if not result then return sentence and say(sentence, vim.log.levels.ERROR) end
    local engine, paused = result.engine, server.given(result.paused) and "; paused" or ""
    local line = ("%s, %s, context %s, on %s; index %s%s"):format(engine.state, server.given(engine.model, "no model"),
      server.given(engine.context, "unknown"), server.given(engine.where, "no machine"), result.index.state, paused)
    local edits = server.given(result.edits)
    if edits then line = ("%s; edits by %s, %s"):format(line, server.given(edits.model, "no model"), edits.state) end
    if engine.state == "failed" and server.given(engine.message, "") ~= "" then line = engine.message end
    say(line)
  end)
end

-- Learns how each server is once it is there; from then on it tells.
function M.follow()
  api.nvim_create_autocmd("LspAttach", {
    group = api.nvim_create_augroup("qwen.status", {}),
    callback = function(args)
      local client = vim.lsp.get_client_by_id(args.data.client_id)
      if client and client.name == "qwen" then ask(client) end
    end,
  })
end

return M
