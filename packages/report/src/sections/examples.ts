/** Images with what each learner said of them. */
import type { PredictionSource } from '@cl/hub';
import { html, name, type Html } from '../html.ts';
import { plural } from '../format.ts';
import { chooseShots, type Shot } from '../gallery.ts';
import type { ReportModel } from '../model.ts';
import type { Section } from '../parts/section.ts';
import { markerDot } from '../parts/marker.ts';

/** Cards by domain; `undefined` when the record has no examples. */
export function examples(model: ReportModel, perDomain: number): Section | undefined {
  const { byDomain, left } = chooseShots(model, perDomain);
  if (byDomain.every((shots) => shots.length === 0)) return undefined;
  const groups = byDomain.map(
    (shots, j) =>
      shots.length > 0 &&
      html`<h3>${name(model.domains[j]!)}</h3>
        <ul class="shots">
          ${shots.map(card)}
        </ul>`,
  );
  return {
    id: 'examples',
    title: 'Examples',
    short: 'Examples',
    lead: html`Test images at the end of the stream with the true class and what learners answered,
    with the source of the answer${model.seeds.length > 1 && '; first seed of each'}. They are
    chosen to show disagreement, so their share of wrong answers is not the error rate.`,
    body: html`<div class="filters">
        <label><input type="checkbox" id="only-wrong" /> only images that somebody got wrong</label>
      </div>
      <div class="gallery">${groups}</div>
      ${
        left > 0 &&
        html`<p class="note">${plural(left, 'more example')} in the record are not shown.</p>`
      }`,
  };
}

/** An answer and everybody who gave it. */
interface Said {
  readonly correct: boolean;
  readonly predictedClass: string;
  readonly predictedDomain: string | undefined;
  readonly by: Shot['answers'];
}

function card({ imageId, trueClass, picture, answers }: Shot): Html {
  const allRight = answers.every(({ example }) => example.correct);
  return html`<li class="shot${allRight && ' all-right'}">
    ${
      picture === undefined
        ? html`<span class="picture missing">no picture</span>`
        : html`<img
            class="picture"
            src="${picture}"
            alt="Test image ${imageId}"
            title="${imageId}"
            width="72"
            height="72"
          />`
    }
    <div>
      <div class="truth">${name(trueClass)}</div>
      <ul class="answers">
        ${gathered(answers).map((said) => answerLine(said))}
      </ul>
    </div>
  </li>`;
}

/** Like answers together, right ones first. */
function gathered(answers: Shot['answers']): readonly Said[] {
  const said = new Map<string, Said & { by: Shot['answers'][number][] }>();
  for (const answer of answers) {
    const { predictedClass, predictedDomain, correct } = answer.example;
    const key = JSON.stringify([predictedClass, predictedDomain, correct]);
    const known = said.get(key);
    if (known === undefined)
      said.set(key, { correct, predictedClass, predictedDomain, by: [answer] });
    else known.by.push(answer);
  }
  return [...said.values()].sort((a, b) => Number(b.correct) - Number(a.correct));
}

function answerLine({ correct, predictedClass, predictedDomain, by }: Said): Html {
  const elsewhere = !correct && predictedDomain !== undefined;
  return html`<li class="${correct ? 'right' : 'wrong'}">
    <span class="mark" aria-hidden="true">${correct ? '✓' : '✗'}</span>
    <div>
      <span class="sr">${correct ? 'right' : 'wrong'}: </span>${name(predictedClass)}
      ${elsewhere && html`<span class="by">of ${name(predictedDomain)}</span>`}
      ${[...new Set(by.map(({ example }) => example.source))].map((source) => speakers(by, source))}
    </div>
  </li>`;
}

function speakers(by: Shot['answers'], source: PredictionSource): Html {
  const learners = by.filter(({ example }) => example.source === source);
  return html`<div class="said">
    ${learners.map(({ learner }) => html`<span>${markerDot(learner)} ${name(learner.label)}</span> `)}
    <em>${source}</em>
  </div>`;
}
