// One classic script, one classic worker, one WebAssembly module, into the folder that the server serves as /static/scan/.
// Classic, because a worker that is a module wants a younger browser than many a phone in a market has.
import { brotliCompressSync, constants } from "node:zlib";
import { defineConfig } from "vite";

/** Beside each file its Brotli form: the module shrinks to a third, and the server has nothing to compress. */
const brotli = {
  name: "brotli",
  generateBundle(_options, bundle) {
    for (const [fileName, file] of Object.entries(bundle)) {
      if (!/\.(js|wasm)$/.test(fileName)) continue;
      const source = Buffer.from(file.type === "chunk" ? file.code : file.source);
      const params = {
        [constants.BROTLI_PARAM_SIZE_HINT]: source.length,
        [constants.BROTLI_PARAM_LGWIN]: 22,
      };
      this.emitFile({ type: "asset", fileName: `${fileName}.br`, source: brotliCompressSync(source, { params }) });
    }
  },
};

export default defineConfig({
  base: "/static/scan/",
  publicDir: false,
  // The worker that checks signatures where the browser cannot is written with big integers, which no target that old has: whoever lacks them lacks
  // that one worker, and no other script may have any.
  worker: { format: "iife", rolldownOptions: { checks: { toleratedTransform: false } } },
  build: {
    outDir: "../../api/static/scan",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2019",
    // The module comes as a file of its own, never as text inside the script.
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: {
      input: "src/main.ts",
      output: { format: "iife" },
      // Compressing takes longer than all the rest, and is meant to.
      checks: { pluginTimings: false },
    },
  },
  plugins: [brotli],
});
