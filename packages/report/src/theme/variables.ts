/** The colours as CSS: one custom property each, following the theme through `light-dark()`. */
import {
  heatColour,
  heatSteps,
  referenceColour,
  series,
  sourceColours,
  surfaces,
  textOn,
  type ColourPair,
} from './colours.ts';

/** Custom properties of the page, and the classes of heat steps. */
export function themeVariables(): string {
  const properties = [
    ...Object.entries(surfaces).map(([key, pair]) => `--${key}:${follow(pair)}`),
    ...series.map((pair, i) => `--series-${i}:${follow(pair)}`),
    `--reference:${follow(referenceColour)}`,
    ...Object.entries(sourceColours).map(([key, pair]) => `--source-${key}:${follow(pair)}`),
  ];
  const steps = Array.from({ length: heatSteps }, (_, step) => {
    const [light, dark] = heatColour(step);
    const text = follow([textOn(light), textOn(dark)]);
    return `.h${step}{background:${follow([light, dark])};color:${text}}`;
  });
  return `:root{color-scheme:light dark;${properties.join(';')}}
:root[data-theme=light]{color-scheme:light}
:root[data-theme=dark]{color-scheme:dark}
${steps.join('\n')}`;
}

function follow([light, dark]: ColourPair): string {
  return light === dark ? light : `light-dark(${light},${dark})`;
}
