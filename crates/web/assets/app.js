// Adds to pages that work without it: progress of uploads, figures that renew themselves, dialogs, menus that close.
"use strict";
