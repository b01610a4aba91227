-- `:checkhealth qwen`.
local M, health = {}, vim.health

local function check_editor()
  health.start("Neovim")
  if vim.lsp.inline_completion then return health.ok("ghost text is built in") end
  health.warn("no ghost text: it needs Neovim 0.12", "Edits and explanations work as they are.")
end

local function check_server(command)
  health.start("Server")
  if vim.fn.executable(command[1]) == 0 then
    health.error(("there is no program `%s`"):format(command[1]),
      "Install the server, or set `cmd` in require('qwen').setup() to where it is, then `:Qwen restart`.")
    return
  end
  health.ok(("it is started by `%s`"):format(table.concat(command, " ")))
  local clients = vim.lsp.get_clients({ name = "qwen" })
  if #clients == 0 then return health.info("it is not running; it starts with the first file that is opened") end
  for _, client in ipairs(clients) do
    health.ok(("it runs for %s, on %d buffers"):format(client.root_dir or "no folder", vim.tbl_count(client.attached_buffers)))
    local answer = client:request_sync("qwen/status", vim.empty_dict(), 5000)
    local status = answer and answer.result
    if not status then
      health.error("it does not answer", "`:Qwen restart` starts it again.")
    elseif status.engine.state == "failed" then
      health.error(status.engine.message, "`qwen-lsp doctor` in a shell says what to do.")
    else
      health.ok(("model %s: %s; index %s"):format(status.engine.model, status.engine.state, status.index.state))
    end
  end
end

function M.check()
  check_editor()
  local options = require("qwen").options
  if not options then return health.error("setup() was not called", "Call require('qwen').setup() in your init.lua.") end
  check_server(options.cmd)
end

return M
