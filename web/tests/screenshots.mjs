/* Makes the pictures of the README from the page as it is: node web/tests/screenshots.mjs [FOLDER]
 * Chinese wants a font (fonts-noto-cjk). */
import { mkdir } from "node:fs/promises";
import { browse, openPage, ROOT, serve, settled } from "./support.mjs";

const folder = process.argv[2] ?? `${ROOT}/docs/images`;
const QUESTION = "#fit?model=Qwen%2FQwen3-8B&context=32768&sequences=4&gpu=RTX%204090";
const PICTURES = [
  { name: "page", hash: "" },
  { name: "page-zh", hash: "", locale: "zh-CN" },
  { name: "page-dark", hash: `${QUESTION};view=deploy`, colorScheme: "dark" },
  { name: "page-finetune", hash: "#train?model=Qwen%2FQwen3-8B&gpu=H100" },
  { name: "page-parameters", hash: "#params?model=deepseek-ai%2FDeepSeek-V3" },
  { name: "page-methods", hash: "#compare-methods?model=deepseek-ai%2FDeepSeek-V3" },
  { name: "page-phone", hash: "", viewport: { width: 360, height: 740 } },
];

await mkdir(folder, { recursive: true });
const server = await serve();
const browser = await browse();
for (const { name, hash, ...options } of PICTURES) {
  const { page, close } = await openPage(browser, `${server.url}/${hash}`, { reducedMotion: "reduce", viewport: { width: 1280, height: 820 }, ...options });
  await settled(page);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: `${folder}/${name}.png` });
  await close();
}
await browser.close();
await server.stop();
