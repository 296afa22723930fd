/** What whoever pushes adds to a card: its licence and what it is meant for. The rest of the card stays as it is. */
import { ClError } from '@cl/hub';

/** Additions to a card. */
export interface PushedCard {
  /** SPDX identifier of the licence that what is pushed comes under. */
  readonly license?: string | undefined;
  /** What it is good for and what not, in a sentence or two. */
  readonly intendedUse?: string | undefined;
}

/**
 * A card with additions.
 *
 * @param text - README.md with front matter, as `saveLearner` and `cl export` write it.
 * @throws ClError `INVALID_OPTION` for a licence that is no SPDX identifier.
 */
export function cardWith(text: string, { license, intendedUse }: PushedCard): string {
  let card = text;
  if (license !== undefined) {
    if (!/^[A-Za-z0-9][A-Za-z0-9.+-]{0,63}$/u.test(license)) {
      throw new ClError(
        'INVALID_OPTION',
        `card: licence is ${JSON.stringify(license)}, expected an SPDX identifier. Write mit, or apache-2.0.`,
      );
    }
    const line = `license: ${JSON.stringify(license.toLowerCase())}`; // lower case, as hubs have them
    const head = /^---\n([\s\S]*?)^---\n/mu.exec(card)?.[1] ?? '';
    const others = head.replaceAll(/^license:.*\n/gmu, '');
    const rest = card.startsWith('---\n') ? card.slice(head.length + 8) : card;
    card = `---\n${others}${line}\n---\n${rest}`;
    card = withSection(
      card,
      'Licence',
      `${license} for what is in this repository. The licences of the base model and of the training data hold besides.`,
    );
  }
  if (intendedUse !== undefined) {
    card = withSection(card, 'Intended use', intendedUse.replaceAll(/[\p{C}\s]+/gu, ' ').trim());
  }
  return card;
}

/** A section in place of the one of that title, or at the end. */
function withSection(card: string, title: string, text: string): string {
  const lines = card.split('\n');
  const at = lines.indexOf(`## ${title}`);
  if (at < 0) return `${card.trimEnd()}\n\n## ${title}\n\n${text}\n`;
  const next = lines.findIndex((line, k) => k > at && line.startsWith('## '));
  const rest = next < 0 ? [] : lines.slice(next);
  return [...lines.slice(0, at), `## ${title}`, '', text, '', ...rest].join('\n');
}
