// @ts-check
// Every command of every page is typed, in the order of the page, in a folder where the page's files were saved.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { planOf, programs, rules } from './commands.mjs';
import { commandsOf, readPages, root } from './pages.mjs';
import { carryOut, openFolder, save } from './reader.mjs';

const place = inject('place');
const pages = (await readPages()).filter(({ blocks }) =>
  blocks.some(({ language }) => language === 'sh'),
);
const plans = pages.flatMap(({ path, blocks }) =>
  blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => commandsOf(text))
    .map((command) => ({ path, command, ...planOf(command, path) })),
);

test('there are commands to try, in many pages', () => {
  expect(pages.length).toBeGreaterThan(25);
  expect(plans.length).toBeGreaterThan(60);
});

test('every command is one of ours, or has a rule', () => {
  const unknown = plans.filter(
    ({ by, text }) =>
      by === undefined &&
      !text.startsWith('cd ') &&
      !programs.some((program) => text === program || text.startsWith(`${program} `)),
  );
  expect(unknown.map(({ path, command }) => `${path}: ${command}`)).toEqual([]);
});

test('no command runs the whole icon benchmark, which takes minutes: it has a rule', () => {
  const long = plans.filter(
    ({ by, text }) =>
      by === undefined &&
      /^cl (run|compare) (?=--)/u.test(text) &&
      !/ --dataset (?!icon-bench( |$))| \.\/nowhere/u.test(text),
  );
  expect(long.map(({ path, command }) => `${path}: ${command}`)).toEqual([]);
});

test('every rule is needed', () => {
  const used = new Set(plans.flatMap((plan) => plan.used));
  expect(rules.filter((rule) => !used.has(rule)).map(({ command }) => String(command))).toEqual([]);
});

test('what another test runs stands there', async () => {
  const claims = new Map(
    plans.flatMap(({ by }) => (by === undefined ? [] : [[by.join(': '), by]])),
  );
  for (const [claim, [file, text]] of claims) {
    const found = await readFile(join(root, file), 'utf8');
    expect(found.includes(text), claim).toBe(true);
  }
});

test('commands within sentences name subcommands and flags that there are', async () => {
  const named = (await readPages()).flatMap(({ path, text }) =>
    [...text.matchAll(/`(?:npx )?cl ([a-z]+)([^`\n]*)`/gu)].map(([, name = '', rest = '']) => {
      const flags = [...rest.matchAll(/--([a-z][a-z-]*)(?![\w.-])/gu)].map(([, flag]) => flag);
      return { path, name, flags };
    }),
  );
  expect(named.length).toBeGreaterThan(30);
  const help = new Map();
  for (const name of new Set(named.map((one) => one.name))) {
    const { code, output } = await carryOut(place, root, `cl ${name} --help`);
    expect(code, `cl ${name}: ${output}`).toBe(0);
    help.set(name, output);
  }
  const unknown = named.flatMap(({ path, name, flags }) =>
    flags
      .filter((flag) => !help.get(name).includes(`--${flag}`))
      .map((flag) => `${path}: cl ${name} --${flag}`),
  );
  expect(unknown).toEqual([]);
});

/** Answers that do not depend on the folder, or on what was typed before. @type {Map<string, ReturnType<typeof carryOut>>} */
const remembered = new Map();

/** @param {string} folder @param {string} command */
function typed(folder, command) {
  if (!/^cl (list|doctor|datasets list)\b[\w -]*$/u.test(command))
    return carryOut(place, folder, command);
  const known = remembered.get(command) ?? carryOut(place, folder, command);
  remembered.set(command, known);
  return known;
}

describe.concurrent('the commands of', () => {
  test.each(pages)('$path work', async ({ path, blocks }) => {
    let folder = await openFolder(place, path);
    for (const { language, text, line, path: file } of blocks) {
      if (file !== undefined) await save(folder, file, text);
      if (language !== 'sh') continue;
      for (const command of commandsOf(text)) {
        const plan = planOf(command, path);
        if (plan.by !== undefined) continue;
        if (plan.text.startsWith('cd ')) {
          folder = join(folder, plan.text.slice(3));
          continue;
        }
        const { code, output } = await typed(folder, plan.text);
        const said = `${path}, line ${line}: ${plan.text}\n${output}`;
        if (plan.stops === undefined) expect(code, said).toBe(0);
        else expect(output, said).toMatch(plan.stops);
      }
    }
  });
});
