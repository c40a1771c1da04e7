/* The page in a browser, as its users use it. tests/page/page.t runs this with the command that was built. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { AxeBuilder } from "@axe-core/playwright";
import { alter, browse, onPages, openPage, PATIENCE, ROOT, serve, settled, show, VIEWS, visit, weigh } from "./support.mjs";

const LOCALES = { en: "en-US", zh: "zh-CN" };
let server;
let browser;

before(async () => {
  server = await serve();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  assert.equal(await server?.stop(), 0, "the server ends well when it is interrupted");
});

const onPage = onPages(() => ({ browser, server }));

const sentence = (page) => page.textContent(".strip [role=status]");

test("it opens answered, within half a second", () =>
  onPage(async (page) => {
    assert.match(await sentence(page), /Qwen3-8B.*GiB.*4 users at 8k tokens/);
    const paints = [];
    for (let i = 0; i < 5; i++) {
      await page.reload();
      await settled(page);
      paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
    }
    assert.ok(Math.min(...paints) <= 500 * PATIENCE, `first contentful paint after ${paints.map(Math.round)} ms`);
  }));

test("it speaks the browser's language, and the other at a click", () =>
  onPage(
    async (page) => {
      assert.equal(await page.getAttribute("html", "lang"), "zh-CN");
      assert.match(await sentence(page), /占用/);
      await page.keyboard.press("l");
      assert.match(await sentence(page), /takes/);
    },
    "/",
    { locale: "zh-CN" },
  ));

/* Texts of three English words and more, in the page: commands, formulas and what is marked as English (sources) apart. */
function englishSentences() {
  const found = [];
  const english = /[A-Za-z]{2,}[ ,]+[a-z]{2,}[ ,]+[a-z]{2,}/;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode())
    if (english.test(node.textContent) && !node.parentElement.closest("[lang=en], code, pre, .on-paper, .katex, noscript")) found.push(node.textContent.trim());
  for (const name of ["title", "aria-label", "placeholder"])
    for (const element of document.querySelectorAll(`[${name}]`))
      if (english.test(element.getAttribute(name)) && !element.closest("[lang=en], .katex")) found.push(`${name}: ${element.getAttribute(name)}`);
  return found;
}

for (const [language, locale] of Object.entries(LOCALES)) {
  for (const view of VIEWS) {
    test(`${view} in ${language}: axe has nothing to say`, () =>
      onPage(
        async (page) => {
          await show(page, view);
          if (language === "zh") assert.deepEqual(await page.evaluate(englishSentences), [], "it is in Chinese");
          const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
          assert.deepEqual(
            violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`),
            [],
          );
        },
        "/",
        { locale, reducedMotion: "reduce" },
      ));
  }
}

test("dark is as readable as light", () =>
  onPage(
    async (page) => {
      for (const view of VIEWS) {
        await show(page, view);
        const { violations } = await new AxeBuilder({ page }).withRules(["color-contrast"]).analyze();
        assert.deepEqual(violations.flatMap((v) => v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160))), [], view);
      }
    },
    "/",
    { colorScheme: "dark", reducedMotion: "reduce" },
  ));

for (const width of [360, 768, 1920]) {
  test(`nothing sticks out at ${width} px`, () =>
    onPage(
      async (page) => {
        for (const view of VIEWS) {
          await show(page, view);
          const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok(over <= 0, `${view} is ${over} px too wide`);
        }
      },
      "/",
      { viewport: { width, height: 800 } },
    ));
}

test("what is refused is told at the control, and the last good answer stays", () =>
  onPage(async (page) => {
    const before = await page.textContent(".bar-text");
    await page.fill("[data-option=context] input[type=text]", "many");
    await page.waitForSelector("[data-option=context] .problem");
    assert.match(await page.textContent("[data-option=context] .problem"), /many/);
    assert.equal(await page.textContent(".bar-text"), before);
    await page.fill("[data-option=context] input[type=text]", "16k");
    await settled(page);
    assert.match(await sentence(page), /16k tokens/);
  }));

/* From an input to the frame in which its answer stands, of twenty one upon the other; in ms, fastest first. */
async function answerTimes() {
  const times = [];
  const strip = document.querySelector(".strip [role=status]");
  const input = document.querySelector("[data-option=sequences] input[type=text]");
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  const told = (n) => new Promise((done) => {
    const seen = new MutationObserver(() => {
      if (!strip.textContent.includes(`${n} users`)) return;
      seen.disconnect();
      done();
    });
    seen.observe(strip, { subtree: true, childList: true, characterData: true });
  });
  const painted = () => new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    requestAnimationFrame(() => port2.postMessage(null));
  });
  for (let n = 5; n < 25; n++) {
    const began = performance.now();
    set.call(input, String(n));
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await told(n);
    await painted();
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b);
}

test("an answer is painted within 50 ms of its input, one question upon the other", () =>
  onPage(async (page) => {
    const took = await page.evaluate(answerTimes);
    const median = took[took.length / 2];
    assert.ok(median <= 50 * PATIENCE, `the median of twenty is ${Math.round(median)} ms: ${took.map(Math.round)}`);
  }));

test("an answer that comes late does not overwrite a newer one", () =>
  onPage(async (page) => {
    await page.route("**/api/v1/fit", async (route) => {
      const late = JSON.parse(route.request().postData()).sequences === "32";
      if (late) await new Promise((done) => setTimeout(done, 400));
      await route.continue();
    });
    const field = "[data-option=sequences] input[type=text]";
    await page.fill(field, "32");
    await page.fill(field, "2");
    await settled(page);
    assert.match(await sentence(page), /2 users/);
  }));

test("a link is the whole state, and the command answers it", () =>
  onPage(async (page) => {
    await page.fill("[data-option=context] input[type=text]", "4k");
    await page.selectOption("[data-option=quant] select", "int4");
    await show(page, "deploy");
    const link = page.url();
    const told = await sentence(page);
    const again = await openPage(browser, link);
    assert.equal(await sentence(again.page), told);
    assert.equal(await again.page.getAttribute("#tab-deploy", "aria-selected"), "true");
    await again.close();
    const answer = await weigh("open", link);
    assert.equal(answer.context, 4096);
    assert.match(told, new RegExp((answer.per_device[0].bytes / 2 ** 30).toPrecision(3)));
  }));

test("a dropped config.json is weighed", () =>
  onPage(async (page) => {
    const text = await readFile(`${ROOT}/tests/configs/tiny-llama.json`, "utf8");
    const file = await page.evaluateHandle((content) => {
      const data = new DataTransfer();
      data.items.add(new File([content], "config.json", { type: "application/json" }));
      return data;
    }, text);
    await page.dispatchEvent("body", "drop", { dataTransfer: file });
    await settled(page);
    assert.ok(!(await page.inputValue("#model-search")).includes("Qwen3-8B"));
    const weighed = await weigh("fit", `${ROOT}/tests/configs/tiny-llama.json`, "--context", "8192", "--sequences", "4", "--gpu", "RTX 4090");
    const shown = await page.getAttribute("[data-figure=device_bytes]", "data-value");
    assert.equal(Number(shown), weighed.per_device[0].bytes);
  }));

test("the keyboard alone is enough", () =>
  onPage(async (page) => {
    await page.keyboard.press("/");
    await page.keyboard.type("Qwen3-0.6B");
    await page.waitForSelector("[role=listbox] [role=option]");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    await settled(page);
    assert.match(await sentence(page), /Qwen3-0\.6B/);
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("e");
    await page.waitForSelector("dialog.drawer[open] h2");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog.drawer", { state: "hidden" });
    await page.keyboard.press("4");
    assert.equal(await page.getAttribute("#tab-parameters", "aria-selected"), "true");
    await page.focus("[data-option=context] input[type=range]");
    await page.keyboard.press("ArrowRight");
    await settled(page);
    assert.match(await sentence(page), /16k tokens/);
  }));

/* ---- the same figures as the command line's ---- */

/* A generator with a seed, so that a failure can be had again (mulberry32). */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("figures are the command line's, for 100 random questions", () =>
  onPage(async (page) => {
    const seed = Number(process.env.WEIGH_SEED ?? 8);
    const next = random(seed);
    const one = (list) => list[Math.floor(next() * list.length)];
    const { models } = await (await fetch(`${server.url}/api/v1/models?q=&limit=500`)).json();
    const { gpus } = await (await fetch(`${server.url}/api/v1/gpus`)).json();
    let compared = 0;
    for (let i = 0; i < 100; i++) {
      const options = {
        model: one(models).id,
        context: String(Math.round(2 ** (8 + next() * 9))),
        sequences: String(Math.ceil(next() * 64)),
        gpu: one(gpus).name,
        ...(next() < 0.4 && { quant: one(["int4", "fp8", "q4_k_m", "nf4", "int8"]) }),
        ...(next() < 0.3 && { "kv-dtype": one(["fp8", "bfloat16"]) }),
        ...(next() < 0.3 && { engine: one(["vllm", "sglang", "llama.cpp", "transformers"]) }),
        ...(next() < 0.4 && { gpus: one(["2", "4", "8"]) }),
      };
      const question = Object.entries(options).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
      const told = await weigh("fit", ...Object.entries(options).flatMap(([name, value]) => (name === "model" ? [value] : [`--${name}`, value])));
      await visit(page, `#fit?${question}`);
      assert.equal(await page.inputValue("#model-search"), options.model);
      const where = `question ${i} of seed ${seed}: ${question}`;
      if (told.error) {
        assert.equal(await page.textContent(".strip .problem"), told.error.message, where);
        continue;
      }
      const worst = told.per_device[told.worst_device] ?? told.per_device[0];
      const shown = await page.$$eval(".strip [data-figure]", (all) => all.map((e) => [e.dataset.figure, Number(e.dataset.value)]));
      const wanted = { device_bytes: worst.bytes, max_context: told.max_context, max_sequences: told.max_sequences };
      for (const part of worst.components) wanted[part.name] = part.bytes;
      for (const [name, value] of shown)
        if (wanted[name] !== undefined && wanted[name] !== null) {
          assert.equal(value, wanted[name], `${name} of ${where}`);
          compared++;
        }
    }
    assert.ok(compared > 400, `only ${compared} figures were compared`);
  }));

/* ---- controls ---- */

/* What of an answer a control may change; what merely repeats the question is left out. */
const FIGURES = ["per_device", "host", "total_bytes", "checkpoint_bytes", "fits", "max_context", "max_sequences", "speed", "price", "command", "caches"];

async function figuresOf(page) {
  await settled(page);
  const question = page.url().split("#")[1].split(";")[0];
  const reply = await fetch(`${server.url}/api/v1/ask?q=${encodeURIComponent(question)}`);
  const answer = await reply.json();
  return JSON.stringify(reply.ok ? FIGURES.map((name) => answer[name]) : answer.detail);
}

for (const [name, hash] of Object.entries({
  "a dense model with vLLM": "#fit?model=Qwen%2FQwen3-8B&context=8192&sequences=4&gpu=H100&gpus=2&engine=vllm",
  "a mixture on eight cards": "#fit?model=deepseek-ai%2FDeepSeek-V3&context=8192&sequences=4&gpu=H200&gpus=8",
})) {
  test(`every control of the question changes the answer or says why not: ${name}`, () =>
    onPage(async (page) => {
      for (const more of await page.$$(".question [data-more]")) await more.click();
      const names = await page.$$eval(".question [data-option]", (all) => [...new Set(all.map((e) => e.dataset.option))]);
      assert.ok(names.length >= 20, `there are ${names.length} controls`);
      const before = await figuresOf(page);
      assert.ok(before.startsWith("["), `the question itself is refused: ${before}`);
      const silent = [];
      for (const option of names) {
        const control = page.locator(`.question [data-option="${option}"]`).first();
        if (!(await alter(control))) continue;
        const changed = (await figuresOf(page)) !== before;
        const told = await page.locator(`.question [data-option="${option}"]`).locator(".note, .problem").allTextContents();
        if (!changed && !told.some(Boolean)) silent.push(option);
        await visit(page, hash);
      }
      assert.deepEqual(silent, [], "these change nothing and say nothing");
    }, `/${hash}`));
}
