-- Which code a command is about, as the server is told: lines that were given, the cursor, what is reported there.
local api = vim.api
local M = {}

local function document(buffer)
  return { uri = vim.uri_from_bufnr(buffer), version = vim.lsp.util.buf_versions[buffer] }
end

-- Whole lines, 1-based and inclusive.
function M.lines(client, buffer, first, last)
  local text = api.nvim_buf_get_lines(buffer, last - 1, last, false)[1] or ""
  local range_end = { line = last - 1, character = vim.str_utfindex(text, client.offset_encoding) }
  return { textDocument = document(buffer), range = { start = { line = first - 1, character = 0 }, ["end"] = range_end } }
end

-- The cursor of the current window, as a range without text in it.
function M.cursor(client, buffer)
  local position = vim.lsp.util.make_position_params(0, client.offset_encoding).position
  return { textDocument = document(buffer), range = { start = position, ["end"] = position } }
end

-- What is reported in lines (0-based, inclusive), in the form of LSP.
function M.reported(buffer, first, last)
  local found = {}
  for _, one in ipairs(vim.diagnostic.get(buffer)) do
    if one.lnum <= last and (one.end_lnum or one.lnum) >= first then
      local start = { line = one.lnum, character = one.col }
      local finish = { line = one.end_lnum or one.lnum, character = one.end_col or one.col }
      found[#found + 1] = { range = { start = start, ["end"] = finish }, message = one.message }
    end
  end
  return found
end

-- Finds the definition around the cursor, which the server knows: the range of its code actions there. Where it knows
-- none it is the cursor's line.
function M.definition(client, buffer, on_place)
  local line = api.nvim_win_get_cursor(0)[1]
  local params = M.cursor(client, buffer)
  params.textDocument.version, params.context = nil, { diagnostics = {} }
  client:request("textDocument/codeAction", params, function(_, actions)
    local place = M.lines(client, buffer, line, line)
    for _, action in ipairs(type(actions) == "table" and actions or {}) do
      if type(action.data) == "table" and action.data.preset ~= "comment" then
        place.range, place.textDocument.version = action.data.range, action.data.version
        break
      end
    end
    on_place(place)
  end, buffer)
end

return M
