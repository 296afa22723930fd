/** Images with what each learner said of them. */
import { html, name, type Html } from '../html.ts';
import { plural } from '../format.ts';
import { chooseShots, type Shot } from '../gallery.ts';
import type { ReportModel } from '../model.ts';
import type { Section } from '../parts/section.ts';
import { markerIcon } from '../parts/marker.ts';

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

function card({ imageId, trueClass, picture, answers }: Shot): Html {
  const allRight = answers.every(({ example }) => example.correct);
  const lines = answers.map(({ learner, example }) => {
    const { correct, predictedClass, predictedDomain, source } = example;
    return html`<li class="${correct ? 'right' : 'wrong'}">
      <span class="mark" aria-hidden="true">${correct ? '✓' : '✗'}</span>
      <span
        ><span class="sr">${correct ? 'right' : 'wrong'}: </span>${name(predictedClass)}${
          !correct &&
          predictedDomain !== undefined &&
          html` <span class="by">of ${name(predictedDomain)}</span>`
        } <span class="by">${markerIcon(learner)}${name(learner.label)}, ${source}</span></span
      >
    </li>`;
  });
  return html`<li class="shot${allRight && ' all-right'}">
    ${
      picture === undefined
        ? html`<span class="picture missing">no picture</span>`
        : html`<img
            class="picture"
            src="${picture}"
            alt="Test image ${imageId}"
            title="${imageId}"
            loading="lazy"
            width="72"
            height="72"
          />`
    }
    <div>
      <div class="truth">${name(trueClass)}</div>
      <ul class="answers">
        ${lines}
      </ul>
    </div>
  </li>`;
}
