// Starts the parts of the page.

import { startComposer } from "./chat/composer.js";
import { startList } from "./chat/list.js";
import { startLog } from "./chat/log.js";
import { startMeter } from "./chat/meter.js";
import { on } from "./chat/session.js";
import { remember } from "./experts/charts.js";
import { refresh, startExperts } from "./experts/experts.js";
import { startBanner } from "./governance/banner.js";
import { startGovernance } from "./governance/view.js";
import { startPages } from "./page/pages.js";
import { startPanel } from "./page/panels.js";
import { startSelfPrompt } from "./selfprompt/view.js";
import { startSettings } from "./settings/settings.js";
import { showNoToken } from "./tokens/panel.js";

startPages();
startSettings();
startPanel();
showNoToken();
on("opened", showNoToken);
on("grew", ({ tokens }) => tokens.forEach(remember));
startLog();
startList();
startComposer();
startMeter();
startBanner();
startExperts();
startGovernance();
startSelfPrompt();
document.addEventListener("settings", refresh);
