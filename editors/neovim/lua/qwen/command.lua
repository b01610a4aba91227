-- The `:Qwen` command: which sub-commands there are, and their completion.
local api = vim.api
local context, edit, explain = require("qwen.context"), require("qwen.edit"), require("qwen.explain")
local review, say, server = require("qwen.review"), require("qwen.say"), require("qwen.server")
local status, switches = require("qwen.status"), require("qwen.switches")
local M = {}

local EXTRA = { explain = { "workspace", "file", "problem" }, context = { "page" }, keep = { "all" }, drop = { "all" } }

local function decide(one, all)
  return function(_, words)
    local current = review.current()
    if current then current[words == "all" and all or one](current) end
  end
end

local function commands(command)
  local found = {
    again = edit.again,
    also = edit.also,
    context = context.context,
    drop = decide("discard", "discard_all"),
    edit = edit.edit,
    explain = explain.explain,
    keep = decide("accept", "accept_all"),
    model = switches.model(command),
    pause = switches.pause,
    restart = server.restart,
    status = status.show,
  }
  for _, name in ipairs({ "fix", "doc", "types", "simplify", "tests", "errors", "todo" }) do
    found[name] = edit.preset(name)
  end
  return found
end

-- `command` is what starts the server.
function M.create(command)
  local known = commands(command)
  local names = vim.tbl_keys(known)
  table.sort(names)
  local function run(call)
    local name, words = call.args:match("^(%S+)%s*(.-)%s*$")
    if known[name] then return known[name](call, words) end
    say(("there is no `:Qwen %s`; use %s."):format(name, table.concat(names, ", ")), vim.log.levels.ERROR)
  end
  local function complete(lead, line)
    local before = line:match("Qwen%s+(%S+)%s+%S*$")
    local fitting = before and EXTRA[before] or names
    if line:match("Qwen%s+%S+%s") and not (before and EXTRA[before]) then fitting = {} end
    return vim.tbl_filter(function(name) return vim.startswith(name, lead) end, fitting)
  end
  api.nvim_create_user_command("Qwen", run, { nargs = "+", range = true, complete = complete, desc = "Qwen" })
end

return M
