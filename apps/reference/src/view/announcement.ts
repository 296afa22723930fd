/** What views say in words: how a run begins when there was something before. */
import { relative } from 'node:path';
import type { RunEvent } from '@cl/runner';
import { plain } from './format.ts';

/** The lines to show for an event; none for most. */
export function announcement(event: RunEvent): readonly string[] {
  switch (event.type) {
    case 'images-skipped':
      return [
        `Going on without ${count(event.ids.length, 'image')} that cannot be decoded:`,
        ...event.ids.map((id) => `  ${plain(id)}`),
      ];
    case 'stream-started': {
      const place = event.total === 1 ? '' : ` (${event.index + 1} of ${event.total})`;
      return [
        `Stream ${plain(event.name)}${place}`,
        ...event.leftOut.map(({ label, reason }) => `  without ${plain(label)}: ${plain(reason)}`),
      ];
    }
    case 'resumed': {
      const rows = event.trials.reduce((sum, trial) => sum + trial.rows.length, 0);
      return [`Going on in ${shown(event.folder)}: ${count(rows, 'experience')} there already.`];
    }
    case 'started-over':
      return [
        `Replacing the run in ${shown(event.folder)}. (Give runs a --name to keep them side by side.)`,
      ];
    case 'already-finished':
      return [
        `The run in ${shown(event.folder)} is finished already. (--fresh runs it again, --name runs another.)`,
      ];
    default:
      return [];
  }
}

/** A folder as one would type it here. */
function shown(folder: string): string {
  return plain(relative('', folder));
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}
