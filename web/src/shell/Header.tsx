/* The head of the page: its name, the units, the language, the light, the keys. */
import { byteUnit, type ByteUnit } from "../format";
import { language, setLanguage, words } from "../text";
import { theme, setTheme } from "../state/theme";
import { helpOpen } from "./keys";

const w = words({
  en: { name: "Weighbridge", slogan: "Know what a model weighs before you load it.", unit: "Unit of bytes", light: "Light and dark",
    themes: { system: "auto", light: "light", dark: "dark" }, language: "Language", keys: "Keys", skip: "To the answer" },
  zh: { name: "地磅", slogan: "加载模型之前，先知道它有多重。", unit: "字节单位", light: "明暗",
    themes: { system: "自动", light: "浅色", dark: "深色" }, language: "语言", keys: "快捷键", skip: "跳到答案" },
});

export function setUnit(unit: ByteUnit): void {
  byteUnit.value = unit;
  localStorage.setItem("unit", unit);
}

export function Header() {
  const themes = ["system", "light", "dark"] as const;
  const nextTheme = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? "system";
  return (
    <header class="head">
      <a class="skip" href="#answer" onClick={(event) => { event.preventDefault(); document.getElementById("answer")?.focus(); }}>{w().skip}</a>
      <h1>{w().name}</h1>
      <p class="slogan">{w().slogan}</p>
      <span class="settings">
        <button type="button" class="set" aria-label={w().unit} onClick={() => setUnit(byteUnit.value === "GiB" ? "GB" : "GiB")}>
          <span class={byteUnit.value === "GiB" ? "on" : ""}>GiB</span>|<span class={byteUnit.value === "GB" ? "on" : ""}>GB</span>
        </button>
        <button type="button" class="set" aria-label={w().language} onClick={() => setLanguage(language.value === "en" ? "zh" : "en")}>
          <span class={language.value === "zh" ? "on" : ""} lang="zh">中</span>|<span class={language.value === "en" ? "on" : ""} lang="en">EN</span>
        </button>
        <button type="button" class="set" onClick={() => setTheme(nextTheme)} title={w().light}>◐ {w().themes[theme.value]}</button>
        <button type="button" class="set" aria-label={w().keys} onClick={() => (helpOpen.value = true)}>?</button>
      </span>
    </header>
  );
}
