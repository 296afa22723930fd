/** The scenario of a run in words, so that nobody has to guess which setting a number is from. */
import type { RunRecord, Scenario } from '@cl/hub';
import { count, plural } from './format.ts';

const titles: Readonly<Record<Scenario['name'], string>> = {
  'class-incremental': 'Class-incremental',
  'domain-incremental': 'Domain-incremental',
  'task-incremental': 'Task-incremental',
  'x-tail': 'X-TAIL (cross-domain, task-agnostic)',
  mtil: 'MTIL (multi-domain, task given)',
};

/** The scenario's name as a heading. */
export function scenarioTitle(scenario: Scenario): string {
  return titles[scenario.name];
}

/** What an experience of the stream is to a reader: a domain, or one more set of classes. */
export function partName({ name }: Scenario): 'domain' | 'experience' {
  return name === 'class-incremental' || name === 'task-incremental' ? 'experience' : 'domain';
}

/** Sentences: how data arrives, what is known at test time, which classes an answer may name. */
export function scenarioSentences(stream: RunRecord['stream']): readonly string[] {
  const { scenario, experiences } = stream;
  const classes = experiences.reduce((sum, experience) => sum + experience.classes, 0);
  const labelSpaces: Readonly<Record<Scenario['labelSpace'], string>> = {
    seen: 'An answer may name any class seen so far, whichever experience it came from.',
    all:
      `An answer may name any class of the whole stream (${count(classes)} when every experience ` +
      'brings its own), learned or not yet learned.',
    task: "An answer may only name classes of the test image's own experience.",
  };
  return [
    `${plural(experiences.length, 'experience')} arrive one after another; each is seen exactly once.`,
    scenario.taskIdAtTest
      ? 'At test time the learner is told which experience an image belongs to.'
      : 'At test time the learner is not told which experience an image belongs to.',
    labelSpaces[scenario.labelSpace],
  ];
}
