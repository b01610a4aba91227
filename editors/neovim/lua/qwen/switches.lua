-- What the user switches while the editor runs: pause, and the model. Both are settings of the server, which asks for
-- them when it hears that they changed.
local say, server = require("qwen.say"), require("qwen.server")
local M = {}

local function set(name, value, sentence)
  local clients = server.clients()
  if #clients == 0 then return say("no server is running; open a file first.", vim.log.levels.WARN) end
  for _, client in ipairs(clients) do
    -- Servers that start later in this editor get it too.
    local settings = vim.tbl_deep_extend("force", client.settings, { ["qwen-lsp"] = { [name] = value } })
    client.settings = settings
    vim.lsp.config("qwen", { settings = settings })
    client:notify("workspace/didChangeConfiguration", { settings = settings })
  end
  say(sentence)
end

-- Turns completions off, or on again; edits and explanations go on.
function M.pause()
  local client = server.clients()[1]
  local settings = client and client.settings["qwen-lsp"] or {}
  local is_paused = type(settings.completion) == "table" and settings.completion.enabled == false
  set("completion", { enabled = is_paused }, is_paused and "completions go on." or "completions are paused.")
end

-- Takes a model by name or path, or lets the user choose among those that are on this machine.
function M.model(command)
  local function choose(name) set("model", name, ("the model is %s now."):format(name)) end
  return function(_, name)
    if name ~= "" then return choose(name) end
    local list = vim.list_slice(command, 1, #command - 1) -- without `serve`
    vim.list_extend(list, { "model", "list", "--json" })
    vim.system(list, { text = true }, vim.schedule_wrap(function(done)
      local is_read, models = pcall(vim.json.decode, done.stdout or "")
      if done.code ~= 0 or not is_read then return say(vim.trim(done.stderr), vim.log.levels.ERROR) end
      models = vim.tbl_filter(function(one) return one.installed end, models)
      if #models == 0 then return say("no model is installed; `qwen-lsp model pull` in a shell fetches one.") end
      vim.ui.select(models, {
        prompt = "Model",
        format_item = function(one) return ("%s, %d MB"):format(one.name, server.given(one.bytes, 0) / 1e6) end,
      }, function(one)
        -- What another program has installed is known by its path.
        if one then choose(server.given(one.from) and one.path or one.name) end
      end)
    end))
  end
end

return M
