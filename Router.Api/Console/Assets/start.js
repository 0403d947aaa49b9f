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
import { startPanel } from "./page/panels.js";
import { startSettings } from "./settings/settings.js";
import { showNoToken } from "./tokens/panel.js";

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
document.addEventListener("settings", refresh);
