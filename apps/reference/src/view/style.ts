/** Colours, or none. */
import colors from 'picocolors';

/** Dresses text up. */
export interface Style {
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
  /** Means and other numbers to look at first. */
  readonly strong: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
}

/** The style for a stream: colours when `coloured`. */
export function createStyle(coloured: boolean): Style {
  const { dim, bold, cyan, green, yellow, red } = colors.createColors(coloured);
  return { dim, bold, strong: cyan, good: green, warn: yellow, bad: red };
}

/** Whether a stream should get colours: a terminal, unless NO_COLOR is set. */
export function isColoured(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR: noColour = '', TERM: terminal } = process.env;
  return stream.isTTY && noColour === '' && terminal !== 'dumb';
}
