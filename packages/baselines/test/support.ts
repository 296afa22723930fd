/** What several tests ask of learners. */
import { classesOf, type Evaluation, type Experience, type Learner, type Stream } from '@cl/hub';

/** Share of right answers. */
export async function accuracy(learner: Learner, { test }: Pick<Evaluation, 'test'>) {
  const { values, classes } = await learner.predict(test.map(({ image }) => image));
  const right = test.filter(({ classId }, i) => {
    const row = values.subarray(i * classes.length, (i + 1) * classes.length);
    return classes[row.indexOf(Math.max(...row))]!.id === classId;
  });
  return right.length / test.length;
}

/** A stream's experiences as one. */
export function wholeOf({ experiences }: Stream): Experience {
  return {
    index: 0,
    name: 'everything',
    classes: classesOf(experiences),
    train: experiences.flatMap(({ train }) => train),
  };
}
