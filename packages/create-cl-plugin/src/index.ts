/**
 * Makes a stand-alone repository for a plugin: `npm create cl-plugin my-method -- --kind learner`.
 *
 * @packageDocumentation
 */
export { createPlugin, templateKinds } from './create-plugin.ts';
export type { CreatedPlugin, CreatePluginOptions, TemplateKind } from './create-plugin.ts';
