-- What a user's init.lua would hold, and nothing else of the user's: the plugin and its set-up.
-- The providers are off because looking for them starts other programs each time a file is opened.
for _, provider in ipairs({ "python3", "node", "perl", "ruby" }) do
  vim.g["loaded_" .. provider .. "_provider"] = 0
end
vim.o.swapfile = false
vim.opt.runtimepath:prepend(vim.env.QWEN_TEST_PLUGIN)
require("qwen").setup(vim.json.decode(vim.env.QWEN_TEST_OPTIONS))
