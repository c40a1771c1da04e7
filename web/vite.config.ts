import { defineConfig, type Plugin } from "vite";

/* KaTeX lists three formats of each font; every browser that runs the page reads woff2. */
const onlyWoff2: Plugin = {
  name: "only-woff2",
  enforce: "pre",
  transform(code, id) {
    if (!/katex.*\.css/.test(id)) return null;
    return { code: code.replace(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\(["'](?:woff|truetype)["']\)/g, ""), map: null };
  },
};

export default defineConfig({
  plugins: [onlyWoff2],
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  server: { proxy: { "/api": process.env.WEIGH_SERVER ?? "http://127.0.0.1:7860" } },
  build: {
    target: "es2022",
    assetsInlineLimit: 0 /* the Content-Security-Policy takes no data: but for images */,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
