// Bundles the extension, and puts the server's sources beside it for the walkthrough to install.
import { cpSync, rmSync } from "node:fs";
import { build } from "esbuild";

await build({
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
  minify: true,
  sourcemap: false,
  legalComments: "none",
});

rmSync("server", { recursive: true, force: true });
const filter = (path) => !path.includes("__pycache__");
for (const name of ["qwen_lsp", "pyproject.toml", "README.md", "LICENSE"]) {
  cpSync(`../../${name}`, `server/${name}`, { recursive: true, filter });
}
