-- Starts and restarts qwen-lsp, and carries requests to it. Nothing here knows what they are about.
local say = require("qwen.say")
local M, api, levels = {}, vim.api, vim.log.levels

local ROOT_MARKERS = { ".git", "pyproject.toml", "package.json", "Cargo.toml", "go.mod", "pom.xml" }
local streams = {} -- token of a request under way -> function that takes what progress is told of it
local waiting = {} -- requests under way -> function that hears that there will be no answer

-- JSON's null arrives as `vim.NIL`, which counts as true.
function M.given(value, otherwise)
  if value == nil or value == vim.NIL then return otherwise end
  return value
end

function M.is_there(command) return vim.fn.executable(command[1]) == 1 end

-- Only files on this disk: neither scratch buffers nor what plugins name like `oil://…`.
local function root_dir(command)
  return function(buffer, on_dir)
    local path = api.nvim_buf_get_name(buffer)
    if vim.bo[buffer].buftype ~= "" or path == "" or path:match("^%a[%w+.-]+://") then return end
    if M.is_there(command) then return on_dir(vim.fs.root(buffer, ROOT_MARKERS) or vim.fs.dirname(path)) end
    if M.is_told_missing then return end
    M.is_told_missing = true
    say(("there is no program `%s`: install it or set `cmd`, then `:Qwen restart`."):format(command[1]), levels.ERROR)
  end
end

local function on_server_gone()
  local lost = vim.tbl_keys(waiting)
  for _, one in ipairs(lost) do
    local on_lost = waiting[one]
    waiting[one] = nil
    if on_lost then on_lost() end
  end
  streams = {}
end

-- Starts the process. Neovim's own words about one that was killed name neither cause nor cure, so it hears of an
-- ordinary end and the user of what to do.
local function start(command)
  return function(dispatchers)
    local told = vim.tbl_extend("force", dispatchers, {
      on_exit = function(code, signal)
        dispatchers.on_exit(0, 0)
        vim.schedule(function()
          on_server_gone()
          if vim.v.exiting ~= vim.NIL or (code == 0 and signal == 0) or M.is_restarting then return end
          local why = signal ~= 0 and ("signal %d"):format(signal) or ("exit code %d"):format(code)
          say(("the server stopped (%s); `:Qwen restart` starts it again."):format(why), levels.ERROR)
        end)
      end,
    })
    return vim.lsp.rpc.start(command, told)
  end
end

local function on_progress(err, params, context)
  local stream = streams[params.token]
  if stream then return stream(params.value) end
  return vim.lsp.handlers["$/progress"](err, params, context)
end

-- The folder's settings and everything else of the client; `handlers` are of messages that are not LSP's own.
function M.configure(options, handlers)
  handlers["$/progress"] = on_progress
  local ours = { experimental = { qwen = { status = true } } } -- has the server send `didChangeStatus`
  vim.lsp.config("qwen", {
    cmd = start(options.cmd),
    filetypes = options.filetypes,
    init_options = options.settings,
    root_dir = root_dir(options.cmd),
    handlers = handlers,
    capabilities = vim.tbl_deep_extend("force", vim.lsp.protocol.make_client_capabilities(), ours),
  })
  vim.lsp.enable("qwen")
end

function M.clients() return vim.lsp.get_clients({ name = "qwen" }) end

-- The client of a buffer; says so if there is none.
function M.client_of(buffer)
  local client = vim.lsp.get_clients({ name = "qwen", bufnr = buffer })[1]
  if not client then say("this buffer has no server; `:checkhealth qwen` says why.", levels.WARN) end
  return client
end

-- Starts the server anew for every buffer it is for; one that runs is stopped first.
function M.restart()
  M.is_told_missing, M.is_restarting = false, true
  local still = M.clients()
  for _, client in ipairs(still) do client:stop() end
  local function go_on(tries)
    if #M.clients() > 0 then
      if tries == 0 then
        for _, client in ipairs(M.clients()) do client:stop(true) end
      end
      return vim.defer_fn(function() go_on(tries - 1) end, 50)
    end
    M.is_restarting = false
    vim.lsp.enable("qwen") -- attaches all buffers that are open
  end
  go_on(60)
end

-- Has `stream` hear what progress is told of under a new token; returns the token.
function M.listen(stream)
  local token = ("qwen-%d"):format(vim.uv.hrtime())
  streams[token] = stream
  return token
end

function M.unlisten(token)
  if token then streams[token] = nil end
end

-- Sends a request; returns what cancels it. `on_answer(result, sentence)` gets one of them, or neither when the
-- server is gone, of which the user has heard then.
function M.request(client, buffer, method, params, on_answer)
  local key = {}
  waiting[key] = on_answer
  local _, id = client:request(method, params, function(err, result)
    if not waiting[key] then return end -- given up
    waiting[key] = nil
    if err then return on_answer(nil, err.message) end
    on_answer(M.given(result, {}))
  end, buffer)
  return function()
    waiting[key] = nil
    if id and client.requests[id] then client:cancel_request(id) end
  end
end

return M
