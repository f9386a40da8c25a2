export { type CredentialFile, credentialFiles, type SecretData } from './credential-files.ts'
export { type CredentialUse, credentialKinds, parseUse } from './credential-flags.ts'
export { writeCredentials } from './write-credentials.ts'
