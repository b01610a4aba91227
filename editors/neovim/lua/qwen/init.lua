-- Starts qwen-lsp, turns on Neovim's own ghost text, and shows what the `:Qwen` requests answer.
-- Waiting, prompts and clean-up are the server's; this file only sends, shows and applies.
local M, api, levels = {}, vim.api, vim.log.levels

local ROOT_MARKERS = { ".git", "pyproject.toml", "package.json", "Cargo.toml", "go.mod", "pom.xml" }
local streams = {} -- token of a request under way -> function that takes the next piece of its answer

local function say(text, level)
  vim.cmd.redraw() -- takes the message before off the screen; two at once would ask for Enter
  vim.notify("Qwen: " .. text, level or levels.INFO)
end
-- JSON's null arrives as `vim.NIL`, which counts as true.
local function given(value, otherwise) return value ~= vim.NIL and value or otherwise end

-- Only files on this disk: neither scratch buffers nor what plugins name like `oil://…`.
local function root_dir(buffer, on_dir)
  local path = api.nvim_buf_get_name(buffer)
  if vim.bo[buffer].buftype == "" and path ~= "" and not path:match("^%a[%w+.-]+://") then
    on_dir(vim.fs.root(buffer, ROOT_MARKERS) or vim.fs.dirname(path))
  end
end

local function on_progress(err, params, context)
  local stream = streams[params.token]
  if stream then return stream(params.value.text or "") end
  return vim.lsp.handlers["$/progress"](err, params, context)
end

-- Sends whole lines of the current buffer (or nothing, without `first`); returns a function that cancels.
local function request(method, first, last, extra, on_result)
  local buffer = api.nvim_get_current_buf()
  local client = vim.lsp.get_clients({ name = "qwen", bufnr = buffer })[1]
  if not client then return say("this buffer has no server; `:checkhealth vim.lsp` says why.", levels.WARN) end
  local params = vim.empty_dict()
  if first then
    local text = api.nvim_buf_get_lines(buffer, last - 1, last, false)[1]
    local range_end = { line = last - 1, character = vim.str_utfindex(text, client.offset_encoding) }
    params = vim.tbl_extend("error", extra, {
      textDocument = { uri = vim.uri_from_bufnr(buffer), version = vim.lsp.util.buf_versions[buffer] },
      range = { start = { line = first - 1, character = 0 }, ["end"] = range_end },
    })
  end
  local _, id = client:request(method, params, function(err, result)
    if err then return say(err.message, levels.ERROR) end
    on_result(given(result, {}), client)
  end, buffer)
  return function() return client.requests[id] and client:cancel_request(id) end
end

local function explain(first, last)
  local token = ("qwen-explain-%d"):format(vim.uv.hrtime())
  local answer = api.nvim_create_buf(false, true)
  local cancel = request("qwen/explain", first, last, { partialResultToken = token }, function(result)
    if given(result.markdown, "") ~= "" and api.nvim_buf_is_valid(answer) then
      api.nvim_buf_set_lines(answer, 0, -1, false, vim.split(result.markdown, "\n"))
    end
  end)
  if not cancel then return end
  streams[token] = function(piece) api.nvim_buf_set_text(answer, -1, -1, -1, -1, vim.split(piece, "\n")) end
  vim.cmd("botright sbuffer " .. answer)
  vim.bo.bufhidden, vim.bo.filetype, vim.wo.wrap, vim.wo.linebreak = "wipe", "markdown", true, true
  api.nvim_create_autocmd("BufWipeout", { buffer = answer, callback = function() streams[token] = nil; cancel() end })
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = answer, nowait = true, desc = "Close and stop" })
end

-- Shows the diff and applies it on `a`, unless the buffer is no longer what the edit was made for.
local function edit(first, last, what)
  local buffer, tick = api.nvim_get_current_buf(), vim.b.changedtick
  local function refused()
    if api.nvim_buf_is_valid(buffer) and api.nvim_buf_get_changedtick(buffer) == tick then return false end
    say("the buffer changed after the request, so nothing is applied; ask again.", levels.WARN)
    return true
  end
  say("working on the edit…")
  request("qwen/edit", first, last, what, function(result, client)
    if not given(result.edit) then return say(given(result.message, "there is nothing to change.")) end
    if refused() then return end
    api.nvim_echo({ { "" } }, false, {}) -- "working" is over
    local look = { border = "rounded", title = " a: apply   q: discard ", wrap = false, close_events = { "BufHidden" } }
    local diff, window = vim.lsp.util.open_floating_preview(vim.split(result.diff, "\n"), "diff", look)
    api.nvim_set_current_win(window)
    vim.keymap.set("n", "a", function()
      api.nvim_win_close(window, true)
      if not refused() then vim.lsp.util.apply_workspace_edit(result.edit, client.offset_encoding) end
    end, { buffer = diff, nowait = true, desc = "Apply the edit" })
  end)
end

local function status()
  request("qwen/status", nil, nil, nil, function(result)
    local engine, paused = result.engine, given(result.paused) and "; paused" or ""
    local line = ("%s, %s, context %s, on %s; index %s%s"):format(engine.state, given(engine.model, "no model"),
      given(engine.context, "unknown"), given(engine.where, "no machine"), result.index.state, paused)
    local room = vim.v.echospace - #"Qwen: " -- more would ask for Enter
    say(#line <= room and line or vim.fn.strcharpart(line, 0, room - 1) .. "…")
  end)
end

local COMMANDS = {
  explain = explain,
  status = status,
  fix = function(first, last) edit(first, last, { preset = "fix" }) end,
  doc = function(first, last) edit(first, last, { preset = "doc" }) end,
  edit = function(first, last, instruction)
    if instruction ~= "" then return edit(first, last, { instruction = instruction }) end
    vim.ui.input({ prompt = "Edit: " }, function(typed)
      if (typed or "") ~= "" then edit(first, last, { instruction = typed }) end
    end)
  end,
}

local function run(call)
  local name, rest = call.args:match("^(%S+)%s*(.-)%s*$")
  if COMMANDS[name] then return COMMANDS[name](call.line1, call.line2, rest) end
  say(("there is no `:Qwen %s`; use explain, edit, fix, doc or status."):format(name), levels.ERROR)
end

-- Neovim (0.12.4) goes on showing an item while its text is typed, but would then insert what is typed twice.
local function take_back_typed(item)
  if not item.range or type(item.insert_text) ~= "string" then return item end
  local cursor, row, start, last_row, finish = api.nvim_win_get_cursor(0), item.range:to_extmark()
  local typed = api.nvim_get_current_line():sub(start + 1, cursor[2])
  local here = row == cursor[1] - 1 and row == last_row and start <= cursor[2]
  if not here or not vim.startswith(item.insert_text, typed) then return api.nvim_feedkeys("\t", "n", false) end
  if finish < cursor[2] then api.nvim_buf_set_text(0, row, finish, row, cursor[2], {}) end
  return item
end

--- Options, all optional: `cmd`, `filetypes`, `settings` (the server's own), `keymaps`.
function M.setup(options)
  options = vim.tbl_extend("force", { cmd = { "qwen-lsp", "serve" }, keymaps = true }, options or {})
  if vim.fn.has("nvim-0.11") == 0 then return say("Neovim 0.11 or newer is needed.", levels.ERROR) end
  vim.lsp.config("qwen", {
    cmd = options.cmd, filetypes = options.filetypes, init_options = options.settings,
    root_dir = root_dir, handlers = { ["$/progress"] = on_progress },
  })
  vim.lsp.enable("qwen")
  local function names() return vim.tbl_keys(COMMANDS) end
  api.nvim_create_user_command("Qwen", run, { nargs = "+", range = true, complete = names })
  local ghost = vim.lsp.inline_completion
  if not ghost then return say("ghost text needs Neovim 0.12; everything else works.", levels.WARN) end
  ghost.enable()
  if not options.keymaps then return end
  local function accept() return ghost.get({ on_accept = take_back_typed }) and "" or "<Tab>" end
  vim.keymap.set("i", "<Tab>", accept, { expr = true, desc = "Accept the ghost text, else a Tab" })
  vim.keymap.set("i", "<M-]>", function() require("qwen.cycle")(1) end, { desc = "Next ghost text" })
  vim.keymap.set("i", "<M-[>", function() require("qwen.cycle")(-1) end, { desc = "Previous ghost text" })
end

return M
