-- Asks for edits and puts what comes into review.
local diff_view, place, review = require("qwen.diff_view"), require("qwen.place"), require("qwen.review")
local say, server = require("qwen.say"), require("qwen.server")
local M, api, levels = {}, vim.api, vim.log.levels

local function ask(buffer, client, about, what)
  local opened, token, cancel
  local function stop()
    server.unlisten(token)
    if cancel then cancel() end
  end
  opened = review.open(buffer, client, about, stop)
  token = server.listen(function(value) opened:stream(value) end)
  local params = vim.tbl_extend("force", about, what, { partialResultToken = token })
  cancel = server.request(client, buffer, "qwen/edit", params, function(result, sentence)
    server.unlisten(token)
    if opened.is_closed then return end
    if not result then
      opened:close()
      return sentence and say(sentence, levels.ERROR)
    end
    local edit = server.given(result.edit)
    if edit and #opened.hunks > 0 then return opened:finish(result) end
    local is_all_dropped = edit and what.preset ~= "tests"
    opened:close()
    if not edit then return say(server.given(result.message, "there is nothing to change.")) end
    if not is_all_dropped then diff_view.show(result, client) end
  end)
end

-- Edits lines, or the definition around the cursor; `what` is the instruction or the preset.
local function start(call, what)
  local buffer = api.nvim_get_current_buf()
  local client = server.client_of(buffer)
  if not client then return end
  if not vim.bo[buffer].modifiable then return say("this buffer cannot be changed.", levels.WARN) end
  local function go_on(about)
    if api.nvim_get_current_buf() ~= buffer then return end
    local range = about.range
    what.diagnostics = place.reported(buffer, range.start.line, range["end"].line)
    ask(buffer, client, about, what)
  end
  if call.range > 0 then return go_on(place.lines(client, buffer, call.line1, call.line2)) end
  place.definition(client, buffer, go_on)
end

local function with_words(words, prompt, on_words)
  if words ~= "" then return on_words(words) end
  vim.ui.input({ prompt = prompt }, function(typed)
    if (typed or "") ~= "" then on_words(typed) end
  end)
end

function M.edit(call, words)
  with_words(words, "Edit: ", function(typed) start(call, { instruction = typed }) end)
end

function M.preset(name)
  return function(call, words) start(call, { preset = name, instruction = words ~= "" and words or nil }) end
end

-- Goes on from the edit in review: the request brings what was asked before and what came of it.
local function go_on_from(words)
  local before = review.current()
  if not before then return end
  if not before.result then return say("the edit is not complete yet.") end
  local turns = vim.list_extend({}, before.turns or {})
  turns[#turns + 1] = { instruction = before.result.instruction, code = before.result.code }
  local about = place.lines(before.client, before.buffer, before:code())
  before:close()
  ask(before.buffer, before.client, about, { instruction = words, previous = turns })
  review.current().turns = turns
end

function M.again() go_on_from("again") end

function M.also(_, words) with_words(words, "Also: ", go_on_from) end

return M
