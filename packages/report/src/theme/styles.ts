/** The style sheet: variables first, then the page from outside in. */
import { components } from './components.ts';
import { layout } from './layout.ts';
import { print } from './print.ts';
import { tables } from './tables.ts';
import { themeVariables } from './variables.ts';

/** The whole style sheet. It is the same for every report, so its hash can stand in the page's policy. */
export function styleSheet(): string {
  return [themeVariables(), layout, components, tables, print].join('\n');
}
