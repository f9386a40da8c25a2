export { definePlugin, type Plugin, type PluginContext } from './define-plugin.ts'
export { type Host, type HostOptions, PluginError, startHost } from './host.ts'
export { type Resolved, type Token, token } from './token.ts'
export * from './tokens/index.ts'
