import { effect } from "@preact/signals";
import { render } from "preact";
import { loadRanges } from "./api/ranges";
import { App } from "./shell/App";
import { startKeys } from "./shell/keys";
import { startSync } from "./state/sync";
import { startTheme } from "./state/theme";
import { language } from "./text";
import "./style/page.css";

startTheme();
startSync();
startKeys();
effect(() => {
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
});
void loadRanges();
const place = document.getElementById("page");
if (place) render(<App />, place);
