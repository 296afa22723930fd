// @ts-check
// Code of pages: type-checked against the built packages, as a reader's compiler would see it.
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { files as filesBeside, givenIn } from './given.mjs';
import { root } from './pages.mjs';

/**
 * A block of code.
 *
 * @typedef {object} Snippet
 * @property {string} page
 * @property {number} line - of its first line in the page.
 * @property {string} text
 * @property {string | undefined} path - the file that it is, where it says so.
 */

/** @typedef {{ faults: readonly string[], given: readonly string[] }} Verdict `given`: names it takes from its surroundings. */

/** The blocks of TypeScript and JavaScript of pages. @param {readonly import('./pages.mjs').Page[]} pages @returns {readonly Snippet[]} */
export function snippetsOf(pages) {
  return pages.flatMap(({ path: page, blocks }) =>
    blocks
      .filter(({ language }) => ['ts', 'js'].includes(language))
      .map(({ line, text, path }) => ({ page, line, text, path })),
  );
}

/** @type {ts.CompilerOptions} */
const options = {
  strict: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  allowJs: true,
  checkJs: true,
  skipLibCheck: true,
  types: ['node'],
};

/**
 * Checks the types of snippets. Those of a page that are files see each other.
 *
 * @param {readonly Snippet[]} snippets
 * @returns {readonly Verdict[]} one a snippet.
 */
export function checkTypes(snippets) {
  const files = new Map();
  const entries = snippets.map((snippet) => {
    const name = nameOf(snippet);
    const before = surroundings(snippet);
    files.set(name, `${before}${asModule(snippet)}`);
    return { snippet, name, before };
  });
  for (const [page, others] of Object.entries(filesBeside)) {
    for (const [path, text] of Object.entries(others)) files.set(join(folderOf(page), path), text);
  }
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, directoryExists } = host;
  const folders = new Set([...files.keys()].map((file) => dirname(file)));
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.readFile = (file) => files.get(file) ?? readFile(file);
  host.directoryExists = (folder) =>
    [...folders].some((own) => own === folder || own.startsWith(`${folder}/`)) ||
    (directoryExists?.(folder) ?? true);
  host.getSourceFile = (file, version) => {
    const text = host.readFile(file);
    return text === undefined ? undefined : ts.createSourceFile(file, text, version, true);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  const checker = program.getTypeChecker();
  return entries.map(({ snippet, name, before }) => {
    const source = program.getSourceFile(name);
    if (source === undefined) throw new Error(`${name} was not read`);
    const diagnostics = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    const lines = before.split('\n').length - 1;
    const faults = diagnostics.map(({ start = 0, messageText }) => {
      const line = source.getLineAndCharacterOfPosition(start).line - lines + snippet.line;
      return `${snippet.page}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
    return { faults, given: takenFrom(source, before.length, checker) };
  });
}

/** @param {Snippet} snippet */
function nameOf({ page, line, path }) {
  return join(folderOf(page), path ?? `line-${line}.ts`);
}

/** A folder that does not exist, from which the packages of the repository are found. @param {string} page */
function folderOf(page) {
  return join(root, 'tools', 'docs', 'pages', page.replaceAll(/[^\w-]/gu, '-'));
}

/** What a snippet takes from the page around it, declared. @param {Snippet} snippet */
function surroundings({ page, text, path }) {
  if (path !== undefined) return '';
  const source = ts.createSourceFile('snippet.ts', text, ts.ScriptTarget.ES2023, true);
  const [used, declared] = [new Set(), new Set()];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isIdentifier(node)) {
      if (isDeclared(node)) declared.add(node.text);
      else used.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  const taken = Object.entries(givenIn(page)).filter(
    ([name]) => used.has(name) && !declared.has(name),
  );
  return taken.map(([, text]) => `${text}\n`).join('');
}

/** Whether an identifier is a name that its file declares for the whole of it. @param {ts.Identifier} node */
function isDeclared(node) {
  if (!('name' in node.parent) || node.parent.name !== node) return false;
  let at = /** @type {ts.Node} */ (node.parent);
  while (ts.isBindingElement(at) || ts.isObjectBindingPattern(at) || ts.isArrayBindingPattern(at)) {
    at = at.parent;
  }
  if (ts.isVariableDeclaration(at)) at = at.parent.parent;
  while (ts.isImportSpecifier(at) || ts.isNamedImports(at) || ts.isImportClause(at)) at = at.parent;
  return ts.isStatement(at) && ts.isSourceFile(at.parent);
}

/** @param {Snippet} snippet */
function asModule({ text, path }) {
  if (path !== undefined) return text;
  const isList = /^rule\(/u.test(text);
  return `${isList ? `void [\n${text}\n];` : text}\nexport {};\n`;
}

/** Names used behind `start` that are declared before it. @param {ts.SourceFile} source @param {number} start @param {ts.TypeChecker} checker */
function takenFrom(source, start, checker) {
  const names = new Set();
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isIdentifier(node) && node.getStart() >= start) {
      const symbol = ts.isShorthandPropertyAssignment(node.parent)
        ? checker.getShorthandAssignmentValueSymbol(node.parent)
        : checker.getSymbolAtLocation(node);
      const here = symbol?.declarations?.some(
        (one) => one.getSourceFile() === source && one.getStart() < start,
      );
      if (here === true) names.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return [...names];
}
