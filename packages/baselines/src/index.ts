/**
 * Reference learners any report compares with: zero-shot CLIP, nearest class mean, joint ridge.
 *
 * @packageDocumentation
 */
export {};
