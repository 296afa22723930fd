/**
 * The promises of the protocol, runnable: conformance checks for every kind of plugin.
 *
 * @packageDocumentation
 */
export {};
