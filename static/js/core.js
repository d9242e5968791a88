// What every script shares, kept together in one file for the network: each script that is fetched by import() names it,
// so the builder makes one chunk of it and not a crumb for every pair of pages.
import "./acts.js";
import "./live.js";
import "./worker.js";
import "./forms.js";
import "./hold.js";
import "./taps.js";
import "./theme.js";
import "./clock.js";
import "./conn.js";
