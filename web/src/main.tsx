import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./shell/App";
import { startKeys } from "./shell/keys";
import { startAnswers } from "./state/answers";
import { startSettled } from "./state/settled";
import { startSync } from "./state/sync";
import { startTheme } from "./state/theme";
import { language } from "./text";
import "./style/page.css";

startSettled();
startTheme();
startSync();
startKeys();
void startAnswers();
effect(() => {
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
});
const place = document.getElementById("page");
if (place) render(<App />, place);
