#!/usr/bin/env node
/** The executable `cl`. */
import { setFlagsFromString } from 'node:v8';
import { main } from './main.ts';

// The matrices that pass by are memory outside V8's heap, and every 64 MB of it start a collection of a heap that hardly
// changed. Marking it in one go takes a few milliseconds; in steps and beside the program it took up to a fifth of a run.
// `npm start` has node collect in one thread besides (--single-threaded-gc): with two trials at work no core is idle to help.
setFlagsFromString('--no-incremental-marking');

// Node 20 optimises what ran for a moment, in threads of its own: an eighth of the main job's processor time, most of it for
// functions that are done by then. Fifteen times that, and matrices still get fast code. Later ones wait by themselves.
if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=1000000');

// `cl list | head` closes the pipe early: nothing to complain about.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await main(process.argv.slice(2));
