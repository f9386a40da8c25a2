/** Imported by tests only. */
export { baseLayout } from './base-layout.ts'
export { type GitHttpServer, startGitServer } from './git-http-server.ts'
export { makeRepository, type TestRepository } from './git-repository.ts'
export { removeFolder, temporaryFolder, writeFiles } from './temporary.ts'
