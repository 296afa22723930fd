import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/**
 * Compiles src/ as it is now into a fresh folder, for child processes: Node 20 runs no TypeScript, and dist/ may be old.
 *
 * @returns the folder; `node/index.js` in it is the Node entry.
 */
export function compileHub(): string {
  const source = fileURLToPath(new URL('../src', import.meta.url));
  const target = mkdtempSync(join(tmpdir(), 'cl-hub-compiled-'));
  writeFileSync(join(target, 'package.json'), '{"type":"module"}');
  for (const name of readdirSync(source, { recursive: true }) as string[]) {
    if (!name.endsWith('.ts')) continue;
    const { outputText } = ts.transpileModule(readFileSync(join(source, name), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    const path = join(target, name.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, outputText);
  }
  return target;
}
