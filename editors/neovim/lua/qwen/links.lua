-- Links of an explanation: shown by their words alone, since a long address would break the lines in odd places.
local api = vim.api
local M = {}

local space = api.nvim_create_namespace("qwen.links")

-- Takes the addresses out of the text from a row (0-based) on, and keeps each with its words.
function M.take_out(buffer, first)
  for row = first, api.nvim_buf_line_count(buffer) - 1 do
    local line = api.nvim_buf_get_lines(buffer, row, row + 1, false)[1]
    local start, words, address, stop = line:match("()(%b[])%((file://[^)]*)%)()")
    while start do
      words = words:sub(2, -2)
      api.nvim_buf_set_text(buffer, row, start - 1, row, stop - 1, { words })
      api.nvim_buf_set_extmark(buffer, space, row, start - 1, {
        end_col = start - 1 + #words,
        hl_group = "Underlined",
        url = address,
      })
      line = api.nvim_buf_get_lines(buffer, row, row + 1, false)[1]
      start, words, address, stop = line:match("()(%b[])%((file://[^)]*)%)()")
    end
  end
end

-- The address of the link at the cursor, else of the first one in its line.
function M.here()
  local row, column = api.nvim_win_get_cursor(0)[1] - 1, api.nvim_win_get_cursor(0)[2]
  local marks = api.nvim_buf_get_extmarks(0, space, { row, 0 }, { row, -1 }, { details = true })
  for _, mark in ipairs(marks) do
    if mark[3] <= column and column < mark[4].end_col then return mark[4].url end
  end
  return marks[1] and marks[1][4].url
end

return M
