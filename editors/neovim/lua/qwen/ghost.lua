-- Ghost text: accepting all of it, its next word or its next line, and going through the suggestions. Drawing it and
-- asking for it are Neovim's own (0.12); what is read of its inner state is in `completor_of` and may go at any time.
local M, api = {}, vim.api

-- What Neovim knows of a buffer's suggestion; nil where it keeps that in another way than 0.12.4 does.
local function completor_of(buffer)
  local found, capability = pcall(require, "vim.lsp._capability")
  local kind = found and capability.all and capability.all.inline_completion
  local completor = kind and kind.active and kind.active[buffer]
  return completor and completor.current and completor.handler and completor
end

local function client_of(buffer) return vim.lsp.get_clients({ name = "qwen", bufnr = buffer })[1] end

-- What of an item is not typed yet, and the columns of what it replaces; nil if it does not belong at the cursor.
local function rest_of(item)
  if not item.range or type(item.insert_text) ~= "string" then return end
  local cursor, row, start, last_row, finish = api.nvim_win_get_cursor(0), item.range:to_extmark()
  local typed = api.nvim_get_current_line():sub(start + 1, cursor[2])
  local is_here = row == cursor[1] - 1 and row == last_row and start <= cursor[2]
  if is_here and vim.startswith(item.insert_text, typed) then return item.insert_text:sub(#typed + 1), start, finish end
end

-- Neovim (0.12.4) goes on showing an item while its text is typed, but would then insert what is typed twice.
local function take_back_typed(item)
  if not item.range or type(item.insert_text) ~= "string" then return item end
  local rest, _, finish = rest_of(item)
  if not rest then return api.nvim_feedkeys("\t", "n", false) end
  local cursor = api.nvim_win_get_cursor(0)
  if finish < cursor[2] then api.nvim_buf_set_text(0, cursor[1] - 1, finish, cursor[1] - 1, cursor[2], {}) end
  return item
end

-- Accepts all of it; returns whether there was any.
function M.accept() return vim.lsp.inline_completion.get({ on_accept = take_back_typed }) end

local function insert(text)
  local row, column = unpack(api.nvim_win_get_cursor(0))
  local lines = vim.split(text, "\n", { plain = true })
  api.nvim_buf_set_text(0, row - 1, column, row - 1, column, lines)
  api.nvim_win_set_cursor(0, { row + #lines - 1, (#lines == 1 and column or 0) + #lines[#lines] })
end

-- Shows what is left of an item after its beginning was accepted, and tells the server how much that was. The length
-- counts from the beginning of the item as the server sent it.
local function keep_rest(buffer, item, accepted, rest)
  local client, completor = client_of(buffer), completor_of(buffer)
  local raw = completor and completor:get_item(item._index) and select(2, completor:get_item(item._index))
  if not client or not raw then return end -- Neovim asks anew in a moment, and the server answers with the rest
  raw.sent = raw.sent or { insertText = raw.insertText, range = raw.range, command = raw.command }
  raw.accepted = (raw.accepted or "") .. accepted
  client:notify("textDocument/didPartiallyAcceptCompletion", {
    item = raw.sent,
    acceptedLength = vim.str_utfindex(raw.accepted, "utf-16"),
  })
  local position = vim.lsp.util.make_position_params(0, client.offset_encoding).position
  raw.insertText, raw.range = rest, { start = position, ["end"] = position }
  completor:select(item._index)
end

-- Accepts what `next_of` takes from the text that is left; the rest stays. Returns whether there was any.
local function accept_part(next_of)
  local buffer = api.nvim_get_current_buf()
  local completor = completor_of(buffer)
  local item = completor and completor.current
  if not item then return M.accept() end
  local rest, start, finish = rest_of(item)
  if not rest or finish > api.nvim_win_get_cursor(0)[2] then return M.accept() end
  local part = next_of(rest)
  if #part == #rest then return M.accept() end
  vim.schedule(function()
    local cursor = api.nvim_win_get_cursor(0)
    local typed = api.nvim_get_current_line():sub(start + 1, cursor[2])
    insert(part)
    keep_rest(buffer, item, typed .. part, rest:sub(#part + 1))
  end)
  return true
end

-- The next word with the blanks before it and the signs that belong to none.
local function word(rest) return rest:match("^%s*[%w_\128-\255]+") or rest:match("^%s*[^%w%s_\128-\255]+") or rest end

-- The rest of this line, or the next line where the cursor is at the end of one.
local function line(rest) return rest:match("^\n*[^\n]*") end

function M.accept_word() return accept_part(word) end

function M.accept_line() return accept_part(line) end

-- Goes to the next or previous suggestion. Neovim (0.12.4) goes through the items it was sent but never asks for more
-- than one; the server answers a request made by hand, where ghost text is shown, with the others too.
function M.cycle(count)
  local buffer, ghost = api.nvim_get_current_buf(), vim.lsp.inline_completion
  local client, completor = client_of(buffer), completor_of(buffer)
  if not client or not completor or completor:count_items() ~= 1 then return ghost.select({ count = count }) end
  local tick, at = vim.b.changedtick, api.nvim_win_get_cursor(0)
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = vim.lsp.protocol.InlineCompletionTriggerKind.Invoked }
  client:request("textDocument/inlineCompletion", params, function(err, result, context)
    local is_there = api.nvim_get_current_buf() == buffer and vim.deep_equal(api.nvim_win_get_cursor(0), at)
    if err or not is_there or vim.b.changedtick ~= tick then return end
    completor:handler(err, result, context)
    ghost.select({ count = count })
  end, buffer)
end

-- Tells the server what is on display once it is, and which document the user looks at.
function M.tell_server()
  local group, told = api.nvim_create_augroup("qwen.ghost", {}), nil
  api.nvim_create_autocmd("LspRequest", {
    group = group,
    callback = function(args)
      local request = args.data.request
      if request.type ~= "complete" or request.method ~= "textDocument/inlineCompletion" then return end
      vim.schedule(function()
        local client = client_of(args.buf)
        local completor = completor_of(args.buf)
        local shown = completor and completor.current
        local name = shown and shown.command and shown.command.arguments and shown.command.arguments[1]
        if not client or not name or name == told then return end
        told = name
        client:notify("textDocument/didShowCompletion", {
          item = { insertText = shown.insert_text, command = shown.command },
        })
      end)
    end,
  })
  api.nvim_create_autocmd({ "BufEnter", "FocusGained" }, {
    group = group,
    callback = function(args)
      local client = client_of(args.buf)
      if client then
        client:notify("textDocument/didFocus", { textDocument = { uri = vim.uri_from_bufnr(args.buf) } })
      end
    end,
  })
end

-- Maps keys of insert mode; each does what it always does where there is no ghost text.
function M.map(keys)
  local function map(lhs, action, description)
    if not lhs then return end
    vim.keymap.set("i", lhs, function() return action() and "" or lhs end, { expr = true, desc = description })
  end
  map(keys.accept, M.accept, "Accept the ghost text")
  map(keys.accept_word, M.accept_word, "Accept the ghost text's next word")
  map(keys.accept_line, M.accept_line, "Accept the ghost text's next line")
  if keys.next then vim.keymap.set("i", keys.next, function() M.cycle(1) end, { desc = "Next suggestion" }) end
  if keys.previous then vim.keymap.set("i", keys.previous, function() M.cycle(-1) end, { desc = "Previous suggestion" }) end
end

return M
