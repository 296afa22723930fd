#!/usr/bin/env node
// What npm links: it is there before anything is built, and npm links only what is there.
import '../dist/bin.js';
