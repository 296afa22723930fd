// @ts-check
// Makes a program of a snippet that checks the values which its comments promise.
import { runInNewContext } from 'node:vm';
import ts from 'typescript';

/**
 * Places where a snippet is made smaller before it runs.
 *
 * @type {readonly { page: string, text: string, instead: string, because: string }[]}
 */
export const changes = [
  {
    page: 'README.md',
    text: 'resolveOptions(iconBench)',
    instead: "resolveOptions(iconBench, { domains: ['digits', 'weather'] })",
    because: 'ten domains take half a minute',
  },
  {
    page: 'packages/runner/README.md',
    text: '{ plugin: iconBench }',
    instead: "{ plugin: iconBench, options: { domains: ['digits', 'weather'] } }",
    because: 'ten domains take half a minute',
  },
  {
    page: 'packages/onnx/README.md',
    text: "'vit/onnx/model.onnx'",
    instead: "'node_modules/@cl/tiny-clip/model/onnx/vision_model.onnx'",
    because: 'the embedded model stands in for one of 350 MB',
  },
  {
    page: 'packages/onnx/README.md',
    text: '[8, 3, 224, 224]',
    instead: '[8, 3, 48, 48]',
    because: 'the embedded model has smaller pictures',
  },
];

/** A snippet as it runs here. @param {import('./snippets.mjs').Snippet} snippet */
export function changed({ page, text }) {
  return changes
    .filter((change) => change.page === page)
    .reduce((result, change) => result.replace(change.text, change.instead), text);
}

/**
 * JavaScript that runs a snippet, and throws where a statement `expression; // value` gives something else.
 *
 * @param {string} text
 */
export function asProgram(text) {
  const source = ts.createSourceFile('snippet.ts', text, ts.ScriptTarget.ES2023, true);
  let result = text;
  for (const statement of [...source.statements].reverse()) {
    const promise = promiseOf(statement, text);
    if (promise === undefined) continue;
    const { expression, value } = promise;
    const said = `promised(${expression.getText()}, ${value})`;
    result = result.slice(0, expression.getStart()) + said + result.slice(expression.getEnd());
  }
  const { outputText } = ts.transpileModule(`${result}\n${checker}`, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  });
  return outputText;
}

/** What the comment behind a statement says that it gives. @param {ts.Statement} statement @param {string} text */
function promiseOf(statement, text) {
  if (!ts.isExpressionStatement(statement)) return undefined;
  const comment = /^;? *\/\/ (.*)/u.exec(text.slice(statement.getEnd() - 1))?.[1];
  if (comment === undefined) return undefined;
  const value = valueIn(comment);
  if (value === undefined) return undefined;
  const { expression } = statement;
  const isLog =
    ts.isCallExpression(expression) && expression.expression.getText() === 'console.log';
  return { expression: isLog ? (expression.arguments[0] ?? expression) : expression, value };
}

/** The value at the start of a comment, or behind words and a colon, as source. @param {string} comment @returns {string | undefined} */
export function valueIn(comment) {
  const text = comment.replace(/^[\w'’ ]*: (?=[[{'\d])/u, '');
  if (!/^([[{'-]|\d|undefined\b|true\b|false\b)/u.test(text)) return undefined;
  for (let end = text.length; end > 0; end -= 1) {
    const start = text.slice(0, end);
    if (/\w$/u.test(start) && /^\w/u.test(text.slice(end))) continue; // within a word or number
    try {
      runInNewContext(`(${start})`);
      return start.trim();
    } catch {
      // not yet a value
    }
  }
  return undefined;
}

/** Compares as a reader would: numbers as far as they are written, arrays of any kind by their elements. */
const checker = `
function promised(found, expected) {
  const same = (a, b) =>
    typeof b === 'number'
      ? Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b))
      : typeof b !== 'object' || b === null
        ? a === b
        : Object.keys(b).every((key) => same(a?.[key], b[key])) &&
          (!Array.isArray(b) || a.length === b.length);
  if (!same(found, expected)) {
    throw new Error('gives ' + JSON.stringify(found) + ', the page says ' + JSON.stringify(expected));
  }
  return found;
}
`;
