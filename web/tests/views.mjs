/* What each view shows: figures equal to the API's and the command's, names that can be taken, and where things stand. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { alter, browse, onPages, serve, settled, show, VIEWS, visit, weigh } from "./support.mjs";

let server;
let browser;
const onPage = onPages(() => ({ browser, server }));

before(async () => {
  server = await serve();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function ask(command, body) {
  const reply = await fetch(`${server.url}/api/v1/${command}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return reply.json();
}

/* ---- as web/src/format.ts writes numbers ---- */

function digits(value, significant = 3) {
  if (value === 0) return "0";
  const decimals = Math.max(0, significant - 1 - Math.floor(Math.log10(Math.abs(value))));
  const [head, tail] = value.toFixed(Math.min(decimals, 12)).split(".");
  return head.replace(/\B(?=(\d{3})+(?!\d))/g, ",") + (tail ? `.${tail}` : "");
}

function scaled(value, step, names) {
  let at = 0;
  for (; Math.abs(value) >= 999.5 && at < names.length - 1; at++) value /= step;
  return at === 0 ? String(value) + (names[0] && `\u00a0${names[0]}`) : `${digits(value)}\u00a0${names[at]}`;
}

const bytes = (value) => scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
const count = (value) => scaled(value, 1000, ["", "K", "M", "B", "T"]);
const whole = (value) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

const text = (page, selector) => page.$eval(selector, (e) => e.textContent.trim());
const texts = (page, selector) => page.$$eval(selector, (all) => all.map((e) => e.textContent.trim()));

/* ---- every view says what the API says ---- */

const ASKED = { model: "Qwen/Qwen3-8B", context: "8192", sequences: "4", gpu: "RTX 4090" };
const PATH = "/#fit?model=Qwen/Qwen3-8B&context=8192&sequences=4&gpu=RTX%204090";

const SAYS = {
  async overview(page) {
    const fit = await ask("fit", ASKED);
    assert.deepEqual(await page.$$eval("[data-change]", (all) => all.map((e) => e.dataset.change)), fit.changes.map((one) => one.option), "changes in the API's order");
    assert.deepEqual(await texts(page, "[data-change] td.number"), fit.changes.map((one) => bytes(one.saved_bytes)));
    assert.ok((await text(page, "[data-cache=kv]")).includes(bytes(fit.caches[0].bytes)), "the cache's bytes");
    await page.waitForSelector("[data-cell]");
    const { points } = await ask("sweep", { model: ASKED.model, gpu: ASKED.gpu, vary: ["sequences=1,16", "context=1024,32768"] });
    const cells = await page.$$eval("[data-cell]", (all) => all.map((e) => e.getAttribute("aria-label")));
    for (const point of points) {
      const cell = `${whole(point.context)} tokens × ${point.sequences}: ${bytes(point.device_bytes)}`;
      assert.ok(cells.some((one) => one.startsWith(cell)), `a cell says ${cell}`);
    }
  },
  async deploy(page) {
    await page.waitForSelector("[data-engine=vllm] .load-part");
    const { points } = await ask("sweep", { ...ASKED, vary: ["engine=vllm|sglang|llama.cpp|transformers"], reach: true, components: true });
    for (const point of points) {
      const row = `[data-engine="${point.engine}"]`;
      assert.equal(await text(page, `${row} .figure`), bytes(point.device_bytes), point.engine);
      const parts = point.components.filter((part) => part.bytes > 0).map((part) => `${part.bytes}`).length;
      assert.equal(await page.locator(`${row} .load-part`).count(), parts, `${point.engine}: every component is drawn`);
      assert.equal(await text(page, `${row} td:nth-of-type(4)`), whole(point.max_context), `${point.engine}: the longest context`);
    }
    const speed = await ask("speed", ASKED);
    assert.ok((await text(page, "[data-speed=each]")).includes(digits(speed.tokens_per_second_per_sequence.best)), "tokens per second");
  },
  async finetune(page) {
    const train = await ask("train", { model: ASKED.model, gpu: ASKED.gpu });
    for (const mode of train.modes) {
      const total = `${(mode.total_bytes / 2 ** 30).toFixed(1)}\u00a0GiB`;
      assert.equal(await text(page, `[data-figure="${mode.mode}-total"]`), total, mode.mode);
    }
    const chosen = train.modes.find((mode) => mode.mode === "lora");
    assert.equal(await page.locator("[data-component]").count(), chosen.components.filter((part) => part.bytes > 0 && part.on !== "host").length);
  },
  async parameters(page) {
    const params = await ask("params", { model: ASKED.model, "per-layer": true });
    assert.ok((await text(page, "[data-figure=total_parameters]")).endsWith(whole(params.total_parameters)));
    assert.ok((await text(page, "[data-figure=parameter_bytes]")).includes(bytes(params.parameter_bytes)));
    assert.ok((await text(page, ".layer-kinds tbody tr")).includes(count(params.layers[0].parameters)), "parameters of a class of layers");
    const tiles = await page.$$eval(".treemap [role=button]", (all) => all.map((e) => e.getAttribute("aria-label")));
    for (const group of params.groups.filter((one) => one.share > 0.05)) assert.ok(tiles.some((one) => one.endsWith(count(group.parameters))), group.name);
    assert.ok((await page.locator(".tensor .name").count()) > 3);
    const tensors = await ask("tensors", { model: ASKED.model, limit: 1 });
    assert.ok((await texts(page, ".tensor .name")).includes(tensors.tensors[0].name), "the first tensor");
    assert.match(await text(page, ".tensor-tools [role=status]"), new RegExp(`^${tensors.tensor_count} `));
  },
  async formulas(page) {
    await page.waitForSelector(".numbered-step");
    const explained = await ask("explain", { model: ASKED.model, quantity: "total_parameters" });
    assert.ok((await text(page, ".numbered-step")).includes(whole(explained.nodes[explained.root].value)));
    const steps = explained.nodes.filter((node) => node.children.length > 0 || node.formula).length;
    assert.equal(await page.locator(".numbered-step").count(), steps, "every step of the derivation");
  },
  async methods(page) {
    const { methods } = await ask("compare-methods", ASKED);
    const rules = methods.filter((one) => one.question === "parameters");
    const shown = await text(page, "[data-question=parameters]");
    for (const rule of rules) assert.ok(shown.includes(count(rule.figure)), `${rule.method} says ${count(rule.figure)}`);
    assert.ok(shown.includes(count(rules[0].exact)), "beside the exact figure");
  },
  async hardware(page) {
    await page.waitForSelector("[data-card]");
    const { cards } = await ask("fit", { model: ASKED.model, context: ASKED.context, sequences: ASKED.sequences });
    for (const card of await page.$$eval("[data-card]", (all) => all.slice(0, 8).map((e) => ({ name: e.dataset.card, text: e.textContent, parts: e.querySelectorAll(".load-part").length })))) {
      const wanted = cards.find((one) => one.gpu === card.name);
      assert.ok(card.text.includes(bytes(wanted.device_bytes)), `${card.name}: ${card.text}`);
      assert.equal(wanted.components.reduce((sum, part) => sum + part.bytes, 0), wanted.device_bytes, "its components are all of it");
      assert.equal(card.parts, wanted.components.filter((part) => part.bytes > 0).length, `${card.name}: every component is drawn`);
    }
  },
  async compare(page) {
    await page.click("[data-view=compare] [data-action=pin]");
    await page.fill("[data-option=context] input[type=text]", "16384");
    await settled(page);
    const query = (question) => question.replace("/#", "");
    const other = PATH.replace("context=8192", "context=16384");
    const reply = await fetch(`${server.url}/api/v1/difference?${new URLSearchParams({ a: query(PATH).replace("%20", " "), b: query(other).replace("%20", " ") })}`);
    const found = new Map((await reply.json()).figures.map((one) => [one.name, one]));
    for (const [row, name] of [["device_bytes", "fullest.bytes"], ["kv_cache", "fullest.components.kv_cache.bytes"]]) {
      const { a, b, difference, ratio } = found.get(name);
      assert.deepEqual(await texts(page, `[data-row=${row}] td`), [bytes(a), bytes(b), `+${bytes(difference)} (×${digits(ratio)})`], row);
    }
    assert.ok((await text(page, "[data-row=max_context] td:last-child")) === "", "the longest context does not depend on the context");
  },
  async calculators(page) {
    await page.waitForSelector(".calc-left [data-option]");
    const answer = await weigh("method", "unified", "multimodal");
    const main = answer.derivation.find((step) => step.name === "total");
    const shown = await text(page, ".calculators .strong");
    assert.ok(Math.abs(parseFloat(shown.replace(/,/g, "")) - main.value / (main.unit === "bytes" ? 2 ** 30 : 1)) < 0.01, `${shown}, not ${main.value} ${main.unit}`);
  },
};

for (const view of VIEWS)
  test(`${view} says what the API says`, () => onPage(async (page) => {
    await show(page, view);
    await SAYS[view](page);
  }, PATH));

test("a quantised checkpoint shows the bytes that it stores", () => onPage(async (page) => {
  const { stored } = await ask("params", { model: "openai/gpt-oss-20b" });
  await show(page, "parameters");
  const shown = await text(page, "[data-figure=stored_bytes]");
  for (const figure of [bytes(stored.bytes), ...stored.parts.map((part) => bytes(part.bytes))]) assert.ok(shown.includes(figure), figure);
  assert.ok((await page.locator(".tensor .name").count()) > 3);
  assert.ok((await texts(page, ".tensor .dtype")).every((dtype) => dtype !== "float32"), "and its tensors as the file holds them");
}, "/#params?model=openai/gpt-oss-20b"));

/* ---- what is offered ---- */

test("names that a refusal offers are a click away", () => onPage(async (page) => {
  await visit(page, "#fit?model=Qwen/Qwen3-8C");
  await page.click(".question [data-offer='Qwen/Qwen3-8B']");
  await settled(page);
  assert.match(await text(page, ".strip [role=status]"), /Qwen3-8B in bfloat16/);
  await visit(page, "#fit?model=Qwen/Qwen3-8B&gpu=H10");
  await page.click(".question [data-offer='H100 NVL 94GB']");
  await settled(page);
  assert.match(await text(page, ".strip [role=status]"), /H100 NVL/);
}, PATH));

test("a setting that is nearly a field's name is a click away", () => onPage(async (page) => {
  await page.click("[data-part=standing] [data-offer=num_hidden_layers]");
  await settled(page);
  assert.ok(page.url().includes("set=num_hidden_layers%3D4"));
}, "/#fit?model=Qwen/Qwen3-8B&set=num_hidden_layer%3D4"));

test("the cure in the sentence is the cheapest that is enough, and it is enough", () => onPage(async (page) => {
  const asked = { model: "Qwen/Qwen3-8B", context: "8192", sequences: "8", gpu: "RTX 4090" };
  const { changes } = await ask("fit", asked);
  assert.equal(changes[0].option, "--kv-dtype fp8");
  await page.click(".sentence .link");
  await settled(page);
  assert.ok(page.url().includes("kv-dtype=fp8"));
  assert.match(await text(page, ".sentence"), /It fits with/);
}, "/#fit?model=Qwen/Qwen3-8B&context=8192&sequences=8&gpu=RTX%204090"));

test("where no single change is enough, formats together or as many cards as it takes are offered", () => onPage(async (page) => {
  const links = await texts(page, ".sentence .link");
  assert.deepEqual(links, ["weights in int8 and the KV cache in fp8", "2 cards"]);
  await page.click(".sentence .link");
  await settled(page);
  assert.match(await text(page, ".sentence"), /It fits with/);
}, "/#fit?model=Qwen/Qwen3-8B&context=8192&sequences=16&gpu=RTX%204090"));

/* ---- where things stand ---- */

test("the tabs do not move between serving and training", async () => {
  for (const width of [1280, 1440, 1920])
    await onPage(async (page) => {
      const top = () => page.$eval(".tabs", (e) => Math.round(e.getBoundingClientRect().top));
      const before = await top();
      for (const view of ["finetune", "methods"]) {
        await show(page, view);
        assert.equal(await top(), before, `${view} at ${width} px`);
      }
    }, "/#fit?model=Qwen/Qwen3-8B&context=8192&sequences=4&gpu=H100", { viewport: { width, height: 900 } });
});

test("on a phone the answer stays in sight in two lines", () => onPage(async (page) => {
  const fit = await ask("fit", ASKED);
  for (const view of ["overview", "deploy", "finetune"]) {
    await show(page, view);
    const { height, width, bottom } = await page.$eval(".foot", (e) => e.getBoundingClientRect().toJSON());
    assert.ok(height <= 64 && width >= 340, `${view}: ${width} × ${height}`);
    assert.equal(Math.round(bottom), 740);
    if (view !== "finetune") assert.ok((await text(page, ".foot-text")).startsWith(`${bytes(fit.per_device[0].bytes)} of`));
  }
  await page.mouse.wheel(0, 2000);
  await page.click(".foot");
  assert.ok((await page.$eval(".sentence", (e) => e.getBoundingClientRect().top)) >= 0, "a touch goes to the whole answer");
}, PATH, { viewport: { width: 360, height: 740 } }));

test("on a phone tables need no scrolling aside", () => onPage(async (page) => {
  await show(page, "deploy");
  await page.waitForSelector("[data-engine=vllm] .load-part");
  for (const part of ["engines", "formats", "speed"]) {
    const over = await page.$eval(`[data-part=${part}] .wide`, (e) => e.scrollWidth - e.clientWidth);
    assert.ok(over <= 1, `${part}: ${over} px`);
  }
}, PATH, { viewport: { width: 360, height: 740 } }));

test("training reads the machine of the question; what it does not read says so", () => onPage(async (page) => {
  await show(page, "finetune");
  for (const name of ["gpus", "gpu", "reserve"]) assert.equal(await page.locator(`[data-option="${name}"]`).count(), 1, `one control for ${name}`);
  assert.ok(await page.locator("[data-option=context] input[type=range]").isDisabled());
  assert.match(await text(page, ".of-serving > .note"), /Training has its own/);
  const before = await text(page, ".strip [role=status]");
  await page.fill("[data-option=reserve] input[type=text]", "40");
  await settled(page);
  assert.notEqual(await text(page, ".strip [role=status]"), before);
}, "/#train?model=Qwen/Qwen3-8B&gpu=H100"));

test("every control of training changes an answer or says why not", () => onPage(async (page) => {
  await show(page, "finetune");
  const said = () => page.$$eval(".modes .mode, [data-component]", (all) => all.map((e) => e.textContent).join(" | "));
  const names = await page.$$eval(".train-controls [data-option]", (all) => all.map((e) => e.dataset.option));
  assert.ok(names.length >= 11, `there are ${names}`);
  const before = await said();
  const silent = [];
  for (const name of names) {
    const control = page.locator(`.train-controls [data-option="${name}"]`);
    if (!(await alter(control))) {
      await control.locator("input").fill(name === "optimizer" ? "sgd" : "all-linear");
      await page.keyboard.press("Enter");
    }
    await settled(page);
    const told = await control.locator("xpath=..").locator(".note, .problem").count();
    if ((await said()) === before && !told) silent.push(name);
    await visit(page, "#train?model=Qwen/Qwen3-8B&gpu=H100&gpus=4");
  }
  assert.deepEqual(silent, [], "these change nothing and say nothing");
}, "/#train?model=Qwen/Qwen3-8B&gpu=H100&gpus=4"));
