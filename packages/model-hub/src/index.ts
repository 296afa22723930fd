/**
 * Push saved learners to and pull them from a Hugging Face compatible hub.
 *
 * @packageDocumentation
 */
export {};
