export { featuresOf, smallVit, tileStream } from '@cl/training/testing';
