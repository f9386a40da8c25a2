/**
 * Node's HTTP/1.1 server. Taken this way and not by import: an import reads every export of the module, `WebSocket` among them, which loads
 * a whole second HTTP client into each process of the data plane (5 MB that nobody uses).
 */
const http = process.getBuiltinModule('node:http')
export const { createServer, ServerResponse, STATUS_CODES, Agent, request } = http
