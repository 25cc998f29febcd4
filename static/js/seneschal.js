// Starts what every page has; each part listens on the document, so swapped content works too.
import "./appearance.js";
import "./dialogs.js";
import "./menus.js";
import "./keyboard.js";
import "./palette.js";
import "./copy.js";
import "./times.js";
import "./requests.js";
