/** A kebab-case name in the other ways that code writes names. */

/** `my-method` → `myMethod`; a word that JavaScript keeps for itself gets `Plugin` after it. */
export function camelCase(name: string): string {
  const pascal = pascalCase(name);
  const camel = pascal[0]!.toLowerCase() + pascal.slice(1);
  return name.includes('-') ? camel : `${camel}${reserved.has(camel) ? 'Plugin' : ''}`;
}

/** `my-method` → `MyMethod`; what would hide a type of JavaScript gets `Plugin` after it. */
export function pascalCase(name: string): string {
  const pascal = name
    .split('-')
    .map((part) => part[0]!.toUpperCase() + part.slice(1))
    .join('');
  return shadowing.has(pascal) ? `${pascal}Plugin` : pascal;
}

const reserved = new Set(
  (
    'await break case catch class const continue debugger default delete do else enum export extends false finally for ' +
    'function if implements import in instanceof interface let new null package private protected public return static super ' +
    'switch this throw true try typeof var void while with yield classes samples draw dot read quoted'
  ).split(' '),
);

/** Types that the templates use: a plugin called `map` must not hide them. */
const shadowing = new Set(
  (
    'Array Backbone ClError ClassInfo ClassRegistry Error Experience FeatureSource Float32Array Float64Array Image ImageRef ' +
    'Int32Array Learner LearnerState Map Math Matrix Number Object PixelImage Promise Random Readonly Sample Scores Set String ' +
    'Uint8Array'
  ).split(' '),
);
