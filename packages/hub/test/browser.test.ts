import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

/** What a module imports when it runs: imports and re-exports of types are gone by then. */
function importsOf(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2023);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (
      (ts.isImportDeclaration(node) && node.importClause?.isTypeOnly !== true) ||
      (ts.isExportDeclaration(node) && !node.isTypeOnly)
    ) {
      const from = node.moduleSpecifier;
      if (from !== undefined && ts.isStringLiteral(from)) found.push(from.text);
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      found.push(node.arguments[0]?.getText(source) ?? '');
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Every module reached from an entry, with every specifier that is no relative path. */
function walk(entry: string): { modules: Set<string>; foreign: Set<string> } {
  const modules = new Set<string>();
  const foreign = new Set<string>();
  const waiting = [fileURLToPath(new URL(entry, import.meta.url))];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (modules.has(path)) continue;
    modules.add(path);
    for (const specifier of importsOf(path)) {
      if (!specifier.startsWith('.')) foreign.add(specifier);
      else waiting.push(fileURLToPath(new URL(specifier, `file://${path}`)));
    }
  }
  return { modules, foreign };
}

test('the main entry runs in browsers: it imports nothing of Node and no package', () => {
  const { modules, foreign } = walk('../src/index.ts');
  expect(modules.size).toBeGreaterThan(15);
  expect([...foreign]).toEqual([]);
  const globals = /\b(?:Buffer|process|__dirname|require)\b\s*[.([]/;
  for (const path of modules) expect(readFileSync(path, 'utf8')).not.toMatch(globals);
});

test('the walk sees what the Node entry imports', () => {
  const { foreign } = walk('../src/node/index.ts');
  expect([...foreign]).toContain('node:fs/promises');
  const names = [...foreign].map((name) => name.replace('node:', ''));
  expect(names.filter((name) => !builtinModules.includes(name))).toEqual([]);
});
