-- Sets the plugin up. Waiting, prompts and clean-up are the server's; the plugin only sends, shows and applies.
local M, api, levels = {}, vim.api, vim.log.levels

local DEFAULTS = {
  cmd = { "qwen-lsp", "serve" },
  filetypes = nil, -- every ordinary file
  settings = nil, -- the server's own
  keys = {
    accept = "<Tab>",
    accept_word = "<M-w>",
    accept_line = "<M-l>",
    next = "<M-]>",
    previous = "<M-[>",
  },
  review_keys = {
    accept = "ga",
    accept_all = "gA",
    discard = "gx",
    discard_all = "gX",
    next = "]c",
    previous = "[c",
  },
}

local function set_colours()
  api.nvim_set_hl(0, "QwenAdded", { default = true, link = "DiffAdd" })
  api.nvim_set_hl(0, "QwenRemoved", { default = true, link = "DiffDelete" })
  api.nvim_set_hl(0, "QwenNote", { default = true, link = "WildMenu" })
end

-- What the server says, in the plugin's way, which does not ask for Enter.
local function on_message(_, message)
  local kinds = { levels.ERROR, levels.WARN, levels.INFO }
  local text = message.message:gsub("^qwen%-lsp: ", "")
  require("qwen.say")(text, kinds[message.type] or levels.INFO)
end

local function set_up_ghost_text(keys)
  local ghost = require("qwen.ghost")
  if vim.lsp.inline_completion then
    vim.lsp.inline_completion.enable()
    ghost.tell_server()
    if keys then ghost.map(keys) end
    return
  end
  api.nvim_create_autocmd("LspAttach", {
    group = api.nvim_create_augroup("qwen.note", {}),
    callback = function(args)
      local client = vim.lsp.get_client_by_id(args.data.client_id)
      if not client or client.name ~= "qwen" then return end
      require("qwen.say")("ghost text needs Neovim 0.12; edits and explanations work.", levels.WARN)
      return true -- once
    end,
  })
end

--- Options, all optional: `cmd`, `filetypes`, `settings` (the server's own), `keys`, `review_keys`.
function M.setup(options)
  local say = require("qwen.say")
  if vim.fn.has("nvim-0.11") == 0 then return say("Neovim 0.11 or newer is needed.", levels.ERROR) end
  options = options or {}
  local chosen = vim.tbl_deep_extend("force", DEFAULTS, options)
  if options.cmd then chosen.cmd = options.cmd end
  M.options = chosen
  set_colours()
  local status = require("qwen.status")
  status.follow()
  require("qwen.review").set_keys(chosen.review_keys)
  require("qwen.command").create(chosen.cmd)
  local handlers = { didChangeStatus = status.on_change, ["window/showMessage"] = on_message }
  require("qwen.server").configure(chosen, handlers)
  set_up_ghost_text(chosen.keys)
end

--- A few words for a statusline, such as "Qwen: ready"; "" where the buffer has no server.
function M.status() return require("qwen.status").component() end

return M
