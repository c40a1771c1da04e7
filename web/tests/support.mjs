/* A server on a free port and a browser, for the tests of the page. */
import assert from "node:assert/strict";
import { spawn, execFile } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WEIGH = process.env.WEIGH ?? `${ROOT}/build/weigh`;

/* The address that the server prints on its own line. */
export async function serve(...options) {
  const child = spawn(WEIGH, ["serve", "--listen", "127.0.0.1:0", "--log", "none", ...options], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, WEIGH_REGISTRY: "" },
  });
  const [url] = await once(createInterface(child.stdout), "line");
  return {
    url,
    async stop() {
      child.kill("SIGINT");
      const [status] = await once(child, "exit");
      return status;
    },
  };
}

export async function browse() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none"],
  });
}

/* What the command line answers, as JSON; a "no" (3) is an answer. */
export async function weigh(...args) {
  const run = promisify(execFile)(WEIGH, [...args, "--format", "json"], {
    env: { ...process.env, WEIGH_REGISTRY: "", LC_ALL: "C.UTF-8" },
    maxBuffer: 1 << 28,
  });
  const { stdout } = await run.catch((failed) => failed);
  return JSON.parse(stdout);
}

/* A page of the server whose console must stay quiet: errors and refused policies are collected. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-US", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  const said = [];
  page.on("console", (message) => {
    /* A refused question is an answer too: the browser notes its status. */
    const refused = /^Failed to load resource: the server responded with a status of 4(00|22)/.test(message.text());
    if (!refused && (message.type() === "error" || message.type() === "warning")) said.push(message.text());
  });
  page.on("pageerror", (error) => said.push(error.message));
  page.on("request", (request) => {
    if (!/^(http:\/\/127\.0\.0\.1|data:|blob:)/.test(request.url())) said.push(`asked for ${request.url()}`);
  });
  await page.goto(url);
  await settled(page);
  return { page, said, close: () => context.close() };
}

/* Nothing is under way: no request, nothing that waits for its turn or is drawn later, the address is written. The page says so
 * itself (web/src/state/settled.ts), and takes it back at once when something is done to it. */
export async function settled(page) {
  await page.waitForSelector("html[data-settled]", { state: "attached" });
  await page.waitForSelector(".sentence .figure, .strip .problem");
}

/* Asks another question by its link, as a click on one does. */
export async function visit(page, hash) {
  await page.evaluate((to) => new Promise((done) => {
    if (location.hash === to) return done();
    addEventListener("hashchange", () => done(), { once: true });
    location.hash = to;
  }), hash);
  await settled(page);
}

export const VIEWS = ["overview", "deploy", "finetune", "parameters", "formulas", "methods", "hardware", "compare", "calculators"];

/* Other tests run beside these; WEIGH_QUIET=1 says that none do, and asks for what users are promised. */
export const PATIENCE = process.env.WEIGH_QUIET ? 1 : 4;

/* Goes to a view, and waits until it stands there and nothing of it is under way. */
export async function show(page, view) {
  await page.click(`#tab-${view}`);
  await page.waitForSelector(`#view [data-view="${view}"]`);
  await settled(page);
}

/* Runs a test on a fresh page and asks that its console stayed quiet. `at` gives the browser and the server at that time. */
export function onPages(at) {
  return async (run, path = "/", options = {}) => {
    const { page, said, close } = await openPage(at().browser, at().server.url + path, options);
    try {
      await run(page);
      assert.deepEqual(said, [], "the console is quiet");
    } finally {
      await close();
    }
  };
}

/* Sets a control to something else; false where it has nothing to set. */
export async function alter(control) {
  const select = control.locator("select:enabled");
  if (await select.count()) {
    const values = await select.first().evaluate((e) => [...e.options].filter((o) => !o.selected && !o.disabled).map((o) => o.value));
    const value = values.find((v) => v !== "");
    if (value === undefined) return false;
    await select.first().selectOption(value);
    return true;
  }
  const box = control.locator("input[type=checkbox]:enabled");
  if (await box.count()) {
    await box.first().click();
    return true;
  }
  const range = control.locator("input[type=range]:enabled");
  if (await range.count()) {
    await range.first().press("ArrowRight");
    return true;
  }
  return false;
}
